using Verified.Proofs.Checker;

namespace Verified.Proofs.Check;

/// <summary>
/// A system for comparing model checkers: synchronous ipc of a few threads, and the pages that they map to each other.
/// Thread i is in task i modulo the number of tasks.
/// </summary>
/// <param name="threads">How many threads; at least two.</param>
/// <param name="tasks">How many tasks.</param>
/// <param name="pages">How many pages; the first task has them all at the beginning.</param>
/// <param name="rights">Whether a mapping may be read-only.</param>
/// <param name="forgetsChildren">A defect: if a page is granted, its derived mappings stay with the old owner.</param>
public sealed partial class MiniL4(int threads, int tasks, int pages, bool rights, bool forgetsChildren = false)
{
    // Columns.
    private const int Status = 0,
        Queue = 1,
        Parent = 2,
        Right = 3;

    // Statuses: first these, then the statuses of receiving from a given thread, then those of sending. The statuses of
    // sending give the receiver, whether it is a call, and the item.
    private const int Ready = 0,
        ReceivesAny = 1,
        FirstFrom = 2;

    private int FirstSend => FirstFrom + threads;

    private int None => tasks;

    private int Root => tasks + 1;

    private int Kinds => rights ? 3 : 2;

    private int Items => 1 + pages * Kinds;

    /// <summary>The configurations of the comparison, by name, with their counts of states and transitions.</summary>
    public static readonly IReadOnlyList<(string Name, MiniL4 System, long States, long Transitions)> All =
    [
        ("XS", new(2, 2, 1, true), 534, 2_430),
        ("S", new(3, 3, 1, true), 415_872, 2_344_176),
        ("Q", new(4, 2, 1, false), 1_792_132, 12_009_048),
        ("M", new(3, 3, 2, false), 5_378_016, 29_038_368),
        ("L", new(3, 3, 2, true), 87_629_256, 483_814_080),
    ];

    /// <summary>The system: a step for each thread.</summary>
    public CellSystem System =>
        new(
            $"minil4 {threads} {tasks} {pages}",
            [
                new("status", threads, FirstSend + threads * 2 * Items),
                new("queue", threads, (int)Math.Pow(threads + 1, threads - 1)),
                new("parent", pages * tasks, tasks + 2),
                .. rights ? (CellColumn[])[new("right", pages * tasks, 2)] : [],
            ],
            cells =>
            {
                for (var page = 0; page < pages; page++)
                for (var task = 0; task < tasks; task++)
                {
                    cells[Parent, page * tasks + task] = task == 0 ? Root : None;
                    if (rights)
                        cells[Right, page * tasks + task] = task == 0 ? 1 : 0;
                }
            },
            [.. Enumerable.Range(0, threads).Select(thread => (Func<Cells, bool>)(cells => Acts(cells, thread)))],
            [
                new("queue", "a queue contains each sender to its thread once", c =>
                    Each(threads, j => QueueHolds(c, j))
                ),
                new("meet", "no thread waits for a thread that waits to send to it", c =>
                    Each(threads, j => Meets(c, j))
                ),
                .. Enumerable
                    .Range(0, pages)
                    .SelectMany(page =>
                        (CellInvariant[])
                            [
                                new($"tree {page}", "a page has one root, and each mapping comes from it", c =>
                                    IsTree(c, page)
                                ),
                                .. rights
                                    ? (CellInvariant[])
                                        [
                                            new($"rights {page}", "no mapping has more rights than its parent", c =>
                                                Shrinks(c, page)
                                            ),
                                        ]
                                    : [],
                            ]
                    ),
            ]
        );

    private bool Acts(Cells c, int me)
    {
        var status = c[Status, me];
        if (status != Ready)
        {
            if (status >= FirstSend)
                Remove(c, (status - FirstSend) / (2 * Items), me);
            c[Status, me] = Ready;
            return true;
        }

        switch (c.Choose(3))
        {
            case 0:
                ReceiveAny(c, me);
                return true;
            case 1:
                return Maps(c, me);
        }

        var other = c.Choose(threads - 1);
        if (other >= me)
            other++;
        return c.Choose(3) switch
        {
            0 => ReceiveFrom(c, me, other),
            1 => Sends(c, me, other),
            _ => Replies(c, me, other),
        };
    }

    private bool ReceiveFrom(Cells c, int me, int from)
    {
        var status = c[Status, from];
        if (status >= FirstSend && (status - FirstSend) / (2 * Items) == me)
            Accept(c, me, from);
        else
            c[Status, me] = FirstFrom + from;
        return true;
    }

    private bool Sends(Cells c, int me, int to)
    {
        var item = c.Choose(Items);
        if (!Has(c, me, item))
            return false;
        var call = c.Choose(2);
        if (c[Status, to] is var status && (status == ReceivesAny || status == FirstFrom + me))
        {
            Deliver(c, me, to, item);
            c[Status, to] = Ready;
            c[Status, me] = call == 1 ? FirstFrom + to : Ready;
            return true;
        }

        c[Status, me] = FirstSend + (to * 2 + call) * Items + item;
        var (queue, place) = (c[Queue, to], 1);
        while (queue / place % (threads + 1) != 0)
            place *= threads + 1;
        c[Queue, to] = queue + place * (me + 1);
        return true;
    }

    private bool Replies(Cells c, int me, int to)
    {
        if (c[Status, to] != FirstFrom + me)
            return false;
        var item = c.Choose(Items);
        if (!Has(c, me, item))
            return false;
        Deliver(c, me, to, item);
        c[Status, to] = Ready;
        ReceiveAny(c, me);
        return true;
    }

    private void ReceiveAny(Cells c, int me)
    {
        var first = c[Queue, me] % (threads + 1);
        if (first != 0)
            Accept(c, me, first - 1);
        else
            c[Status, me] = ReceivesAny;
    }

    private void Accept(Cells c, int me, int from)
    {
        var message = c[Status, from] - FirstSend;
        Remove(c, me, from);
        Deliver(c, from, me, message % Items);
        c[Status, from] = message / Items % 2 == 1 ? FirstFrom + me : Ready;
    }

    // A thread leaves a queue, and those behind it move up.
    private void Remove(Cells c, int of, int thread)
    {
        var (queue, place) = (c[Queue, of], 1);
        while (queue / place % (threads + 1) != thread + 1)
            place *= threads + 1;
        c[Queue, of] = queue % place + queue / place / (threads + 1) * place;
    }

    // An item is nothing, or a page with an operation: 0 mapped, 1 granted, 2 mapped read-only.
    private bool Has(Cells c, int thread, int item) =>
        item == 0 || c[Parent, (item - 1) / Kinds * tasks + thread % tasks] != None;

    private void Deliver(Cells c, int from, int to, int item)
    {
        var (source, destination) = (from % tasks, to % tasks);
        if (item == 0 || source == destination)
            return;
        var (page, kind) = ((item - 1) / Kinds * tasks, (item - 1) % Kinds);
        if (c[Parent, page + source] == None || c[Parent, page + destination] != None)
            return;
        if (kind != 1)
        {
            c[Parent, page + destination] = source;
            if (rights)
                c[Right, page + destination] = kind == 0 ? c[Right, page + source] : 0;
            return;
        }

        for (var task = 0; task < tasks && !forgetsChildren; task++)
            if (task != destination && c[Parent, page + task] == source)
                c[Parent, page + task] = destination;
        c[Parent, page + destination] = c[Parent, page + source];
        c[Parent, page + source] = None;
        if (!rights)
            return;
        c[Right, page + destination] = c[Right, page + source];
        c[Right, page + source] = 0;
    }

    // Takes a page from all tasks that have it from this one, and on request from this task itself; or takes only the
    // right to write it.
    private bool Maps(Cells c, int me)
    {
        var (page, task) = (c.Choose(pages) * tasks, me % tasks);
        var parent = c[Parent, page + task];
        if (parent == None)
            return false;
        var how = c.Choose(rights ? 3 : 2);
        if (how == 1 && parent == Root)
            return false;
        var derived = Derived(c, page, task);
        for (var other = 0; other < tasks; other++)
        {
            if (other == task ? how != 1 : !derived[other])
                continue;
            if (how != 2)
                c[Parent, page + other] = None;
            if (rights)
                c[Right, page + other] = 0;
        }

        return true;
    }

    // The tasks that have a page from a given task, directly or indirectly, and this task itself.
    private bool[] Derived(Cells c, int page, int from)
    {
        var derived = new bool[tasks];
        derived[from] = true;
        for (var round = 1; round < tasks; round++)
        for (var task = 0; task < tasks; task++)
            if (!derived[task] && c[Parent, page + task] is var parent && parent < tasks && derived[parent])
                derived[task] = true;
        return derived;
    }
}
