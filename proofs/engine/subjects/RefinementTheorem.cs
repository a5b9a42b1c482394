using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Subjects;

/// <summary>
/// The bytes of a way do what a step of the spec says. The theorem is about every state of the machine that satisfies
/// the invariants, and about the run from the user's instruction to the return to ring 3:
/// </summary>
/// <remarks>
/// The state that the machine means changes like the step says. Derived fields and the processor's contract hold again.
/// The code writes nothing else, raises no exception, and does not loop.
/// </remarks>
public sealed class RefinementTheorem(Subject subject, UserWay way)
    : Theorem($"code.{way.Step}", SubjectDomains.Of(subject.Spec))
{
    public override bool IsKept => false;

    public override uint? Constant(uint address) => subject.Constant(address);

    protected override void Assume(ProofContext proof)
    {
        var view = Machine(proof, (_, _, _) => { }).View;
        var state = new ColumnState<Symbolic>(subject.Spec, Tables(proof, view, running: false));
        SubjectDomains.Assume(proof, subject.Spec, state);
        foreach (var derived in subject.Derived<Symbolic>())
            proof.Instances.ForAll(derived.Area.Table, Table.Processor, (row, _) => Holds(view, state, derived, row));
    }

    protected override void Run(ProofContext proof)
    {
        var path = proof.Path;
        var before = Machine(proof, (_, _, _) => { }).View;
        var tables = Tables(proof, before, running: true);
        var state = new ColumnState<Symbolic>(subject.Spec, tables);
        subject.Spec.Steps<Symbolic>().Single(step => step.Name == way.Step).Does(state);

        var machine = Machine(proof, (area, _, row) => proof.Instances.Touch(area.Table, row));
        proof.Trail = machine.Execution.Trail;
        Execute(machine.Execution, path);
        proof.Ran(new WorstCase(machine.Execution.Trail.Count, 0, 0), subject.User.Name);
        path.IsTaken();

        var written = Written(proof, machine, tables, before.Current);
        path.RequireAll([
            .. subject.Spec.Columns.SelectMany(column =>
                proof.ForAll(
                    column.Table,
                    Table.Processor,
                    written,
                    (row, _) => state[column, row] == machine.View.Column(column, row),
                    $"{column.Name} is what the spec says"
                )
            ),
            .. subject
                .Derived<Symbolic>()
                .SelectMany(derived =>
                    proof.ForAll(
                        derived.Area.Table,
                        Table.Processor,
                        written,
                        (row, _) => Holds(machine.View, state, derived, row),
                        derived.Why
                    )
                ),
        ]);
        path.RequireOfProcessor(
            machine.Contract.Goals(subject.User, (field, _, _) =>
                throw new ProverException($"the contract names a condition for {field}")
            )
        );
    }

    private void Execute(Execution<TypedMemory> execution, Exploration path) =>
        execution.Guarded(() =>
        {
            execution.ExecuteOfUser(way.Instruction);
            if (execution.Cpu.Cpl != 0)
                throw path.Refuted($"INT {way.Vector:X}h does not enter ring 0");
            while (execution.Cpu.Cpl != 3)
            {
                execution.TakesNoInterrupt();
                execution.Execute(execution.Next());
                if (execution.Cpu.Halted)
                    throw path.Refuted("the kernel halts");
            }
        });

    private static Truth Holds(
        SubjectView<Symbolic> view,
        ColumnState<Symbolic> state,
        Derived<Symbolic> derived,
        Symbolic row
    ) => view.Get(derived.Area, derived.Field, row) == derived.Value(state, row);

    private static SymbolicTables Tables(ProofContext proof, SubjectView<Symbolic> view, bool running) =>
        new(view.Column, proof.Terms, running ? (proof.Instances, proof.Choosing()) : null, keys: 0);

    private sealed record Running(
        TypedMemory Memory,
        Execution<TypedMemory> Execution,
        ContractedProcessor<Symbolic, TypedMemory> Contract,
        SubjectView<Symbolic> View
    );

    /// <summary>The machine at the cut point: nothing is known of it but the contract.</summary>
    private Running Machine(ProofContext proof, Action<Area, Field, Symbolic> touch)
    {
        uint? Recorded(uint address)
        {
            proof.Constants.Add(address);
            return subject.Constant(address);
        }

        var memory = new TypedMemory(
            subject.Areas,
            proof.Terms,
            proof.Path,
            (area, field, row) => proof.Initial(subject.NameOf(area, field), (int)field.Bits, row),
            Recorded,
            touch
        );
        var cpu = new Ia32<Symbolic, TypedMemory>(memory);
        var contract = new ContractedProcessor<Symbolic, TypedMemory>(cpu);
        contract.Start(subject.User, () => proof.Register("EFLAGS"), (field, _) => Open(proof, field));
        contract.Begun();
        return new(
            memory,
            new(cpu, proof.Path, Recorded),
            contract,
            new(subject, memory.Peek, name => SubjectRegisters.Read(cpu, name))
        );
    }

    /// <summary>
    /// The value of a field that the contract leaves open. The kernel may not use a segment that a user has loaded; its
    /// hidden part is as if it were null.
    /// </summary>
    internal static Symbolic? Open(ProofContext proof, string field) =>
        ProcessorNames.Segments.Any(segment =>
            field.StartsWith(segment + ' ', StringComparison.Ordinal)
            && !field.EndsWith("selector", StringComparison.Ordinal)
        )
            ? 0
            : proof.Register(field);

    private Dictionary<Table, List<Symbolic>> Written(
        ProofContext proof,
        Running machine,
        SymbolicTables tables,
        Symbolic current
    )
    {
        var written = new Dictionary<Table, List<Symbolic>>();
        void Add(Table table, Symbolic row)
        {
            if (table == Table.Processor)
                return;
            written.TryAdd(table, []);
            written[table].Add(row);
        }

        foreach (var table in subject.Spec.Columns.Where(column => subject.Places[column].Register is not null))
        {
            Add(table.Table, current);
            Add(table.Table, machine.View.Current);
        }

        foreach (var (area, row) in machine.Memory.WrittenRows)
            Add(area.Table, row);
        foreach (var (table, row) in tables.Written)
            Add(table, row);
        proof.Apart(written);
        return written;
    }
}

/// <summary>The registers that places name.</summary>
internal static class SubjectRegisters
{
    public const string Eip = "EIP",
        Eflags = "EFLAGS";

    public static W Read<W, TBus>(Ia32<W, TBus> cpu, string name)
        where W : struct, IWord<W>
        where TBus : IBus<W> =>
        name switch
        {
            Eip => cpu.Eip,
            Eflags => cpu.Eflags,
            _ => cpu.R[ProcessorNames.General.ToList().IndexOf(name)],
        };

    public static void Write<W, TBus>(Ia32<W, TBus> cpu, string name, W value)
        where W : struct, IWord<W>
        where TBus : IBus<W>
    {
        if (name == Eip)
            cpu.Eip = value;
        else if (name == Eflags)
            cpu.Eflags = value;
        else
            cpu.R[ProcessorNames.General.ToList().IndexOf(name)] = value;
    }
}
