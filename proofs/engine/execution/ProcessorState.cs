using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>How the checks account for a field of the processor.</summary>
public enum Accounting
{
    /// <summary>A column of the spec, or a function of its state, determines the field's value.</summary>
    Compared,

    /// <summary>A cut point determines the field's value, or the kernel does not change the field.</summary>
    Constant,

    /// <summary>No statement is made about the field, for the reason that the entry gives.</summary>
    Excluded,
}

/// <summary>An entry of the list of processor state: its name, its accounting, and the way to read it.</summary>
/// <param name="Name">The name that reports use.</param>
/// <param name="Accounting">How the checks account for it.</param>
/// <param name="Why">The counterpart that it is compared with, or the reason why it is constant or excluded.</param>
/// <param name="Members">The fields of <see cref="Ia32{W,TBus}"/> and its structs that it covers, by name.</param>
/// <param name="Read">Its value; null if it is not a word of the processor.</param>
/// <param name="Write">Makes a processor hold a value; null if the value follows from other entries.</param>
public sealed record ProcessorField<W, TBus>(
    string Name,
    Accounting Accounting,
    string Why,
    IReadOnlyList<string> Members,
    Func<Ia32<W, TBus>, W>? Read,
    Action<Ia32<W, TBus>, W>? Write = null
)
    where W : struct, IWord<W>
    where TBus : IBus<W>;

/// <summary>
/// Every field of the processor, once. The theorems, the comparison of image and spec, and the checks of boot read this
/// list. The condition for each field at a cut point is in the cut point's contract (<see cref="CutPoint"/>).
/// </summary>
public static class ProcessorState<W, TBus>
    where W : struct, IWord<W>
    where TBus : IBus<W>
{
    private static readonly string[] Flags =
    [
        nameof(Ia32<W, TBus>.Eflags),
        "_stored",
        "_system",
        "_rule",
        "_size",
        "_left",
        "_right",
        "_result",
        "_carry",
        "_overflow",
    ];

    /// <summary>The list.</summary>
    public static readonly IReadOnlyList<ProcessorField<W, TBus>> All =
    [
        .. ProcessorNames.General.Select(
            (name, i) =>
                new ProcessorField<W, TBus>(
                    name,
                    Accounting.Compared,
                    $"column {Column(name)}; in the kernel the thread's row holds it",
                    [nameof(Ia32<W, TBus>.R)],
                    cpu => cpu.R[i],
                    (cpu, value) => cpu.R[i] = value
                )
        ),
        new(
            "EIP",
            Accounting.Compared,
            "column Eip; in the kernel the address of the cut point",
            [nameof(Ia32<W, TBus>.Eip)],
            cpu => cpu.Eip,
            (cpu, value) => cpu.Eip = value
        ),
        .. ProcessorNames.Segments.SelectMany(
            (name, i) =>
                Segment(
                    name,
                    Accounting.Compared,
                    "the segments of the thread's space; in the kernel its own CS, SS and DS",
                    nameof(Ia32<W, TBus>.S),
                    cpu => ref cpu.S[i]
                )
        ),
        .. ProcessorNames.Eflags.Select(flag => Flag(flag.Name, flag.Mask)),
        Control("CR0", "as boot loads it", nameof(Ia32<W, TBus>.Cr0), cpu => ref cpu.Cr0),
        new(
            "CR2",
            Accounting.Excluded,
            "only the way in of a page fault reads it, which has just written it; the kernel leaves it",
            [nameof(Ia32<W, TBus>.Cr2)],
            cpu => cpu.Cr2,
            (cpu, value) => cpu.Cr2 = value
        ),
        new(
            "CR3",
            Accounting.Compared,
            "the page directory of the thread's space; in the kernel any of them",
            [nameof(Ia32<W, TBus>.Cr3)],
            cpu => cpu.Cr3,
            (cpu, value) => cpu.Cr3 = value
        ),
        Control("CR4", "no extension is on", nameof(Ia32<W, TBus>.Cr4), cpu => ref cpu.Cr4),
        .. ((int[])[0, 1, 2, 3]).Select(i => Debug(i, Accounting.Constant, "no breakpoint is set")),
        Debug(
            6,
            Accounting.Excluded,
            "the processor records in it why it raised #DB, and only ring 0 can read it; the kernel leaves it"
        ),
        Debug(7, Accounting.Constant, "no breakpoint is armed"),
        Control("GDTR base", "the GDT of the image", nameof(Ia32<W, TBus>.GdtBase), cpu => ref cpu.GdtBase),
        Control("GDTR limit", "the GDT of the image", nameof(Ia32<W, TBus>.GdtLimit), cpu => ref cpu.GdtLimit),
        Control("IDTR base", "the IDT of the image", nameof(Ia32<W, TBus>.IdtBase), cpu => ref cpu.IdtBase),
        Control("IDTR limit", "the IDT of the image", nameof(Ia32<W, TBus>.IdtLimit), cpu => ref cpu.IdtLimit),
        .. Segment("LDTR", Accounting.Constant, "there is no LDT", nameof(Ia32<W, TBus>.LocalTable), cpu =>
            ref cpu.LocalTable
        ),
        .. Segment("TR", Accounting.Constant, "there is one TSS", nameof(Ia32<W, TBus>.TaskRegister), cpu =>
            ref cpu.TaskRegister
        ),
        new(
            "IA32_SYSENTER_CS",
            Accounting.Constant,
            "SYSENTER raises #GP",
            ["_sysenter"],
            cpu => cpu.Sysenter.Code,
            (cpu, value) => cpu.Sysenter = cpu.Sysenter with { Code = value }
        ),
        new(
            "IA32_SYSENTER_ESP",
            Accounting.Constant,
            "SYSENTER raises #GP",
            ["_sysenter"],
            cpu => cpu.Sysenter.Esp,
            (cpu, value) => cpu.Sysenter = cpu.Sysenter with { Esp = value }
        ),
        new(
            "IA32_SYSENTER_EIP",
            Accounting.Constant,
            "SYSENTER raises #GP",
            ["_sysenter"],
            cpu => cpu.Sysenter.Eip,
            (cpu, value) => cpu.Sysenter = cpu.Sysenter with { Eip = value }
        ),
        new(
            "time-stamp offset, low",
            Accounting.Constant,
            "the kernel leaves it",
            ["_timeStampOffset"],
            cpu => cpu.TimeStampOffset.Low,
            (cpu, value) => cpu.TimeStampOffset = (value, cpu.TimeStampOffset.High)
        ),
        new(
            "time-stamp offset, high",
            Accounting.Constant,
            "the kernel leaves it",
            ["_timeStampOffset"],
            cpu => cpu.TimeStampOffset.High,
            (cpu, value) => cpu.TimeStampOffset = (cpu.TimeStampOffset.Low, value)
        ),
        .. Enumerable
            .Range(0, ProcessorNames.CoprocessorItems)
            .Select(i => new ProcessorField<W, TBus>(
                $"x87 word {i}",
                Accounting.Constant,
                "CR0.EM is set, so every instruction of the x87 raises #NM; the kernel leaves it",
                ["_coprocessor", "_coprocessorUsed"],
                cpu => cpu.CoprocessorItem(i),
                (cpu, value) => cpu.SetCoprocessorItem(i, value)
            )),
        .. Enumerable
            .Range(0, ProcessorNames.TestRegisters)
            .Select(i => new ProcessorField<W, TBus>(
                $"test register {i}",
                Accounting.Constant,
                "the Pentium has none",
                ["_test", "_testUsed"],
                cpu => cpu.TestRegister(i)
            )),
        Plain(
            "CPL",
            "3 for a user, 0 in the kernel",
            nameof(Ia32<W, TBus>.Cpl),
            cpu => (uint)cpu.Cpl,
            (cpu, value) => cpu.Cpl = (int)value
        ),
        Plain(
            "halted state",
            "the processor is halted only where it idles",
            nameof(Ia32<W, TBus>.Halted),
            cpu => One(cpu.Halted),
            (cpu, value) => cpu.Halted = value != 0
        ),
        Plain(
            "interrupt shadow",
            "no cut point is in the shadow of STI or MOV SS",
            nameof(Ia32<W, TBus>.InterruptShadow),
            cpu => One(cpu.InterruptShadow),
            (cpu, value) => cpu.InterruptShadow = value != 0
        ),
        Plain(
            "NMI block",
            "the kernel handles no NMI",
            nameof(Ia32<W, TBus>.InNonMaskable),
            cpu => One(cpu.InNonMaskable),
            (cpu, value) => cpu.InNonMaskable = value != 0
        ),
        Plain(
            "pending debug exception",
            "a single-step trap is raised before the next instruction",
            nameof(Ia32<W, TBus>.PendingTrap),
            cpu => cpu.PendingTrap,
            (cpu, value) => cpu.PendingTrap = value
        ),
        Plain(
            "held debug exception",
            "no cut point follows MOV SS",
            nameof(Ia32<W, TBus>.HeldTrap),
            cpu => cpu.HeldTrap ?? 0,
            (cpu, value) => cpu.HeldTrap = value == 0 ? null : value
        ),
        Plain(
            "armed breakpoints",
            "follows from DR7",
            nameof(Ia32<W, TBus>.BreakpointsArmed),
            cpu => One(cpu.BreakpointsArmed),
            (cpu, value) => cpu.BreakpointsArmed = value != 0
        ),
        new("alignment checks", Accounting.Constant, "CR0.AM is clear", ["_checksAlignment"], cpu =>
            One(cpu.ChecksAlignment)
        ),
        new(
            "cached translations",
            Accounting.Excluded,
            "the TLB is behind the bus; each theorem shows that what it changes in page tables is invalidated, "
                + "and the ledger names the rest",
            [nameof(Ia32<W, TBus>.Bus)],
            null
        ),
        new("processor model", Accounting.Excluded, "a processor is of one model for good", ["_model"], null),
        new(
            "bookkeeping of the emulator",
            Accounting.Excluded,
            "it is about the instruction that is being executed, or about how fast to go on; no instruction reads it",
            [
                nameof(Ia32<W, TBus>.StepsAlone),
                nameof(Ia32<W, TBus>.Entered),
                nameof(Ia32<W, TBus>.Interrupted),
                "_pushedResume",
                "_start",
                "_begun",
                "_address",
                nameof(Ia32<W, TBus>.OneIteration),
            ],
            null
        ),
    ];

    private delegate ref T Place<T>(Ia32<W, TBus> cpu);

    private static W One(bool value) => value ? 1u : 0u;

    private static string Column(string register) => register[0] + register[1..].ToLowerInvariant();

    private static ProcessorField<W, TBus> Control(string name, string why, string member, Place<W> place) =>
        new(name, Accounting.Constant, why, [member], cpu => place(cpu), (cpu, value) => place(cpu) = value);

    private static ProcessorField<W, TBus> Debug(int number, Accounting accounting, string why) =>
        new(
            $"DR{number}",
            accounting,
            why,
            [nameof(Ia32<W, TBus>.D)],
            cpu => cpu.D[number],
            (cpu, value) => cpu.D[number] = value
        );

    private static ProcessorField<W, TBus> Flag(string name, uint mask) =>
        new(
            name,
            (mask & ProcessorNames.UserFlags) != 0 ? Accounting.Compared : Accounting.Constant,
            (mask & ProcessorNames.UserFlags) != 0
                ? "column Eflags; in the kernel as the contract of the cut point says"
                : "ring 3 cannot change it without I/O privilege",
            mask == Machine.Processor.Flag.Virtual8086 ? [.. Flags, nameof(Ia32<W, TBus>.Virtual)] : Flags,
            cpu => cpu.Eflags & mask,
            (cpu, value) => cpu.Eflags = cpu.Eflags & ~mask | value
        );

    private static ProcessorField<W, TBus> Plain(
        string name,
        string why,
        string member,
        Func<Ia32<W, TBus>, W> read,
        Action<Ia32<W, TBus>, uint> write
    ) =>
        new(name, Accounting.Constant, why, [member], read, (cpu, value) =>
            write(
                cpu,
                W.TryValue(value, out var known)
                    ? known
                    : throw new ProverException($"{name} starts with a value that is known")
            )
        );

    /// <summary>A selector and its hidden part; whether an access needs no check follows from it.</summary>
    private static IEnumerable<ProcessorField<W, TBus>> Segment(
        string name,
        Accounting accounting,
        string why,
        string member,
        Place<Segment<W>> place
    )
    {
        string[] flat = [member, nameof(Segment<W>.FlatToRead), nameof(Segment<W>.FlatToWrite)];
        yield return new(
            $"{name} selector",
            accounting,
            why,
            [member, nameof(Segment<W>.Selector)],
            cpu => place(cpu).Selector,
            (cpu, value) => place(cpu).Selector = value
        );
        yield return new(
            $"{name} base",
            accounting,
            why,
            [.. flat, nameof(Segment<W>.Base)],
            cpu => place(cpu).Base,
            (cpu, value) => Load(ref place(cpu), value, place(cpu).Limit, place(cpu).Attributes)
        );
        yield return new(
            $"{name} limit",
            accounting,
            why,
            [.. flat, nameof(Segment<W>.Limit)],
            cpu => place(cpu).Limit,
            (cpu, value) => Load(ref place(cpu), place(cpu).Base, value, place(cpu).Attributes)
        );
        yield return new(
            $"{name} attributes",
            accounting,
            why,
            [.. flat, nameof(Segment<W>.Attributes)],
            cpu => place(cpu).Attributes,
            (cpu, value) =>
                Load(
                    ref place(cpu),
                    place(cpu).Base,
                    place(cpu).Limit,
                    W.TryValue(value, out var known)
                        ? known
                        : throw new ProverException("a segment's attributes are known")
                )
        );
    }

    private static void Load(ref Segment<W> segment, W @base, W limit, uint attributes) =>
        segment = Segment<W>.Load(segment.Selector, @base, limit, attributes);
}

/// <summary>The names of registers and flags, in the order of their numbers and bits.</summary>
public static class ProcessorNames
{
    /// <summary>Words of the x87's state, and test registers.</summary>
    public const int CoprocessorItems = Ia32<Values.Symbolic, TypedMemory>.CoprocessorItems,
        TestRegisters = Ia32<Values.Symbolic, TypedMemory>.TestRegisters;

    /// <summary>
    /// The flags that ring 3 can change without I/O privilege: all but IF, IOPL, VM and the virtual interrupt flags
    /// (SDM vol. 2, POPF).
    /// </summary>
    public const uint UserFlags =
        Flag.Status
        | Flag.Trap
        | Flag.Direction
        | Flag.NestedTask
        | Flag.Resume
        | Flag.AlignmentCheck
        | Flag.Identification;

    /// <summary>The general registers (<see cref="Register"/>).</summary>
    public static readonly IReadOnlyList<string> General = ["EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI"];

    /// <summary>The segment registers (<see cref="SegmentRegister"/>).</summary>
    public static readonly IReadOnlyList<string> Segments = ["ES", "CS", "SS", "DS", "FS", "GS"];

    /// <summary>Every bit of EFLAGS, with IOPL as one field (SDM vol. 1, 3.4.3).</summary>
    public static readonly IReadOnlyList<(string Name, uint Mask)> Eflags =
    [
        ("EFLAGS.CF", Flag.Carry),
        ("EFLAGS.1", Flag.Reserved),
        ("EFLAGS.PF", Flag.Parity),
        ("EFLAGS.AF", Flag.Adjust),
        ("EFLAGS.ZF", Flag.Zero),
        ("EFLAGS.SF", Flag.Sign),
        ("EFLAGS.TF", Flag.Trap),
        ("EFLAGS.IF", Flag.Interrupt),
        ("EFLAGS.DF", Flag.Direction),
        ("EFLAGS.OF", Flag.Overflow),
        ("EFLAGS.IOPL", Flag.PrivilegeLevel),
        ("EFLAGS.NT", Flag.NestedTask),
        ("EFLAGS.RF", Flag.Resume),
        ("EFLAGS.VM", Flag.Virtual8086),
        ("EFLAGS.AC", Flag.AlignmentCheck),
        ("EFLAGS.VIF", Flag.VirtualInterrupt),
        ("EFLAGS.VIP", Flag.VirtualInterruptPending),
        ("EFLAGS.ID", Flag.Identification),
        ("EFLAGS reserved", 0xFFC08028),
    ];
}
