using Verified.Proofs.Execution;
using Verified.Proofs.Prove;
using Verified.Proofs.Values;
using Verified.Spec.Meaning;
using static Verified.Proofs.Commands.Standing;

namespace Verified.Proofs.Commands;

/// <summary>Assumptions that no check of a run covers. They are part of the statement of every proved claim.</summary>
internal static class Assumptions
{
    /// <summary>The assumptions.</summary>
    /// <param name="solver">The assumption about the solver.</param>
    public static IReadOnlyList<Claim> All(Claim solver) =>
        [
            .. ProcessorState<Symbolic, KernelMemory>
                .All.Where(field => field.Accounting == Accounting.Excluded)
                .Select(field => new Claim(
                    $"processor state that no check compares: {field.Name}",
                    Assumed,
                    field.Why
                )),
            new(
                "Ia32<W> is the processor",
                Assumed,
                "beyond the cases compared with the host's: rings, gates and paging are tested by the manual's rules "
                    + "and in QEMU"
            ),
            solver,
            new(
                "user mode changes neither the kernel's memory nor its own privilege, CS and interrupt flag",
                Assumed,
                "rings, paging and segments of Ia32<W>, tested; boot checks the page directories"
            ),
            new(
                "a task with I/O ports does not turn the PC's own chips against the kernel",
                Assumed,
                "sigma0 has all ports and gives them away: interrupt controllers, timer, DMA, A20 gate, reset"
            ),
            new(
                "the processor keeps ring 3 and its EIP within its segments, and in a small space reports page faults "
                    + "at their base and the address used",
                Assumed,
                "SDM 3A, 5.3 and 3.4; the segments are proved at each return to a user, their limits tried on the "
                    + "machine and in Bochs; QEMU ignores them, and there every thread reaches all small spaces"
            ),
            new(
                "the TLB holds only present entries that the page tables have had since the page's last INVLPG or the "
                    + "last load of CR3",
                Assumed,
                "SDM 3A, 4.10; each step's INVLPG is proved, the TLB itself is the machine's"
            ),
            new(
                "the processor itself writes only the accessed and dirty bits of page tables",
                Assumed,
                "SDM 3A, 4.8; the representation leaves them open"
            ),
            new(
                "the kernel can read an instruction that has raised an exception",
                Assumed,
                "the processor has just read it; each byte that the kernel reads is proved to belong to it, by its "
                    + "prefixes and opcode"
            ),
            new(
                "the processor lets ring 3 use the ports whose bits are 0 in the map behind the TSS, and none if the "
                    + "map's offset is beyond the TSS",
                Assumed,
                "SDM 1, 19.5.2; the maps and the offset are proved, boot checks that each space has its own map"
            ),
            new(
                "the interrupt controllers pass exactly the interrupts that are not masked and not in service",
                Assumed,
                "8259A data sheet; each step's masks and ends of interrupt are proved, the controllers themselves are "
                    + "the machine's"
            ),
            new(
                "the boot loader leaves a Multiboot machine",
                Assumed,
                "protected mode, paging off, A20 on, .bss zeroed; CR4, "
                    + "IA32_SYSENTER_CS and DR7 as after RESET, no debug exception pending"
            ),
            new(
                "another processor's CPUID and time-stamp counter change only the frequency in the info page",
                Assumed,
                "the theorem of boot follows this machine's answers; boot uses CPUID only to look for the counter"
            ),
            new(
                "chips that boot does not set up are as the loader leaves them",
                Assumed,
                "keyboard controller, clock, COM2, parallel port, the timer's other channels: no check reads them; the "
                    + "kernel uses only timer channel 2 at boot, to measure the processor's frequency"
            ),
            new(
                "First and Greatest have their defining property",
                Assumed,
                "the prover uses the property, the concrete spec a scan; the tests compare them"
            ),
            new(
                "induction along a finite list, and an order's positions may be renumbered",
                Assumed,
                "the solver proves the first mapping and the step from each to the next, and that the order is kept; "
                    + "models mappers, ports, interrupted and family check whole lists in every state"
            ),
            new(
                "cycles are those of the Pentium's model",
                Assumed,
                "its figures are published, and machine/timing/Pipeline.cs lists what the model leaves out; "
                    + "instructions are counted exactly"
            ),
            .. Statements<Symbolic>
                .All.Where(property => property.Searches)
                .Select(property => new Claim(
                    $"meaning that only runs and small models check: {property.Name}",
                    Assumed,
                    property.Says
                )),
            new("panic path", Assumed, "NMI, double fault, machine check: neither proved nor reached by a check"),
        ];
}
