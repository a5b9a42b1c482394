using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>
/// An operation on address spaces as its caller asked for it: the pages, their tasks, and the change of each page. The
/// model applies it page by page, so that the spaces between two pages are known as well. (Interface, sections 5 and
/// 11.)
/// </summary>
/// <param name="Count">The number of pages.</param>
/// <param name="At">
/// The pages, in order. A map operation pairs each source with its destination; other operations pair each page with
/// itself.
/// </param>
/// <param name="Change">The change of one page.</param>
public sealed record SpaceOperation(
    int Count,
    Func<int, (Place Source, Place Destination)> At,
    Action<Spaces, Place, Place> Change
)
{
    private const uint Ports = 0xF0;

    /// <summary>Applies the operation to one page. A page that is not mapped changes nothing.</summary>
    public void Apply(Spaces spaces, int number)
    {
        var (source, destination) = At(number);
        if (spaces.Has(source))
            Change(spaces, source, destination);
    }

    /// <summary>
    /// The pages of an fpage: <c>base[31:12] s[7:2]</c>. A page of ports has 16 ports. An invalid fpage has no pages.
    /// </summary>
    public static (ulong First, ulong Count, bool IsOfPorts) Range(uint fpage)
    {
        var (size, isOfPorts) = ((int)(fpage >> 2 & 0x3F), fpage >> 24 == Ports);
        var (least, most) = isOfPorts ? (4, 16) : (12, 32);
        if (size < least || size > most)
            return default;
        var (first, count) = ((ulong)(fpage >> 12), 1UL << size - least);
        return first % count == 0 ? (first, count, isOfPorts) : default;
    }

    /// <summary>The fpage_unmap of a caller.</summary>
    public static SpaceOperation Unmap(State<Concrete> s, uint caller)
    {
        var (task, mask) = (Reading<Concrete>.TaskOf(s, caller).Value, s.Ecx[caller].Value);
        var (own, removes) = (mask >> 31 != 0, (mask & 2) != 0);
        var (first, count, _) = Range(s.Eax[caller].Value);
        var (start, pages) = OfKind(s, first, count);
        return new(
            pages,
            i => (new(task, start + (uint)i), new(task, start + (uint)i)),
            (spaces, place, _) =>
            {
                if (removes)
                    spaces.Flush(place, own);
                else
                    spaces.Reduce(place, own);
            }
        );
    }

    /// <summary>
    /// The map item of a giver for a receiver: the send base and send fpage in the giver's words. If fpage and window
    /// differ in size, the hot spot selects the place of the smaller one in the larger one. Ports keep their places.
    /// </summary>
    public static SpaceOperation Map(State<Concrete> s, uint giver, uint taker)
    {
        var (hot, item) = (s.Edx[giver].Value >> 12, s.Ebx[giver].Value);
        var window = s.Faulting[taker].Value == 1 ? 32u << 2 : s.Ebp[taker].Value;
        var (from, to) = (Reading<Concrete>.TaskOf(s, giver).Value, Reading<Concrete>.TaskOf(s, taker).Value);
        var (sent, taken) = (Range(item), Range(window));
        var (isWritable, isGrant) = ((item & 2) != 0, (item & 1) != 0);
        var (first, second, count) = Pairs(s, sent, taken, hot);
        return new(
            count,
            i => (new(from, first + (uint)i), new(to, second + (uint)i)),
            (spaces, source, destination) =>
            {
                if (isGrant)
                    spaces.Grant(source, destination, isWritable);
                else
                    spaces.Map(source, destination, isWritable);
            }
        );
    }

    /// <summary>
    /// The deletion of a task and of all tasks below it, except the caller's. Every page is removed, with all pages
    /// derived from it.
    /// </summary>
    public static SpaceOperation Delete(State<Concrete> s, uint target, Spaces spaces)
    {
        var deleted = Clan(s, target);
        Place[] places = [.. spaces.Links.Keys.Where(place => deleted.Contains(place.Task))];
        return new(places.Length, i => (places[i], places[i]), (now, place, _) => now.Flush(place, own: true));
    }

    /// <summary>A task and all tasks below it.</summary>
    public static IReadOnlySet<uint> Clan(State<Concrete> s, uint target)
    {
        HashSet<uint> clan = [target];
        for (var before = 0; before != clan.Count; )
        {
            before = clan.Count;
            for (var task = 1u; task < s.Limits.Tasks; task++)
                if (clan.Contains(s.Mappings.Chief[task].Value))
                    clan.Add(task);
        }

        return clan;
    }

    private static (uint Source, uint Destination, int Count) Pairs(
        State<Concrete> s,
        (ulong First, ulong Count, bool IsOfPorts) sent,
        (ulong First, ulong Count, bool IsOfPorts) taken,
        uint hot
    )
    {
        if (sent.Count == 0 || taken.Count == 0)
            return default;
        if (sent.IsOfPorts)
        {
            // One of the two ranges contains the other, or they are disjoint. The pages are those in both.
            var (from, window) = (Folded(s, sent.First), Folded(s, taken.First));
            var (both, end) = (Math.Max(from, window), Math.Min(from + sent.Count, window + taken.Count));
            var (port, ports) = both < end ? OfKind(s, both, end - both) : default;
            return (port, port, ports);
        }

        var (source, destination, count) =
            sent.Count <= taken.Count
                ? (sent.First, taken.First + hot % taken.Count / sent.Count * sent.Count, sent.Count)
                : (sent.First + hot % sent.Count / taken.Count * taken.Count, taken.First, taken.Count);
        var (first, most) = OfKind(s, source, count);
        var (second, room) = OfKind(s, destination, count);
        var users = s.Limits.Paging.UserPages;
        return first < users && second < users ? (first, second, Math.Min(most, room)) : default;
    }

    // The pages from the first one on, as long as they are all memory or all ports.
    private static (uint First, int Count) OfKind(State<Concrete> s, ulong first, ulong count)
    {
        var paging = s.Limits.Paging;
        first = Folded(s, first);
        var end =
            first < paging.UserPages ? paging.UserPages
            : first < paging.UserPages + paging.Ports ? paging.UserPages + paging.Ports
            : first;
        return ((uint)first, (int)Math.Min(count, end - first));
    }

    // A small model's spaces have fewer pages than the processor's, so only the low bits of the number count.
    private static ulong Folded(State<Concrete> s, ulong page) => page % s.Limits.Paging.Pages;
}
