using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Proofs.Prove;

/// <summary>
/// The image refines the spec on one way into the kernel. The theorem covers every machine state at the way's cut point
/// that satisfies the invariants and the representation. The bytes up to the next cut point do one step of the spec,
/// under the view. The representation holds again, and nothing else is written. The kernel raises no exception and does
/// not loop.
/// </summary>
/// <param name="name">The theorem's name.</param>
/// <param name="image">The image.</param>
/// <param name="way">The way in.</param>
public sealed partial class ImageTheorem(string name, BootedImage image, Way way) : CodeTheorem(name, image)
{
    private readonly PathTimer _timer = new(image);

    public override string Key =>
        $"{base.Key} {string.Join(' ', CodePoints.All.Select(point => $"{Image.Addresses[point.Name]:x}"))} "
        + string.Join(',', Image.Operations);

    /// <summary>
    /// The name, in a refutation, of the first bytes of the instruction that raised a general-protection exception.
    /// </summary>
    public const string CodeBytes = "instruction";

    private const string ErrorCode = "error-code";

    /// <summary>True if the code may reach operations on the sets of threads.</summary>
    public bool UsesSets => StepFacts.Of(way.Step).UsesSets;

    public override int Weight => StepFacts.Of(way.Step).Image;

    protected override void Assume(ProofContext proof)
    {
        var machine = Machine(proof, Memory(proof));
        var view = new View<Symbolic>(Layout, machine);
        var state = Before(proof, view);
        foreach (var invariant in Invariants<Symbolic>.All.Where(IsGiven))
            proof.Instances.ForAll(invariant.Over, invariant.Pairs ? Table.Thread : Table.Processor, (i, j) =>
                invariant.Holds(state, i, j)
            );

        var representation = new Representation<Symbolic>(view, state);
        proof.Instances.Follow(Table.Thread, thread => [(Table.Priority, state.Priority[thread])]);
        RelatedRows.Mappings(proof.Instances, state);
        proof.Range(Table.PortWord, Representation<Symbolic>.Count(Table.PortWord, Layout));
        RelatedRows.Ports(proof.Instances, state);
        proof.Range(Table.SmallPage, Representation<Symbolic>.Count(Table.SmallPage, Layout));
        RelatedRows.SmallPages(proof.Instances, state);
        if (way.Only is { } only)
            proof.Instances.ForAll(Table.Processor, Table.Processor, (_, _) => only.Holds(state));
        if (way.InSmallSpace is { } small)
            proof.Instances.ForAll(Table.Processor, Table.Processor, (_, _) =>
                small ? !representation.IsFlat : representation.IsFlat
            );
        if (way.Traps is { } traps)
            proof.Instances.ForAll(Table.Processor, Table.Processor, (_, _) =>
                traps ? state.Traps(proof.Register(ErrorCode)) : !state.Traps(proof.Register(ErrorCode))
            );
        foreach (var invariant in Representation<Symbolic>.ExceptSets)
        {
            if (invariant.Name == Representation<Symbolic>.SegmentsName)
                continue; // a user may have loaded others
            proof.Instances.ForAll(invariant.I, invariant.J, (i, j) => invariant.Holds(representation, i, j));
        }
    }

    private protected override State<Symbolic> Start(ProofContext proof) =>
        Before(proof, new View<Symbolic>(Layout, Machine(proof, Memory(proof))));

    private protected override bool IsGiven(Invariant<State<Symbolic>, Symbolic> invariant) =>
        StepCase.Needs(way.Step, way.Only, invariant);

    protected override void Run(ProofContext proof)
    {
        var path = proof.Path;

        var before = new View<Symbolic>(Layout, Machine(proof, Memory(proof)));
        var choosing = proof.Choosing();
        var tables = Tables(proof, before, choosing);
        var state = new State<Symbolic>(Limits, tables);
        var kernel = new Kernel<Symbolic>(state);

        // The spec runs first. Its choices are variables, and the code's results are then shown to equal one of them.
        // The fast path makes no choice, and decides which case of the spec it is.
        var fast = way is { Step: Entry.Ipc, Kind: WayKind.SystemCall };
        var errorCode = proof.Register(ErrorCode);
        var argument = way.Step switch
        {
            Entry.PageFault => UserSegments.AddressOf(
                before.Get(Layout.DataSegment, 0, Layout.DescriptorHigh),
                proof.Register("cr2")
            ),
            Entry.Protection => proof.Register(CodeBytes),
            _ => way.Argument,
        };
        if (!fast && way.Step is { } entry)
            kernel.Step(entry, argument, way.HasErrorCode ? errorCode : 0);
        var choices = choosing.Results.ToArray();

        var sets = new SymbolicSets(Limits, proof.Terms, Membership<Symbolic>.Of(Before(proof, before)));
        var memory = Memory(
            proof,
            (area, _, row) => Touch(proof, area, row),
            receiver => Summary(proof, sets, choosing, receiver),
            way.Step == Entry.Protection
                ? (proof.Register("eip"), argument, PortAccess<Symbolic>.Of(argument, proof.Register("edx")).Length)
                : null
        );
        var contracts = new SetContracts(Layout, memory, sets, proof, choosing, Image.Points.Pick, path.Require);
        var machine = Machine(proof, memory);
        machine.Contracts = (operation, cpu) =>
        {
            if (!UsesSets)
                path.Require(false, "a way that uses no sets by StepFacts reaches no operation on them");
            var lost = contracts.Apply(operation, cpu);
            if (!lost.Contains(Register.Eax))
                cpu.R[Register.Eax] = path.Identify(cpu.R[Register.Eax], true, choices);
            return lost;
        };
        proof.Trail = machine.Trail;
        machine.Run(way, errorCode);
        proof.Ran(_timer.Time(machine.Trail, machine.End, way, byContract: true), machine.Reached?.Name);
        if (fast && !machine.LeftFastPath)
        {
            // It passes the cut point of the receive phase.
            kernel.Step(Entry.Ipc);
            while (
                Symbolic.TryValue(state.Stage, out var stage)
                && stage != machine.Stage
                && Kernel<Symbolic>.OwnStep(stage) is { } own
            )
                kernel.Step(own);
        }

        path.IsTaken();
        var after = new View<Symbolic>(Layout, machine);
        var written = Written(proof, memory, tables, sets, before.Current, after.Current);
        var representation = new Representation<Symbolic>(after, state);
        var members = Membership<Symbolic>.Of(state);
        proof.Compares = () => Sides(proof, written, state, after, sets, members);
        path.RequireAll([
            .. state.Columns.SelectMany(column =>
                proof.ForAll(
                    column.Info.Table,
                    Table.Processor,
                    written,
                    (row, _) => column.Column[row] == after.Column(column.Info, row),
                    $"{column.Info.Name} is what the spec says"
                )
            ),
            .. Representation<Symbolic>.ExceptSets.SelectMany(invariant =>
                proof.ForAll(
                    invariant.I,
                    invariant.J,
                    written,
                    (i, j) => invariant.Holds(representation, i, j),
                    $"representation {invariant.Name} holds again: {invariant.Why}"
                )
            ),
            .. proof.ForAll(
                Table.Thread,
                Table.Processor,
                written,
                (thread, _) => sets.Ready.Get(thread) == members.Ready(thread),
                "a thread is in the set of its priority if it competes for the processor, and in no other"
            ),
            .. proof.ForAll(
                Table.Thread,
                Table.Processor,
                written,
                (thread, _) => sets.Sender.Get(thread) == members.Sender(thread),
                "a thread is in the sender set of the thread it waits to send to, and in no other"
            ),
            .. proof.ForAll(
                Table.Thread,
                Table.Processor,
                written,
                (thread, _) => sets.Timer.Get(thread) == members.Timer(thread),
                "a thread is in the set of its deadline's slot if it waits with one, and in no other"
            ),
        ]);
        AcknowledgesInterrupt(path, memory);
        LeavesNothingStale(path, memory, state);
        LeavesNoDeletedDirectory(
            path,
            Before(proof, before),
            state,
            written.GetValueOrDefault(Table.Task) ?? [],
            machine.Cr3
        );
    }

    /// <summary>The summary of a thread's senders: 0 exactly if it has none (<see cref="SendersTheorem"/>).</summary>
    private Symbolic Summary(ProofContext proof, SymbolicSets sets, Choosing choosing, Symbolic receiver)
    {
        var sender = sets.Sender.AsNow();
        var (found, _) = choosing.First(Table.Thread, Limits.Threads, 0, thread => sender(thread) == receiver);
        Symbolic summary = proof.Terms.Fresh("senders", (int)Layout.Words);
        proof.Path.Assume((summary != 0) == found);
        return summary;
    }

    private KernelMemory Memory(ProofContext proof) => Memory(proof, null, receiver => receiver);

    private SymbolicMachine Machine(ProofContext proof, KernelMemory memory) =>
        Machine(proof, memory, way.StartsAt(Image.Points));

    private SymbolicTables Tables(ProofContext proof, View<Symbolic> view, Choosing choosing)
    {
        // Once a row is known not to be row 0, its registers are no longer a selection, and simplify like those of the
        // code.
        var somebody = new HashSet<Symbolic>();
        return new(Initial, proof.Terms, (proof.Instances, choosing), Limits.Priorities);

        Symbolic Initial(ColumnInfo column, Symbolic row)
        {
            if (
                State<Symbolic>.IsRegister(column)
                && !somebody.Contains(row)
                && proof.Path.Shows(row != State<Symbolic>.Nobody)
            )
                somebody.Add(row);
            return view.Column(column, row);
        }
    }

    /// <summary>
    /// The rows that the image or the spec wrote, by table, each once. From here on, rows that were shown to differ are
    /// known to differ.
    /// </summary>
    private Dictionary<Table, List<Symbolic>> Written(
        ProofContext proof,
        KernelMemory memory,
        SymbolicTables tables,
        SymbolicSets sets,
        params ReadOnlySpan<Symbolic> currents
    )
    {
        var written = new Dictionary<Table, List<Symbolic>> { [Table.Thread] = [.. currents, .. sets.Written] };
        foreach (
            var (table, row) in memory
                .WrittenRows.Select(row => (Layout.TableOf(row.Area), row.Row))
                .Concat(tables.Written)
        )
        {
            if (table == Table.Processor)
                continue;
            written.TryAdd(table, []);
            written[table].Add(row);
        }

        proof.Apart(written);
        return written;
    }

    private void Touch(ProofContext proof, Area area, Symbolic row)
    {
        if (Layout.TableOf(area) is var table && table != Table.Processor)
            proof.Instances.Touch(table, row);
    }
}
