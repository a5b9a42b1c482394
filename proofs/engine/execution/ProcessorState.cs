using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Proofs.Execution;

/// <summary>
/// Every field of the processor, once. The theorems, the comparison of image and spec, and the checks of boot read this
/// list. The condition for each field at a cut point is in the cut point's contract (<see cref="CutPoint"/>).
/// </summary>
public static partial class ProcessorState<W, TBus>
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
}
