using Verified.Proofs.Checker;

namespace Verified.Proofs.Check;

/// <summary>The invariants of queues and mappings.</summary>
public sealed partial class MiniL4
{
    private static bool Each(int count, Func<int, bool> holds) => Enumerable.Range(0, count).All(holds);

    private bool QueueHolds(Cells c, int of)
    {
        var counts = new int[threads];
        for (var queue = c[Queue, of]; queue != 0; queue /= threads + 1)
            if (queue % (threads + 1) is var thread and > 0)
                counts[thread - 1]++;
        return Each(threads, k => counts[k] == (SendsTo(c, k, of) ? 1 : 0));
    }

    private bool Meets(Cells c, int thread)
    {
        var status = c[Status, thread];
        return (status != ReceivesAny || c[Queue, thread] == 0)
            && (status < FirstFrom || status >= FirstSend || !SendsTo(c, status - FirstFrom, thread));
    }

    private bool SendsTo(Cells c, int thread, int to) =>
        c[Status, thread] is var status && status >= FirstSend && (status - FirstSend) / (2 * Items) == to;

    private bool IsTree(Cells c, int page)
    {
        var roots = Enumerable.Range(0, tasks).Where(task => c[Parent, page * tasks + task] == Root).ToList();
        if (roots.Count != 1)
            return false;
        var derived = Derived(c, page * tasks, roots[0]);
        return Each(tasks, task => c[Parent, page * tasks + task] == None || derived[task]);
    }

    private bool Shrinks(Cells c, int page) => Each(tasks, task =>
        {
            var (parent, right) = (c[Parent, page * tasks + task], c[Right, page * tasks + task]);
            return parent == Root || right == 0 || (parent != None && c[Right, page * tasks + parent] == 1);
        });
}
