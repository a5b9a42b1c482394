using Verified.Kernel;
using Verified.Proofs.Events;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Registers = Verified.Proofs.Events.Registers;

namespace Verified.Proofs.Commands;

/// <summary>
/// The state of a refutation's case. The solver's values fill a state without threads and mappings, and the values that
/// the solver leaves open are chosen so that the invariants hold, if possible.
/// </summary>
/// <param name="Way">The way into the kernel.</param>
/// <param name="State">The state.</param>
/// <param name="Named">The cells whose values the solver gave.</param>
/// <param name="Others">The cells of the other state, for a theorem about two states.</param>
/// <param name="Memory">The solver's values of dwords that are no column of the state.</param>
internal sealed record CaseState(
    Way Way,
    State<Concrete> State,
    IReadOnlyList<Cell> Named,
    IReadOnlyList<Cell> Others,
    IReadOnlyList<Override> Memory
)
{
    /// <param name="layout">The image's layout.</param>
    /// <param name="theorem">The theorem's name.</param>
    /// <param name="refutation">Its refutation.</param>
    /// <param name="isCompleted">
    /// Whether values that complete the state may replace the solver's values in rows that it has given only partly.
    /// </param>
    public static CaseState Of(Layout layout, string theorem, Refutation refutation, bool isCompleted)
    {
        var way = WayOf(theorem);
        var state = Boot.Initial(layout.Limits, []);
        state.Stage = way.Stage;
        var (values, memory) = Values(layout, refutation);
        List<Cell> named = [.. values.Where(cell => Infos.ContainsKey(cell.Column))];
        Put();
        Complete(state);

        // The solver has chosen these values together with all others.
        if (!isCompleted)
            Put();
        if (way.FromUser && RegistersOf(refutation) is { } registers)
            registers.Set(state, state.Current);
        return new(way, state, named, [.. values.Except(named)], memory);

        void Put()
        {
            foreach (var (column, row, value) in named)
                if (column != nameof(State<Concrete>.Stage) && !(isCompleted && IsOfMappings(column)))
                    state.Columns.First(candidate => candidate.Info.Name == column).Column[row] = value;
        }
    }

    /// <summary>The rows of which the solver gave a value.</summary>
    public IEnumerable<(Table Table, uint Row)> Rows =>
        Named
            .Select(cell => (Infos[cell.Column].Table, cell.Row))
            .Where(row => row.Table != Table.Processor)
            .Distinct();

    /// <summary>The event that makes the step.</summary>
    public Event Step(Layout layout, Refutation refutation) =>
        new(
            Way.Step ?? Entry.IdNearest,
            IsOwn || Way.Stage == Stages.Idle ? null : Registers.Of(State, State.Current),
            refutation.Registers.GetValueOrDefault(
                "argument",
                Way.Step switch
                {
                    Entry.PageFault => AddressOf(layout, refutation),
                    Entry.Protection => refutation.Registers.GetValueOrDefault(ImageTheorem.CodeBytes),
                    _ => Way.Argument,
                }
            ),
            refutation.Registers.GetValueOrDefault("error-code"),
            Injected: !IsOwn && Way.Stage == Stages.User && Way.Step is not (Entry.Tick or Entry.Interrupt)
        );

    /// <summary>True if the kernel makes the step by itself.</summary>
    public bool IsOwn => Kernel<Concrete>.OwnStep(Way.Stage) is not null;

    // The offset that the user has used, computed from the linear address.
    private static uint AddressOf(Layout layout, Refutation refutation)
    {
        var high = refutation
            .Fields.Where(field => field.Column == $"{layout.DataSegment.Name}.{Layout.DescriptorHigh.Name}")
            .Select(field => field.Value)
            .FirstOrDefault(UserSegments.FlatHigh);
        return UserSegments.AddressOf<Concrete>(high, refutation.Registers.GetValueOrDefault("cr2")).Value;
    }

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
        return area == layout.Threads || area == layout.Interrupts
            ? Infos.ContainsKey(name)
                ? name
                : null
            : Mappings<Concrete>
                .Schema.Select(column => column.Name)
                .FirstOrDefault(column => layout.Mappings.Place(column) == (area, field));
    }

    private static readonly Dictionary<string, ColumnInfo> Infos = new State<Concrete>(
        Limits.Shipping,
        new ConcreteTables()
    ).Columns.ToDictionary(column => column.Info.Name, column => column.Info);

    // Mappings are in lists and trees, which cannot be completed row by row. So they are left out.
    private static bool IsOfMappings(string column) =>
        Infos[column].Table is var table
        && table != Table.Thread
        && table != Table.Interrupt
        && table != Table.Priority
        && table != Table.Processor;

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
                // The contract of the cut point leaves only these bits open.
                Of("eflags") & Flags.UserBits
                    | Flags.User
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
