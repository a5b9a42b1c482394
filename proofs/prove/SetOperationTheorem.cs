using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// The bytes of a set operation keep its contract. For all sets of threads, the bitmaps then have the meaning that the
/// contract says. Registers and memory otherwise have the contract's values. The kernel raises no exception and does
/// not loop.
/// </summary>
/// <param name="image">The image.</param>
/// <param name="operation">The operation.</param>
/// <param name="shared">Answers for the copies of an operation at other places; null to ask every question.</param>
public sealed class SetOperationTheorem(BootedImage image, SetOperation operation, SharedAnswers? shared = null)
    : SetTheorem($"image.sets.{operation.Name}", image)
{
    private readonly PathTimer _timer = new(image);

    public override string Key => $"{base.Key} {operation}";

    protected override SharedAnswers? Shared => shared;

    protected override void Run(ProofContext proof)
    {
        var path = proof.Path;
        var sets = new SymbolicSets(Limits, proof.Terms, InitialMembers(proof));
        var choosing = proof.Choosing();
        var before = new View<Symbolic>(Layout, Machine(proof, Memory(proof, null, null)));
        void Touch(Area area, Field field, Symbolic row) => TouchFirst(proof, before, area, field, row);

        var contractMemory = Memory(proof, Touch, senders: _ =>
            throw new ProverException("a contract reads no bitmap")
        );
        var expected = Enter(proof, contractMemory);
        var contracts = new SetContracts(
            Layout,
            contractMemory,
            sets,
            proof,
            choosing,
            Image.Points.Pick,
            (condition, _) => path.Assume(condition)
        );
        var lost = contracts.Apply(operation, expected.Cpu);

        var memory = Memory(proof, Touch, senders: null);
        var machine = Enter(proof, memory);
        proof.Trail = machine.Trail;
        machine.Run(operation);
        proof.Ran(_timer.Time(machine.Trail, machine.End, null, byContract: false));
        TouchResult(proof, before, machine, lost);
        path.IsTaken();

        path.RequireAll([.. Registers(machine.Cpu, expected.Cpu, lost), .. OtherMemory(memory, contractMemory)]);
        path.Require(memory.Written.Count == 0, "no port is written");
        var representation = Meaning(proof, machine, sets.Members);
        var written = Written(proof, memory, sets);
        path.RequireAll([
            .. Verified.Kernel.Representation<Symbolic>.Sets.SelectMany(invariant =>
                proof.ForAll(
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
    private SymbolicMachine Enter(ProofContext proof, KernelMemory memory)
    {
        Symbolic Row(string name) => Layout.Partner.Encode<Symbolic>(proof.Terms.Variable(name, Width(Limits.Threads)));
        var machine = Machine(proof, memory);
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
                cpu.R[Register.Esi] = proof.Terms.Variable("priority", Width(Limits.Priorities));
                break;
            case SetOperationKind.RemoveReady:
                cpu.R[Register.Esi] = proof.Terms.Variable("priority", Width(Limits.Priorities));
                cpu.R[Register.Edi] = proof.Terms.Variable("thread", Width(Limits.Threads));
                proof.Instances.Touch(Table.Thread, cpu.R[Register.Edi]);
                break;
        }

        return machine;
    }

    private void TouchResult(
        ProofContext proof,
        View<Symbolic> before,
        SymbolicMachine machine,
        IReadOnlyList<int> lost
    )
    {
        var result = machine.Cpu.R[Register.Eax];
        if (
            operation.Kind == SetOperationKind.NextTimer
            || (!lost.Contains(Register.Eax) && operation.Kind != SetOperationKind.GreatestPriority)
        )
            proof.Instances.Touch(Table.Thread, result & (Limits.Threads - 1));
        else if (!lost.Contains(Register.Eax))
            TouchFirst(proof, before, Layout.ReadySummary, Layout.ReadySummaryWord, result & (Limits.Priorities - 1));
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

    private Dictionary<Table, List<Symbolic>> Written(ProofContext proof, KernelMemory memory, SymbolicSets sets)
    {
        var written = new Dictionary<Table, List<Symbolic>> { [Table.Thread] = [.. sets.Written] };
        foreach (var (area, row) in memory.WrittenRows)
            if (Layout.TableOf(area) is var table && table != Table.Processor)
            {
                written.TryAdd(table, []);
                written[table].Add(row);
            }

        proof.Apart(written);
        return written;
    }

    private static int Width(uint rows) => System.Numerics.BitOperations.Log2(rows);
}
