using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Diff;

/// <summary>
/// A comparison may start in a state in which a task_new is unfinished, because its caller was preempted. Any thread
/// that maps or unmaps then finishes it, and so starts a thread.
/// </summary>
public class UnfinishedTaskNewTests
{
    private const int Wanted = 3,
        FirstFree = 8;

    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    [Fact]
    public void Another_thread_finishes_it_and_starts_the_new_thread()
    {
        var duel = new Duel(new ImageMachine(Image));
        var finished = 0;
        for (var seed = 1; finished < Wanted; seed++)
        {
            Assert.InRange(seed, 1, 100);
            var generator = new Generator(seed, Image.Limits);
            var state = generator.Population();
            if (!Begin(state))
                continue;
            Assert.Null(duel.Place(state));
            finished += Finishes(duel, generator) ? 1 : 0;
        }
    }

    /// <summary>Another thread than the current one has begun to replace a task that has no threads.</summary>
    private static bool Begin(State<Concrete> s)
    {
        var (limits, m) = (s.Limits, s.Mappings);
        var rows = Enumerable.Range(1, (int)limits.Threads - 1).Select(row => (uint)row).ToArray();

        // A thread of higher priority gets the processor before the owner.
        var ready = rows.Where(row => s.Status[row].Value == ThreadStatus.Ready).ToArray();
        var owner = ready.OrderBy(row => s.Priority[row].Value).FirstOrDefault();
        var task = Enumerable
            .Range(FirstFree, (int)limits.Tasks - FirstFree)
            .Select(number => (uint)number)
            .FirstOrDefault(number =>
                rows.All(row => row / limits.Lthreads != number || s.Status[row].Value == ThreadStatus.Inactive)
            );
        if (task == 0 || m.Operation.Value != Operations.None || s.Stage.Value != Stages.Pick)
            return false;
        if (ready.All(row => s.Priority[row].Value == s.Priority[owner].Value))
            return false;
        (m.Operation, m.Owner, m.Target, m.Source) = (Operations.Delete, owner, task, task);
        (m.Item, m.Left, m.Pass, m.Cursor) = (Fpage.Own | Fpage.Unmap, 0, Passes.Clan, 0);
        (m.Chief[task], m.Doomed[task]) = (owner / limits.Lthreads, 1);
        (s.Status[owner], s.Partner[owner]) = (ThreadStatus.Mapping, State<Concrete>.Nobody);
        (s.Ebx[owner], s.Eax[owner]) = (s.Id[owner], 0);
        return true;
    }

    private static bool Finishes(Duel duel, Generator generator)
    {
        for (var tries = 0; tries < 2_000; tries++)
        {
            var e = generator.Next(duel.State, duel.Threads);
            if (e.Entry != Entry.FpageUnmap)
                continue;
            var threads = duel.Threads.Count(thread => duel.State.Status[thread].Value != ThreadStatus.Inactive);
            Assert.Null(duel.Step(e));
            var hasStarted =
                duel.Threads.Count(thread => duel.State.Status[thread].Value != ThreadStatus.Inactive) > threads;
            Assert.Null(duel.Return());
            if (hasStarted)
                return true;
        }

        return false;
    }
}
