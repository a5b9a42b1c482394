using System.Collections.Immutable;
using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Spec;
using Descriptors = Verified.Machine.Processor.Descriptor;

namespace Verified.Proofs.Prove;

/// <summary>The cut points of the kernel and their contracts.</summary>
public sealed record CutPoints(
    CutPoint User,
    CutPoint Slow,
    CutPoint Exit,
    CutPoint Pick,
    CutPoint Receive,
    CutPoint Accept,
    CutPoint Leave,
    CutPoint Wake,
    CutPoint Map,
    CutPoint Idle
)
{
    // SDM vol. 3, 3.4.5: code and data of ring 0, marked as accessed; a busy TSS.
    private const uint CodeOfKernel = 0x00C09B00,
        DataOfKernel = 0x00C09300,
        BusyTask = 0x00008B00;

    /// <summary>
    /// Flags that the kernel never reads and that still have the user's values at the kernel's cut points. The user's
    /// flags that a gate clears do not belong to them.
    /// </summary>
    private const uint LeftByUser = Flag.Status | Flag.Direction | Flag.AlignmentCheck | Flag.Identification;

    private static readonly string[] DataSegments = ["DS", "ES", "FS", "GS"];

    /// <summary>All cut points, in the order in which a thread passes them.</summary>
    public IReadOnlyList<CutPoint> All => [User, Slow, Receive, Accept, Leave, Pick, Wake, Map, Idle, Exit];

    /// <summary>The cut points of a layout.</summary>
    public static CutPoints Of(Layout layout)
    {
        var everywhere = Everywhere(layout);
        var kernel = everywhere.SetItems(InKernel());

        // An interrupt between steps pushes EFLAGS, CS and EIP into their places in row 0.
        var interruptible = kernel
            .SetItem("EFLAGS.IF", Holding.Is(Flag.Interrupt))
            .SetItem("ESP", Holding.Is(layout.Threads.Base + Layout.Esp.Offset));
        CutPoint Own(CodePoint at) => new(at.Name, at.Stage, InUserMode: false, kernel);
        return new(
            User: new("user", Stages.User, InUserMode: true, everywhere.SetItems(InUser())),
            Slow: Own(CodePoints.Slow).With("ESP", KernelHoldings.SavedRegisters),
            Exit: Own(CodePoints.Exit),
            Pick: Own(CodePoints.Pick),
            Receive: Own(CodePoints.Receive),
            Accept: Own(CodePoints.Accept),
            Leave: Own(CodePoints.Leave),
            Wake: Own(CodePoints.Wake),
            Map: Own(CodePoints.Map) with
            {
                Contract = interruptible,
            },
            Idle: Own(CodePoints.Idle) with
            {
                Contract = interruptible.SetItem("halted state", Holding.Any),
            }
        );
    }

    private static ImmutableDictionary<string, Holding> Everywhere(Layout layout)
    {
        var contract = ImmutableDictionary.CreateBuilder<string, Holding>();
        void Segment(string name, uint selector, uint start, uint limit, uint attributes)
        {
            (contract[$"{name} selector"], contract[$"{name} base"]) = (Holding.Is(selector), Holding.Is(start));
            (contract[$"{name} limit"], contract[$"{name} attributes"]) = (Holding.Is(limit), Holding.Is(attributes));
        }

        contract["EIP"] = contract["CR3"] = Holding.Compared;
        CommonContract.AddTo(contract);
        contract["CR0"] = Holding.Is(Layout.Cr0);
        (contract["GDTR base"], contract["GDTR limit"]) = (Holding.Is(layout.Gdt), Holding.Is(Layout.GdtLimit));
        (contract["IDTR base"], contract["IDTR limit"]) = (Holding.Is(layout.Idt), Holding.Is(Layout.IdtLimit));
        Segment("TR", Layout.TaskState, layout.Tss, Layout.TssLimit, BusyTask);
        foreach (var (flag, mask) in ProcessorNames.Eflags)
            contract[flag] = Holding.Is(mask & Flag.Reserved);
        return contract.ToImmutable();
    }

    /// <summary>
    /// A user in ring 3 with IOPL 0. POPF and IRET there change neither IF nor IOPL nor VM (SDM vol. 2, POPF: at CPL 3
    /// &gt; IOPL), CLI and STI raise #GP, and CR4 turns the virtual interrupt flag off. So these three have the values
    /// of the kernel's IRET. All other fields that ring 3 can change are unknown.
    /// </summary>
    private static IEnumerable<KeyValuePair<string, Holding>> InUser()
    {
        foreach (var register in ProcessorNames.General)
            yield return new(register, Holding.Compared);
        foreach (var (flag, mask) in ProcessorNames.Eflags)
            if ((mask & Flags.UserBits) != 0)
                yield return new(flag, Holding.Compared);
        yield return new("EFLAGS.IF", Holding.Is(Flag.Interrupt));
        yield return new("CPL", Holding.Is(3));
        foreach (
            var (segment, selector, attributes) in ((string, uint, uint)[])
                [
                    ("CS", Layout.UserCode, UserSegments.FlatHigh | UserSegments.Code),
                    ("SS", Layout.UserData, UserSegments.FlatHigh),
                ]
        )
        {
            yield return new(
                $"{segment} selector",
                segment == "SS" ? KernelHoldings.LoadableStack : Holding.Is(selector)
            );
            yield return new($"{segment} attributes", Holding.Is(attributes & Descriptors.Mask));
            yield return new($"{segment} base", Holding.Compared);
            yield return new($"{segment} limit", Holding.Compared);
        }

        foreach (var segment in DataSegments)
        {
            yield return new($"{segment} selector", KernelHoldings.Loadable);
            yield return new($"{segment} attributes", KernelHoldings.OfSelector);
            yield return new($"{segment} base", Holding.Compared);
            yield return new($"{segment} limit", Holding.Compared);
        }
    }

    /// <summary>
    /// The kernel between two steps: its own CS, SS and DS, no trap, no nested task, no I/O privilege.
    /// </summary>
    private static IEnumerable<KeyValuePair<string, Holding>> InKernel()
    {
        foreach (var register in ProcessorNames.General)
            yield return new(register, Holding.Any);
        foreach (var (flag, mask) in ProcessorNames.Eflags)
            if ((mask & LeftByUser) != 0)
                yield return new(flag, Holding.Any);
        yield return new("CPL", Holding.Is(0));
        foreach (var segment in (string[])["ES", "FS", "GS"])
        foreach (var part in (string[])["selector", "base", "limit", "attributes"])
            yield return new($"{segment} {part}", Holding.Any);
        foreach (
            var (segment, selector, attributes) in ((string, uint, uint)[])
                [
                    ("CS", Layout.KernelCode, CodeOfKernel),
                    ("SS", Layout.KernelData, DataOfKernel),
                    ("DS", Layout.KernelData, DataOfKernel),
                ]
        )
        {
            yield return new($"{segment} selector", Holding.Is(selector));
            yield return new($"{segment} base", Holding.Is(0));
            yield return new($"{segment} limit", Holding.Is(uint.MaxValue));
            yield return new($"{segment} attributes", Holding.Is(attributes));
        }
    }
}
