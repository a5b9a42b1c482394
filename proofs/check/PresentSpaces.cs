using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// The address spaces that the tables mean (<see cref="Spaces.Of"/>, over the frames of mapped pages). They are read
/// from the tables once. After that, each step changes only the lists whose mappings it wrote.
/// </summary>
/// <param name="tables">The state after a step, with the step's writes since the last commit.</param>
internal sealed class PresentSpaces(FlatTables tables)
{
    // The first cells of the columns of a mapping that decide what the list of its frame means.
    private readonly int[] _columns =
    [
        tables.Start(nameof(Mappings<Concrete>.Space)),
        tables.Start(nameof(Mappings<Concrete>.Page)),
        tables.Start(nameof(Mappings<Concrete>.Next)),
        tables.Start(nameof(Mappings<Concrete>.Depth)),
        tables.Start(nameof(Mappings<Concrete>.Level)),
    ];

    private readonly State<Concrete> s = tables.State;
    private readonly int _firstPage = tables.Start(nameof(Mappings<Concrete>.NodeAt)),
        _pages = (int)State<Concrete>.Rows(Table.Page, tables.State.Limits);

    // The links of each frame's list, and the frame in whose list a mapping was when the list was read last.
    private readonly Dictionary<uint, IReadOnlyDictionary<Place, Link>> _linksOf = [];
    private readonly uint[] _frameOf = new uint[tables.State.Limits.Paging.Nodes];
    private readonly HashSet<uint> _changed = [];
    private readonly Dictionary<Place, Link> _links = [];
    private bool _isKnown;

    /// <summary>Forgets everything, because another run begins.</summary>
    public void Forget() => _isKnown = false;

    /// <summary>Looks at the writes of a step that has just been made.</summary>
    public void Note()
    {
        if (!_isKnown)
            return;
        var nodes = (int)s.Limits.Paging.Nodes;
        foreach (var cell in tables.Written)
        {
            if (cell < tables.MappingsStart)
                continue;
            if (cell - _firstPage is >= 0 and var page && page < _pages)
            {
                Change(tables.Before(cell));
                Change(tables.Cells[cell]);
                continue;
            }

            foreach (var start in _columns)
                if (cell - start is >= 0 and var node && node < nodes)
                    Change((uint)node);
        }
    }

    /// <summary>The present spaces, as an object that later steps do not change.</summary>
    public Spaces Copy()
    {
        Read();
        return new(page => Spaces.IsSigma0s(s, page), _links);
    }

    /// <summary>
    /// The first page in which a model differs from the present spaces, in words; null if there is none.
    /// </summary>
    public string? DifferenceFrom(Spaces model)
    {
        Read();
        return model.Difference(_links);
    }

    /// <summary>The page that <see cref="DifferenceFrom"/> names; null if there is none.</summary>
    public Place? PlaceOf(Spaces model)
    {
        Read();
        foreach (var (place, link) in model.Links)
            if (!_links.TryGetValue(place, out var other) || link != other)
                return place;
        foreach (var place in _links.Keys)
            if (!model.Links.ContainsKey(place))
                return place;
        return null;
    }

    // A root is the head of its frame's list. Another mapping is in the list in which it was found.
    private void Change(uint node)
    {
        if (node != 0 && (node < s.Limits.Paging.Roots ? node : _frameOf[node]) is > 0 and var frame)
            _changed.Add(frame);
    }

    private void Read()
    {
        if (!_isKnown)
        {
            Array.Clear(_frameOf);
            _linksOf.Clear();
            _links.Clear();
            _changed.Clear();
            foreach (var page in tables.PagesMapped())
                if (s.Mappings.NodeAt[page].Value is var node && s.Mappings.Depth[node].Value != 0)
                    _changed.Add(s.Mappings.Frame[node].Value);
            _isKnown = true;
        }

        foreach (var frame in _changed)
            if (_linksOf.Remove(frame, out var former))
                foreach (var (place, link) in former)
                    if (_links.TryGetValue(place, out var present) && present == link)
                        _links.Remove(place);
        foreach (var frame in _changed)
            ReadList(frame);
        _changed.Clear();
    }

    // The list of a frame counts if the page of one of its mappings is mapped.
    private void ReadList(uint frame)
    {
        var nodes = s.Limits.Paging.Nodes;
        for (var node = s.Mappings.Next[frame].Value; node != 0 && nodes-- > 0; node = s.Mappings.Next[node].Value)
            _frameOf[node] = frame;
        var links = Spaces.Of(s, [frame]).Links;
        if (!links.Keys.Any(place => s.NodeOf(place.Task, place.Page).Value != 0))
            return;
        _linksOf[frame] = links;
        foreach (var (place, link) in links)
            _links[place] = link;
    }
}
