using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// States that the invariants of tasks must exclude. In most, the first thread, of task 1, deletes task 3, which has a
/// page and no thread.
/// </summary>
internal static class ExcludedTasks
{
    private const uint Owner = 2,
        Mine = 1,
        Sigma0 = 2,
        Target = 3,
        Thread = 6,
        Page = 9;

    public static IEnumerable<Excluded> All =>
        [
            Of("chief-is-another", (_, m) => m.Chief[Mine] = Mine),
            Of("chief-is-another", (s, m) => m.Chief[Mine] = s.Limits.Tasks),
            Of("chief-is-another", (_, m) => m.Chief[0] = Mine),
            Of("chief-is-another", (_, m) => m.Chief[Sigma0] = Mine),
            Of("id-has-version", (_, m) => m.Version[Mine] = 2),
            Of("doomed-has-chief", (_, m) => (m.Chief[Target], m.Doomed[Target]) = (Mine, 1)),
            Deleting("doomed-has-chief", Passes.Clan, 0, (_, m) => m.Doomed[Sigma0] = 1),
            Deleting("doomed-has-chief", Passes.Clan, 0, (_, m) => (m.Chief[Mine], m.Doomed[Mine]) = (Target, 1)),
            Deleting("doomed-has-chief", Passes.Return, Target, (_, m) =>
                (m.Chief[Sigma0], m.Doomed[Sigma0]) = (Mine, 1)
            ),
            Deleting("clan-is-doomed", Passes.Threads, 0, (_, m) => m.Chief[Sigma0] = Target),
            Deleting("clan-is-doomed", Passes.Clan, Target, (_, m) => m.Chief[Sigma0] = Target),
            Deleting("clan-is-doomed", Passes.Create, 0, (_, m) => m.Chief[Sigma0] = Target),
            Deleting("doomed-is-gone", Passes.Waiters, 0, (s, _) => s.Status[Thread] = ThreadStatus.Ready),
            Deleting("doomed-is-gone", Passes.Threads, Thread + 1, (s, _) => s.Status[Thread] = ThreadStatus.Ready),
            new("first-thread-is-there", s => s.Status[Thread + 1] = ThreadStatus.Ready),
            new("doomed-is-awaited", s => (s.Status[Owner], s.Partner[Owner]) = (ThreadStatus.ReceivingFrom, Thread)),
            Deleting("partner-active", Passes.Tables, 0, Await),
            Deleting("partner-active", Passes.Waiters, Owner + 2, Await),
            Deleting("partner-active", Passes.Threads, 0, (s, _) =>
                (s.Status[Owner + 1], s.Partner[Owner + 1]) = (ThreadStatus.Giving, Thread)
            ),
            Deleting("tables-behind-are-kept", Passes.Tables, 7, (_, _) => { }),
            Deleting("tables-behind-are-kept", Passes.Return, 0, (_, _) => { }),
            AtTable("emptied-behind", Page + 1, (_, _) => { }),
            Deleting("deletion-in-range", Passes.Clan, 0, (_, m) => m.Doomed[Target] = 0),
            Deleting("deletion-in-range", Passes.Clan, 0, (_, m) => m.Item = Fpage.Unmap),
            Deleting("deletion-in-range", Passes.Clan, 0, (_, m) => m.Phase = Phases.Reduce),
            Deleting("deletion-in-range", Passes.Clan, 0, (_, m) => m.Left = 1),
            Deleting("deletion-in-range", Passes.Create + 1, 0, (_, _) => { }),
            Deleting("deletion-in-range", Passes.Clan, 4, (_, _) => { }),
            Deleting("deletion-in-range", Passes.Threads, 8, (_, _) => { }),
            Deleting("deletion-in-range", Passes.Tables, 8, (_, _) => { }),
            AtTable("table-is-doomed", 0, (_, m) => m.Source = Mine),
            AtTable("table-is-doomed", 0, (_, m) => m.Doomed[Target] = 0),
            AtTable("table-is-doomed", 0, (_, m) => m.SourcePage = 1),
            AtTable("table-is-doomed", 0, (s, m) => m.Left = s.Limits.Paging.Entries + 1),
        ];

    private static void Await(State<Concrete> s, Mappings<Concrete> m) =>
        (s.Status[Owner + 1], s.Partner[Owner + 1]) = (ThreadStatus.ReceivingFrom, Thread);

    private static Excluded Of(string invariant, Action<State<Concrete>, Mappings<Concrete>> damage) =>
        new(invariant, s => damage(s, s.Mappings));

    private static Excluded Deleting(
        string invariant,
        uint pass,
        uint cursor,
        Action<State<Concrete>, Mappings<Concrete>> damage
    ) => Of(invariant, (s, m) =>
        {
            s.Status[Owner] = ThreadStatus.Mapping;
            (m.Operation, m.Owner, m.Target, m.Source, m.Item) = (
                Operations.Delete,
                Owner,
                Target,
                Target,
                Fpage.Own | Fpage.Unmap
            );
            (m.Chief[Target], m.Doomed[Target], m.Pass, m.Cursor) = (Mine, 1, pass, cursor);
            damage(s, m);
        });

    // At the page table with the task's page, so many pages behind.
    private static Excluded AtTable(
        string invariant,
        uint behind,
        Action<State<Concrete>, Mappings<Concrete>> damage
    ) => Deleting(invariant, Passes.Table, 0, (s, m) =>
        {
            (m.Cursor, m.SourcePage, m.Left) = (s.TableOf(Target, Page), behind, s.Limits.Paging.Entries - behind);
            damage(s, m);
        });
}
