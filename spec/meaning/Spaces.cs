using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>A page in a task's space.</summary>
public readonly record struct Place(uint Task, uint Page)
{
    public override string ToString() => $"page {Page:X}h of task {Task}";
}

/// <summary>The page from which a page is derived, and whether it is writable.</summary>
public readonly record struct Link(Place From, bool IsWritable);

/// <summary>
/// Address spaces as in "On µ-Kernel Construction" (SOSP 1995), appendix A: a space maps each page to a page of another
/// space, or to nothing. σ0's pages are frames. Every change is a "replace": flush the page, then write it. For this
/// reason no cycle can arise.
/// </summary>
/// <param name="isFrame">Whether a page of σ0's space is a frame that σ0 has.</param>
public sealed class Spaces(Func<uint, bool> isFrame)
{
    private const uint Sigma0 = 2;

    private readonly Dictionary<Place, Link> _links = [];

    // The pages that are derived directly from each page. It follows from the links, and is made at its first use.
    private Dictionary<Place, HashSet<Place>>? _directly;

    public IReadOnlyDictionary<Place, Link> Links => _links;

    public Spaces(Func<uint, bool> isFrame, IEnumerable<KeyValuePair<Place, Link>> links)
        : this(isFrame) => _links = new(links);

    public bool Has(Place place) => place.Task == Sigma0 ? isFrame(place.Page) : _links.ContainsKey(place);

    public bool IsWritable(Place place) => place.Task == Sigma0 || _links[place].IsWritable;

    /// <summary>All pages that were derived from a page, directly or indirectly.</summary>
    public IReadOnlyList<Place> DerivedFrom(Place place)
    {
        List<Place> derived = [.. Directly(place)];
        for (var i = 0; i < derived.Count; i++)
            derived.AddRange(Directly(derived[i]));
        return derived;
    }

    private HashSet<Place> Directly(Place place)
    {
        if (_directly is null)
        {
            _directly = [];
            foreach (var (derived, link) in _links)
                Derive(derived, link.From);
        }

        return _directly.GetValueOrDefault(place, []);
    }

    private void Derive(Place derived, Place from)
    {
        if (_directly is not null && !_directly.TryAdd(from, [derived]))
            _directly[from].Add(derived);
    }

    private void Add(Place place, Link link)
    {
        Remove(place);
        _links.Add(place, link);
        Derive(place, link.From);
    }

    private Link? Remove(Place place)
    {
        if (!_links.Remove(place, out var link))
            return null;
        _directly?[link.From].Remove(place);
        return link;
    }

    /// <summary>
    /// Removes the pages derived from a page, and the page itself if <paramref name="own"/> is set. σ0 keeps its own
    /// pages.
    /// </summary>
    public void Flush(Place place, bool own)
    {
        foreach (var derived in DerivedFrom(place))
            Remove(derived);
        if (own)
            Remove(place);
    }

    /// <summary>
    /// Removes the right to write from the pages derived from a page, and from the page itself if
    /// <paramref name="own"/> is set.
    /// </summary>
    public void Reduce(Place place, bool own)
    {
        foreach (var reduced in own ? [place, .. DerivedFrom(place)] : DerivedFrom(place))
            if (_links.TryGetValue(reduced, out var link))
                _links[reduced] = link with { IsWritable = false };
    }

    /// <summary>
    /// Flushes the destination. If the source still exists, then links the destination to it, with at most the source's
    /// rights.
    /// </summary>
    public void Map(Place source, Place destination, bool writable)
    {
        if (!Has(source))
            return;
        Flush(destination, own: true);
        if (Has(source))
            Add(destination, new(source, writable && IsWritable(source)));
    }

    /// <summary>
    /// Flushes the destination. Then moves the source's own link to it, with all pages derived from the source. A grant
    /// by σ0 maps instead.
    /// </summary>
    public void Grant(Place source, Place destination, bool writable)
    {
        if (source.Task == Sigma0)
            Map(source, destination, writable);
        if (source.Task == Sigma0 || !Has(source))
            return;
        Flush(destination, own: true);
        if (Remove(source) is not { } link)
            return;
        Add(destination, link);
        foreach (var place in Directly(source).ToList())
            Add(place, _links[place] with { From = destination });
        if (!writable)
            Reduce(destination, own: true);
    }

    /// <summary>The first page in which two abstractions differ, in words; null if they are the same.</summary>
    public string? Difference(Spaces other) => Difference(other._links);

    /// <summary>
    /// The first page in which this abstraction differs from links of the present state; null if there is none.
    /// </summary>
    public string? Difference(IReadOnlyDictionary<Place, Link> present)
    {
        foreach (var (place, link) in _links)
            if (!present.TryGetValue(place, out var other) || link != other)
                return Differs(place);
        foreach (var place in present.Count == _links.Count ? [] : present.Keys)
            if (!_links.ContainsKey(place))
                return Differs(place);
        return null;

        string Differs(Place place) => $"{place} is {Told(present, place)}, and must be {Told(_links, place)}";
    }

    private static string Told(IReadOnlyDictionary<Place, Link> links, Place place) =>
        links.TryGetValue(place, out var link)
            ? $"{link.From}, {(link.IsWritable ? "writable" : "read-only")}"
            : "nothing";

    /// <summary>Whether a page of σ0's space is a frame that σ0 has in a state.</summary>
    public static bool IsSigma0s(State<Concrete> s, uint page) =>
        s.NodeOf(Sigma0, page).Value is > 0 and var node && s.Mappings.Space[node].Value == Sigma0;

    /// <summary>
    /// The abstraction: the spaces that a state means. A frame's mappings are listed with their depths, each after the
    /// mapping that it is derived from.
    /// </summary>
    /// <param name="s">The state.</param>
    /// <param name="frames">The frames to read.</param>
    public static Spaces Of(State<Concrete> s, IEnumerable<uint> frames)
    {
        var m = s.Mappings;
        var spaces = new Spaces(page => IsSigma0s(s, page));
        List<Place> above = [];
        foreach (var frame in frames)
        {
            above.Clear();
            var steps = s.Limits.Paging.Nodes;
            for (var node = frame; steps-- > 0 && (node == frame || node != 0); node = m.Next[node].Value)
            {
                var place = new Place(m.Space[node].Value, m.Page[node].Value);
                var depth = (int)m.Depth[node].Value;
                if (depth > above.Count)
                    break;
                if (depth > 0)
                    spaces._links[place] = new(above[depth - 1], m.Level[node].Value > m.Depth[node].Value);
                above.RemoveRange(depth, above.Count - depth);
                above.Add(place);
            }
        }

        return spaces;
    }
}
