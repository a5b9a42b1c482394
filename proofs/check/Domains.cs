using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// The values that columns of threads and tasks can have in a model: the values at boot, and those that its entries can
/// set.
/// </summary>
internal sealed class Domains(Model model)
{
    private readonly State<Concrete> _boot = model.Initial();

    /// <summary>The row of a deleted thread contains zeros.</summary>
    private readonly uint[] _blank = model.Creates ? [0] : [];

    /// <summary>Threads, and row 0.</summary>
    public uint[] Numbers { get; } = [State<Concrete>.Nobody, .. model.Rows];

    /// <summary>The priorities of all threads, including threads whose priority is copied.</summary>
    public uint[] Priorities =>
        OfThreads(
            _boot.Priority,
            model.Also.Contains(Entry.ThreadSchedule)
                ? Scheduled.Select(param => ScheduleParam.Priority((Concrete)param).Value)
                : []
        );

    private uint[] Quanta => OfThreads(_boot.Quantum, model.Lengths);

    /// <summary>The values of a thread's slice: up to the model's bound, and infinite if that is a length.</summary>
    public uint[] SlicesOf(uint row) =>
        [
            .. Enumerable.Range(0, (int)model.SliceBound + 1).Select(i => (uint)i),
            .. QuantaOf(row).Where(length => length == ScheduleParam.Infinite),
        ];

    /// <summary>
    /// The priorities of one thread: only its own if the model neither schedules nor creates threads.
    /// </summary>
    public uint[] PrioritiesOf(uint row) => Changes ? Priorities : [_boot.Priority[row].Value];

    /// <inheritdoc cref="PrioritiesOf"/>
    public uint[] QuantaOf(uint row) => Changes ? Quanta : [_boot.Quantum[row].Value];

    /// <summary>The highest priorities that threads may give.</summary>
    public uint[] Mcps =>
        OfThreads(
            _boot.Mcp,
            !model.Creates
                ? []
                : In(Entry.TaskNew, nameof(_boot.Eax))
                    .SelectMany(given => model.Rows.Select(row => Math.Min(given, _boot.Mcp[row].Value)))
        );

    public uint[] Pagers =>
        OfThreads(
            _boot.Pager,
            [.. Given(Entry.LthreadExRegs, nameof(_boot.Esi)), .. Given(Entry.TaskNew, nameof(_boot.Ebx))]
        );

    public uint[] Preempters => OfThreads(_boot.Preempter, Given(Entry.LthreadExRegs, nameof(_boot.Ebx)));

    /// <summary>The ids that a thread may have, from its task's versions and chiefs.</summary>
    public uint[] IdsOf(uint row)
    {
        if (!model.Creates)
            return [_boot.Id[row].Value];
        var task = _boot.Task(row).Value;
        return
        [
            .. VersionsOf(task)
                .SelectMany(version => Chiefs.Select(chief => ThreadId.Make<Concrete>(chief, task, 0, version).Value))
                .Prepend(_boot.Id[row].Value)
                .Prepend(ThreadId.Nil)
                .Distinct(),
        ];
    }

    public uint[] VersionsOf(uint task) => [.. model.Versions.Prepend(_boot.Mappings.Version[task].Value).Distinct()];

    /// <summary>The tasks that may be chiefs: the tasks with threads.</summary>
    public uint[] Chiefs => [.. model.Rows.Select(row => _boot.Task(row).Value).Distinct()];

    /// <summary>The tasks that can be created.</summary>
    public uint[] Tasks =>
        !model.Creates
            ? []
            :
            [
                .. Enumerable
                    .Range(0, (int)model.Limits.Tasks)
                    .Select(task => (uint)task)
                    .Where(task => _boot.Mappings.Chief[task].Value != 0),
            ];

    /// <summary>Numbers of small spaces, and 0.</summary>
    public uint[] Smalls =>
        !model.Also.Contains(Entry.ThreadSchedule)
            ? [0]
            :
            [
                .. Scheduled
                    .Select(param => ScheduleParam.Small((Concrete)param))
                    .Where(small => ScheduleParam.IsSmall(small).Known)
                    .Select(small => small.Value)
                    .Prepend(0u)
                    .Distinct(),
            ];

    /// <summary>The pages that the model's fpages name, and the pages mapped at boot.</summary>
    public uint[] Pages
    {
        get
        {
            var (m, paging) = (_boot.Mappings, model.Limits.Paging);
            return
            [
                .. Fpages
                    .SelectMany(fpage =>
                        Enumerable
                            .Range(0, (int)Fpage.Pages((Concrete)fpage).Value)
                            .Select(i => (Fpage.Page((Concrete)fpage).Value + (uint)i) & (paging.Pages - 1))
                    )
                    .Concat(
                        Enumerable
                            .Range(1, (int)paging.Nodes - 1)
                            .Where(node => m.Space[(uint)node].Value != 0)
                            .Select(node => m.Page[(uint)node].Value)
                    )
                    .Prepend(0u)
                    .Distinct(),
            ];
        }
    }

    /// <summary>The slots of the page tables of those pages.</summary>
    public uint[] Slots => [.. Pages.Select(page => page / model.Limits.Paging.Entries).Distinct()];

    /// <summary>The most pages that are left of an operation.</summary>
    public uint MostLeft =>
        Math.Max(
            Fpages.Max(fpage => Fpage.Pages((Concrete)fpage).Value),
            model.Creates ? model.Limits.Paging.Entries : 0
        );

    // Map items, windows and unmapped fpages; none of them is the whole space.
    private IEnumerable<uint> Fpages =>
        In(Entry.Ipc, nameof(_boot.Ebx))
            .Concat(In(Entry.Ipc, nameof(_boot.Ebp)))
            .Concat(Given(Entry.FpageUnmap, nameof(_boot.Eax)))
            .Where(fpage => Fpage.IsValid((Concrete)fpage).Known);

    /// <summary>
    /// The trap addresses of a thread: those that it may give, and the address behind an INT 80h at its first
    /// instruction. A model does not follow EIP, so INT 80h is always there.
    /// </summary>
    public uint[] TrapAddressesOf(uint row) =>
        [.. Given(Entry.ExchangeTrap, nameof(_boot.Eax)).Append(0u).Append(_boot.Eip[row].Value + 2).Distinct()];

    private bool Changes => model.Creates || model.Also.Contains(Entry.ThreadSchedule);

    private IEnumerable<uint> Scheduled =>
        In(Entry.ThreadSchedule, nameof(_boot.Eax)).Where(param => param != ThreadId.Invalid);

    private uint[] In(Entry entry, string register) => model.Arguments.In(entry, register);

    private uint[] Given(Entry entry, string register) => model.Also.Contains(entry) ? In(entry, register) : [];

    private uint[] OfThreads(Column<Concrete> column, IEnumerable<uint> given) =>
        [.. model.Threads.Select(thread => column[_boot.Row(thread.Id)].Value).Concat(given).Concat(_blank).Distinct()];
}
