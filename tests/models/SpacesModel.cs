using System.Collections.Immutable;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;

namespace Verified.Tests.Models;

/// <summary>
/// Address spaces as in appendix A of "On µ-Kernel Construction" (<see cref="Spaces"/>), and the tasks that have them.
/// The paper's spaces have no size, so the model counts the limited resources (interface, 11.13 and 11.14).
/// </summary>
/// <param name="Links">The source of each mapped page, and whether the page is writable.</param>
/// <param name="Tables">The page tables of tasks, by slot.</param>
/// <param name="Chiefs">The chief of each task.</param>
/// <param name="Alive">The tasks with a thread.</param>
/// <param name="Case">The kind of the last command.</param>
/// <param name="Answer">The codes of giver and taker of the last map item; null if there was none.</param>
public sealed record SpacesModel(
    ImmutableDictionary<Place, Link> Links,
    ImmutableHashSet<(uint Task, uint Slot)> Tables,
    ImmutableDictionary<uint, uint> Chiefs,
    ImmutableHashSet<uint> Alive,
    string Case,
    (uint Giver, uint Taker)? Answer
) : IModel
{
    public const uint Sigma0 = 2,
        Driver = 4;

    private const uint Done = 0x00,
        Mapped = 0x02,
        TakerFailed = 0x62,
        GiverFailed = 0x70,
        MostDepth = 255;

    private static readonly Paging Paging = new(8, 64, 16)
    {
        Entries = 4,
        Slots = 16,
        Ports = 4,
    };

    /// <summary>Spaces of 60 pages and 4 groups of ports; mappings and page tables are soon used up.</summary>
    public static readonly Limits Limits = new(8, 1, 4) { Paging = Paging };

    /// <summary>The tasks whose threads map: σ0, and three others of which task 6 is below task 5.</summary>
    public static readonly IReadOnlyList<uint> Mappers = [Sigma0, 5, 6, 7];

    public static SpacesModel Of(State<Concrete> s) =>
        new(
            ImmutableDictionary<Place, Link>.Empty,
            [
                .. Enumerable
                    .Range(1, (int)Paging.Tables - 1)
                    .Select(table => (uint)table)
                    .Where(table => s.Mappings.TableTask[table].Value != 0)
                    .Select(table => (s.Mappings.TableTask[table].Value, s.Mappings.TableSlot[table].Value)),
            ],
            Enumerable
                .Range(1, 7)
                .ToImmutableDictionary(task => (uint)task, task => s.Mappings.Chief[(uint)task].Value),
            [.. Mappers, Driver],
            "",
            null
        );

    public static bool IsFrame(uint page) =>
        page is > 0 and < 8 || (page >= Paging.UserPages && page < Paging.UserPages + Paging.Ports);

    public override string ToString() => Case;

    public Spaces ToSpaces() => new(IsFrame, Links);

    /// <summary>A message whose item is not taken.</summary>
    public SpacesModel TakesNothing() => this with { Case = "map: nothing is taken", Answer = (Done, Done) };

    /// <summary>A map item of a giver, taken into a window, or as the answer to a fault (the whole space).</summary>
    public SpacesModel Map(uint from, uint to, uint hot, uint item, uint window, bool answers)
    {
        var takes = (answers || SpaceOperation.Range(window).Count != 0) && from != to && to != Sigma0;
        if (!takes)
            return TakesNothing();
        var scratch = Boot.Initial(Limits, []);
        (scratch.Edx[from], scratch.Ebx[from], scratch.Ebp[to]) = (hot, item, window);
        scratch.Faulting[to] = answers ? 1u : 0u;
        var (operation, spaces, tables) = (SpaceOperation.Map(scratch, from, to), ToSpaces(), Tables);
        var (done, grants) = (0, (item & Fpage.Grant) != 0);
        for (var i = 0; i < operation.Count; i++)
        {
            var (source, destination) = operation.At(i);
            if (!spaces.Has(source))
                continue;
            var slot = (destination.Task, destination.Page / Paging.Entries);
            if (!tables.Contains(slot) && tables.Count == Paging.Tables - 1)
                return Failed(spaces, tables, done);
            tables = tables.Add(slot);
            if (spaces.Has(destination))
                spaces.Flush(destination, own: true);
            if (!spaces.Has(source))
                continue;
            if ((!grants || source.Task == Sigma0) && IsFull(spaces, source))
                return Failed(spaces, tables, done);
            operation.Apply(spaces, i);
            done++;
        }

        var name =
            (answers ? "answer: " : "map: ")
            + (
                done == 0 ? "no page"
                : grants ? "grant"
                : "map"
            );
        return this with { Links = Copy(spaces), Tables = tables, Case = name, Answer = (Done, Mapped) };
    }

    private SpacesModel Failed(Spaces spaces, ImmutableHashSet<(uint, uint)> tables, int done) =>
        this with
        {
            Links = Copy(spaces),
            Tables = tables,
            Answer = (GiverFailed, TakerFailed),
            Case = done == 0 ? "map: fails at once" : "map: fails after some pages",
        };

    private static bool IsFull(Spaces spaces, Place source)
    {
        var depth = 0;
        for (var at = source; at.Task != Sigma0; at = spaces.Links[at].From)
            depth++;
        return spaces.Links.Count == Paging.Nodes - Paging.Roots || depth == MostDepth;
    }

    /// <summary>fpage_unmap of a task.</summary>
    public SpacesModel Unmap(uint task, uint fpage, uint mask)
    {
        var scratch = Boot.Initial(Limits, []);
        (scratch.Eax[task], scratch.Ecx[task]) = (fpage, mask);
        var (operation, spaces) = (SpaceOperation.Unmap(scratch, task), ToSpaces());
        for (var i = 0; i < operation.Count; i++)
            operation.Apply(spaces, i);
        var after = Copy(spaces);
        var name =
            after.Count < Links.Count ? "unmap: pages go"
            : after.Any(link => link.Value != Links[link.Key]) ? "unmap: pages become read-only"
            : operation.Count == 0 ? "unmap: invalid fpage"
            : "unmap: no page";
        return this with { Links = after, Case = name, Answer = null };
    }

    /// <summary>task_new of the driver: the task with all tasks below it is deleted, and it begins anew.</summary>
    public SpacesModel Renew(uint task)
    {
        if (task > 7 || Chiefs.GetValueOrDefault(task) != Driver)
            return this with { Case = "renew: another's task", Answer = null };
        HashSet<uint> clan = [task];
        while (Chiefs.Any(each => clan.Contains(each.Value) && clan.Add(each.Key))) { }

        var spaces = ToSpaces();
        foreach (var place in Links.Keys.Where(place => clan.Contains(place.Task)))
            spaces.Flush(place, own: true);
        return this with
        {
            Links = Copy(spaces),
            Tables = [.. Tables.Where(table => !clan.Contains(table.Task))],
            Chiefs = Chiefs.SetItems(clan.Select(each => KeyValuePair.Create(each, Driver))),
            Alive = Alive.Except(clan).Add(task),
            Case =
                !Alive.Contains(task) ? "renew: an inactive task"
                : clan.Count > 1 ? "renew: a clan"
                : "renew: a task",
            Answer = null,
        };
    }

    private static ImmutableDictionary<Place, Link> Copy(Spaces spaces) => spaces.Links.ToImmutableDictionary();
}
