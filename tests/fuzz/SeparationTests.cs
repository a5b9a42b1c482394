using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Fuzz;

/// <summary>The checks of isolation examine executed steps, and notice violations.</summary>
public sealed class SeparationTests
{
    [Fact]
    public void A_register_of_a_third_thread_that_changes_is_found()
    {
        static void Damage(State<Concrete> s, Entry entry)
        {
            if (entry != Entry.IdNearest)
                return;
            for (var row = s.Limits.Lthreads; row < s.Limits.Threads; row++)
                if (s.Status[row].Value == ThreadStatus.Ready && row != s.Current.Value)
                    s.Edi[row] += 1;
        }

        var result = FuzzRun.Run(new(Limits: new(4, 4, 4), Damage: Damage, Properties: []));
        Assert.Equal("integrity", result.Failure?.Property);
        Assert.Contains("IdNearest changed Edi", result.Failure!.Why);
        Assert.Null(FuzzRun.Replay(result.Failure.Trace));
    }

    [Fact]
    public void Steps_depend_on_no_registers_of_threads_that_take_no_part() =>
        Assert.Equal(0, Leaks(steps: 4_000, (_, _) => { }));

    [Fact]
    public void A_register_of_a_third_thread_that_is_read_is_found() => Assert.True(Leaks(steps: 500, (s, entry) =>
            {
                if (entry == Entry.Ipc)
                    s.Eax[s.Current] = s.Ebx[(s.Current.Value + 1) % s.Limits.Threads];
            }) > 0);

    /// <summary>Of random steps, how many depend on registers of threads that take no part in them.</summary>
    private static int Leaks(int steps, Action<State<Concrete>, Entry> defect)
    {
        var limits = new Limits(4, 4, 4);
        var generator = new Generator(7, limits);
        var (tables, random, leaks) = (new FlatTables(limits), new Random(7), 0);
        var (s, kernel, separation) = (tables.State, new Kernel<Concrete>(tables.State), new Separation(tables));
        uint[] threads = [];
        for (var step = 0; step < steps; step++)
        {
            if (step % 64 == 0)
            {
                tables.Fill(generator.Population());
                threads =
                [
                    .. Enumerable
                        .Range((int)limits.Lthreads, (int)(limits.Threads - limits.Lthreads))
                        .Select(row => (uint)row)
                        .Where(row => s.Status[row].Value != ThreadStatus.Inactive),
                ];
            }

            Action act;
            Entry entry;
            if (Kernel<Concrete>.OwnStep(s.Stage.Value) is { } own)
                (entry, act) = (own, () => kernel.Step(own));
            else
            {
                var e = generator.Next(s, threads);
                if (e.Registers is { } registers && s.Stage.Value == Stages.User)
                    registers.Set(s, s.Current.Value);
                (entry, act) = (e.Entry, () => e.Apply(kernel, s));
            }

            void Both()
            {
                act();
                defect(s, entry);
            }

            if (
                separation.Confidentiality(entry, threads, Both, (_, _) => (uint)random.NextInt64(1L << 32)) is not null
            )
                leaks++;
            Both();
        }

        return leaks;
    }
}
