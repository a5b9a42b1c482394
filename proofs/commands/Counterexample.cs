using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Registers = Verified.Proofs.Events.Registers;

namespace Verified.Proofs.Commands;

/// <summary>
/// Makes a refutation concrete. The solver's values fill a state, the values that it leaves open are chosen so that the
/// invariants hold, and the step runs on spec and image.
/// </summary>
internal static class Counterexample
{
    /// <summary>The result of replaying a refutation.</summary>
    /// <param name="Trace">The state and the step.</param>
    /// <param name="Disagreement">The difference between image and spec, for a theorem about the image.</param>
    /// <param name="Violation">The violated invariant, for a theorem about the spec.</param>
    /// <param name="Defect">
    /// The reason why the replay shows no failure, which is a defect of the prover; null if it shows one.
    /// </param>
    public sealed record Outcome(
        Trace Trace,
        Disagreement? Disagreement = null,
        Violation? Violation = null,
        string? Defect = null
    )
    {
        public static Outcome Of(Trace trace, Violation? violation) =>
            new(trace, null, violation, violation is null ? NothingFails : null);
    }

    /// <summary>
    /// True if a theorem is about one whole step, so that its counterexample can be run. The counts of the latency are
    /// about one step too, but no other check judges them.
    /// </summary>
    public static bool IsOfStep(string theorem) =>
        !theorem.StartsWith("image.sets.", StringComparison.Ordinal)
        && !theorem.StartsWith("lists.", StringComparison.Ordinal)
        && !theorem.StartsWith("latency.", StringComparison.Ordinal)
        && !theorem.StartsWith("image.boot", StringComparison.Ordinal)
        && theorem is not ("image.vectors" or "image.idle" or ReachTheorem.Title);

    private const string NothingFails = "its case does not fail when it is run";

    public static Outcome Of(KernelImage image, string theorem, Refutation refutation)
    {
        var way = WayOf(theorem);
        var state = Boot.Initial(image.Limits, []);
        state.Stage = way.Stage;
        var (values, memory) = Values(image.Layout, refutation);
        foreach (var (column, row, value) in values.Where(cell => !IsOfOtherState(cell)))
            if (column != nameof(State<Concrete>.Stage))
                state.Columns.First(candidate => candidate.Info.Name == column).Column[row] = value;
        if (way.FromUser && RegistersOf(refutation) is { } registers)
            registers.Set(state, state.Current);
        Complete(state);

        var own = Kernel<Concrete>.OwnStep(way.Stage) is not null;
        Event step = new(
            way.Step ?? Entry.IdNearest,
            own || way.Stage == Stages.Idle ? null : Registers.Of(state, state.Current),
            refutation.Registers.GetValueOrDefault(
                "argument",
                way.Step switch
                {
                    Entry.PageFault => AddressOf(image.Layout, refutation),
                    Entry.Protection => refutation.Registers.GetValueOrDefault(ImageTheorem.CodeBytes),
                    _ => way.Argument,
                }
            ),
            refutation.Registers.GetValueOrDefault("error-code"),
            Injected: !own && way.Stage == Stages.User && way.Step is not (Entry.Tick or Entry.Interrupt)
        );
        var trace = new Trace(Snapshot.Of(state), own ? [] : [step], Note: $"{theorem}: {refutation.What}");
        if (WholeState.Violation(state) is { } impossible)
            return new(trace, Defect: $"its case is not a possible state: {impossible}");
        var one = trace with { Events = [step] };
        if (
            theorem.StartsWith("spec.", StringComparison.Ordinal)
            || theorem.StartsWith("orders.", StringComparison.Ordinal)
        )
            return Outcome.Of(
                one,
                FuzzRun.Replay(
                    one,
                    new() { Invariants = [.. Invariants<Concrete>.All, Forest.ListEnds, Forest.ChiefsEnd] }
                ) ?? Derived(one)
            );
        if (theorem.StartsWith("isolation.", StringComparison.Ordinal))
            return Outcome.Of(
                one,
                FuzzRun.Replay(one)
                    ?? FuzzRun.ReplayTwice(one, (info, row) =>
                        values
                            .Where(cell => cell.Column == IsolationTheorem.InOtherState(info) && cell.Row == row)
                            .Select(cell => cell.Value)
                            .LastOrDefault()
                    )
            );

        // The first candidate has sets that agree with the state. The second has the solver's own sets, which are only
        // partly given.
        var duel = new Duel(new ImageMachine(image));
        Trace[] candidates = [trace, trace with { Memory = memory }];
        foreach (var candidate in candidates)
            if (DiffRun.Replay(duel, candidate) is { } disagreement)
                return new(disagreement.Trace with { Note = trace.Note }, disagreement);
        return new(trace, Defect: NothingFails);
    }

    // A violated property of the step's changes to a mapping, or null.
    private static Violation? Derived(Trace one)
    {
        var (before, after) = (one.Start.ToState(), one.Start.ToState());
        one.Events[0].Apply(new Kernel<Concrete>(after), after);
        for (var node = 0u; node < before.Limits.Paging.Nodes; node++)
            foreach (var property in Derivation<Concrete>.All)
                if (!property.Holds(before, after, node))
                    return new(property.Name, $"{property.Why} ({Words.Violated(before, Table.Node, node)})", one);
        return null;
    }

    // The offset that the user has used, computed from the linear address.
    private static uint AddressOf(Layout layout, Refutation refutation)
    {
        var high = refutation
            .Fields.Where(field => field.Column == $"{layout.DataSegment.Name}.{Layout.DescriptorHigh.Name}")
            .Select(field => field.Value)
            .FirstOrDefault(UserSegments.FlatHigh);
        return UserSegments.AddressOf<Concrete>(high, refutation.Registers.GetValueOrDefault("cr2")).Value;
    }

    private static bool IsOfOtherState(Cell cell) => !Named.Contains(cell.Column);

    private static Way WayOf(string theorem)
    {
        var name = theorem[(theorem.IndexOf('.') + 1)..];
        if (Way.All.FirstOrDefault(way => way.Name == name) is { } exact)
            return exact;
        var idle = name.EndsWith("-idle", StringComparison.Ordinal);
        var kind = name.Split('-')[0];
        return Way.All.FirstOrDefault(way => way.Name.Split('-')[0] == kind && way.Stage == Stages.Idle == idle)
            ?? throw new ProverException(
                $"theorem {theorem} is about no way into the kernel, so its counterexample cannot be replayed"
            );
    }

    /// <summary>The solver's values as cells of the state; its values of sets as dwords of the machine.</summary>
    private static (List<Cell> State, List<Override> Memory) Values(Layout layout, Refutation refutation)
    {
        List<Cell> state = [];
        List<Override> memory = [];
        foreach (var (column, row, value) in refutation.Fields)
        {
            if (column.Split('.') is not [var areaName, var fieldName])
            {
                state.Add(new(column, row, value));
                continue;
            }

            var area = layout.Areas.First(area => area.Name == areaName);
            var field = area.Fields.First(field => field.Name == fieldName);
            if (area == layout.Threads && field == Layout.Status)
            {
                state.Add(new(nameof(State<Concrete>.Status), row, value & (Layout.StatusMask)));
                state.Add(new(nameof(State<Concrete>.Timed), row, (value & Layout.TimedStatus) / Layout.TimedStatus));
                state.Add(new(nameof(State<Concrete>.Faulting), row, value / Layout.FaultingStatus));
            }
            else if (ColumnOf(layout, area, field) is { } name)
                state.Add(new(name, row, value));
            else
                memory.Add(new(area.Address<Concrete>(row, field).Value, field.Encode<Concrete>(value).Value));
        }

        return (state, memory);
    }

    private static string? ColumnOf(Layout layout, Area area, Field field)
    {
        if (area == layout.TssStack)
            return nameof(State<Concrete>.Current);
        if (area == layout.Clock)
            return nameof(State<Concrete>.Clock);
        if (area == layout.InfoClock)
            return field == Layout.Time ? nameof(State<Concrete>.Time) : nameof(State<Concrete>.TimeHigh);
        if (area == layout.Examined)
            return nameof(State<Concrete>.Examined);
        if (area == layout.Heir)
            return nameof(State<Concrete>.Heir);
        if (area == layout.Masked)
            return nameof(State<Concrete>.Masked);
        if (area == layout.Picked)
            return nameof(State<Concrete>.Picked);
        var name = char.ToUpperInvariant(field.Name[0]) + field.Name[1..];
        return (area == layout.Threads || area == layout.Interrupts) && Named.Contains(name) ? name : null;
    }

    private static readonly HashSet<string> Named =
    [
        .. new State<Concrete>(Limits.Shipping, new ConcreteTables()).Columns.Select(column => column.Info.Name),
    ];

    private static Registers? RegistersOf(Refutation refutation)
    {
        uint Of(string name) => refutation.Registers.GetValueOrDefault(name);
        return !refutation.Registers.ContainsKey("eax")
            ? null
            : new(
                Of("eax"),
                Of("ecx"),
                Of("edx"),
                Of("ebx"),
                Of("esp"),
                Of("ebp"),
                Of("esi"),
                Of("edi"),
                Of("eip"),
                Of("eflags")
            );
    }

    // Fills in rows that the solver left out because its path did not read them.
    private static void Complete(State<Concrete> s)
    {
        var limits = s.Limits;
        for (var row = limits.Lthreads; row < limits.Threads; row++)
        {
            if (
                s.Status[row].Value is ThreadStatus.Sending or ThreadStatus.ReceivingFrom
                && s.Partner[row].Value is var partner and > 0
                && s.Status[partner].Value == ThreadStatus.Inactive
            )
                s.Status[partner] = ThreadStatus.Stopped;
            if (s.Id[row].Value != ThreadId.Nil && s.Status[row].Value == ThreadStatus.Inactive)
                s.Status[row] = ThreadStatus.Stopped;
        }

        // A task has the version of its threads: the version in the ids that the solver names, or otherwise the first.
        var versions = s.Mappings.Version;
        for (var row = limits.Lthreads; row < limits.Threads; row++)
            if (s.Id[row].Value != ThreadId.Nil && versions[row / limits.Lthreads].Value == 0)
                versions[row / limits.Lthreads] = ThreadId.Version<Concrete>(s.Id[row]);

        for (var row = limits.Lthreads; row < limits.Threads; row++)
        {
            if (s.Status[row].Value == ThreadStatus.Inactive)
                continue;
            var task = row / limits.Lthreads;
            if (versions[task].Value == 0)
                versions[task] = 1;
            if (s.Id[row].Value == ThreadId.Nil)
                s.Id[row] = ThreadId.Make<Concrete>(4, task, row % limits.Lthreads, versions[task].Value);
            if (s.Slice[row].Value == 0 && !(row == s.Current.Value && s.Stage.Value == Stages.Wake))
                s.Slice[row] = s.Quantum[row];
            if (s.Slice[row].Value == ScheduleParam.Infinite)
                s.Quantum[row] = ScheduleParam.Infinite;
            if (s.Quantum[row].Value == ScheduleParam.Infinite)
                s.Slice[row] = ScheduleParam.Infinite;
            if (s.Eflags[row].Value == 0)
                s.Eflags[row] = Flags.User;
        }

        for (var row = limits.Lthreads; row < limits.Threads; row++)
            if (s.Status[row].Value == ThreadStatus.Sending && s.Esi[row].Value == 0)
                s.Esi[row] = s.Id[s.Partner[row]];

        // A line without a handler is masked, except for the kernel's lines, which never are.
        for (var id = 1u; id <= Interrupts.Lines; id++)
            if (s.Handler[id].Value == State<Concrete>.Nobody)
                s.Masked = Interrupts.IsUsers<Concrete>(id)
                    ? s.Masked | Interrupts.Bit<Concrete>(id)
                    : s.Masked & ~Interrupts.Bit<Concrete>(id);
    }
}
