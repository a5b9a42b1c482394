using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// The bytes of a set operation keep its contract. For all sets of threads, the bitmaps then have the meaning that the
/// contract says. Registers and memory otherwise have the contract's values. The kernel raises no exception and does
/// not loop.
/// </summary>
public sealed class SetOperationTheorem(BootedImage image, SetOperation operation)
    : SetTheorem($"image.sets.{operation.Name}", image)
{
    private readonly PathTimer _timer = new(image);

    public override string Key => $"{base.Key} {operation}";

    protected override void Run(Attempt attempt)
    {
        var path = attempt.Path;
        var sets = new SymbolicSets(Limits, attempt.Terms, InitialMembers(attempt));
        var choosing = attempt.Choosing();
        var before = new View<Symbolic>(Layout, Machine(attempt, Memory(attempt, null, null)));
        void Touch(Area area, Field field, Symbolic row) => TouchFirst(attempt, before, area, field, row);

        var contractMemory = Memory(attempt, Touch, senders: _ =>
            throw new ProverException("a contract reads no bitmap")
        );
        var expected = Enter(attempt, contractMemory);
        var contracts = new SetContracts(
            Layout,
            contractMemory,
            sets,
            attempt,
            choosing,
            Image.Points.Pick,
            (condition, _) => path.Assume(condition)
        );
        var lost = contracts.Apply(operation, expected.Cpu);

        var memory = Memory(attempt, Touch, senders: null);
        var machine = Enter(attempt, memory);
        attempt.Trail = machine.Trail;
        machine.Run(operation);
        attempt.Ran(_timer.Time(machine.Trail, machine.End, null, byContract: false));
        TouchResult(attempt, before, machine, lost);
        path.IsTaken();

        path.RequireAll([.. Registers(machine.Cpu, expected.Cpu, lost), .. OtherMemory(memory, contractMemory)]);
        path.Require(memory.Written.Count == 0, "no port is written");
        var representation = Meaning(attempt, machine, sets.Members);
        var written = Written(attempt, memory, sets);
        path.RequireAll([
            .. Verified.Kernel.Representation<Symbolic>.Sets.SelectMany(invariant =>
                attempt.ForAll(
                    invariant.I,
                    invariant.J,
                    written,
                    (i, j) => invariant.Holds(representation, i, j),
                    $"{invariant.Name} holds again: {invariant.Why}"
                )
            ),
        ]);
    }

    /// <summary>
    /// The processor at the operation's start: a current thread, and the contract's arguments in the registers.
    /// </summary>
    private SymbolicMachine Enter(Attempt attempt, KernelMemory memory)
    {
        Symbolic Row(string name) =>
            Layout.Partner.Encode<Symbolic>(attempt.Terms.Variable(name, Width(Limits.Threads)));
        var machine = Machine(attempt, memory);
        var cpu = machine.Cpu;
        cpu.R[Register.Esp] = Row("me") + Layout.Edi.Offset;
        switch (operation.Kind)
        {
            case SetOperationKind.RemoveSender:
                cpu.R[Register.Ebp] = Row("thread");
                cpu.R[Register.Edx] = Row("receiver");
                break;
            case SetOperationKind.AddReady
            or SetOperationKind.AddSender
            or SetOperationKind.AddTimer
            or SetOperationKind.RemoveTimer:
                cpu.R[Register.Ebp] = Row("thread");
                break;
            case SetOperationKind.NextReady:
                cpu.R[Register.Esi] = attempt.Terms.Variable("priority", Width(Limits.Priorities));
                break;
            case SetOperationKind.RemoveReady:
                cpu.R[Register.Esi] = attempt.Terms.Variable("priority", Width(Limits.Priorities));
                cpu.R[Register.Edi] = attempt.Terms.Variable("thread", Width(Limits.Threads));
                attempt.Universe.Touch(Table.Thread, cpu.R[Register.Edi]);
                break;
        }

        return machine;
    }

    private void TouchResult(Attempt attempt, View<Symbolic> before, SymbolicMachine machine, IReadOnlyList<int> lost)
    {
        var result = machine.Cpu.R[Register.Eax];
        if (
            operation.Kind == SetOperationKind.NextTimer
            || (!lost.Contains(Register.Eax) && operation.Kind != SetOperationKind.GreatestPriority)
        )
            attempt.Universe.Touch(Table.Thread, result & (Limits.Threads - 1));
        else if (!lost.Contains(Register.Eax))
            TouchFirst(attempt, before, Layout.ReadySummary, Layout.ReadySummaryWord, result & (Limits.Priorities - 1));
    }

    private static IEnumerable<(Truth, string)> Registers(
        Ia32<Symbolic, KernelMemory> cpu,
        Ia32<Symbolic, KernelMemory> expected,
        IReadOnlyList<int> lost
    )
    {
        for (var register = 0; register < 8; register++)
            if (!lost.Contains(register))
                yield return (
                    cpu.R[register] == expected.R[register],
                    $"{(Iced.Intel.Register)((int)Iced.Intel.Register.EAX + register)} is what the contract says"
                );
        foreach (var field in ProcessorState<Symbolic, KernelMemory>.All)
            if (field.Read is { } read && !ProcessorNames.General.Contains(field.Name) && !IsStatus(field.Name))
                yield return (read(cpu) == read(expected), $"{field.Name} is what the contract of the operation says");
    }

    private static bool IsStatus(string flag) =>
        ProcessorNames.Eflags.Any(known => known.Name == flag && (known.Mask & Flag.Status) != 0);

    private IEnumerable<(Truth, string)> OtherMemory(KernelMemory memory, KernelMemory expected)
    {
        foreach (var (area, field, row) in memory.WrittenFields.Concat(expected.WrittenFields).Distinct())
            if (!Layout.IsSet(area, field))
                yield return (
                    memory.Peek(area.Address(row, field)) == expected.Peek(area.Address(row, field)),
                    $"{area.Name}.{field.Name} is what the contract says"
                );
    }

    private Dictionary<Table, List<Symbolic>> Written(Attempt attempt, KernelMemory memory, SymbolicSets sets)
    {
        var written = new Dictionary<Table, List<Symbolic>> { [Table.Thread] = [.. sets.Written] };
        foreach (var (area, row) in memory.WrittenRows)
            if (Layout.TableOf(area) is var table && table != Table.Processor)
            {
                written.TryAdd(table, []);
                written[table].Add(row);
            }

        attempt.Apart(written);
        return written;
    }

    private static int Width(uint rows) => System.Numerics.BitOperations.Log2(rows);
}
