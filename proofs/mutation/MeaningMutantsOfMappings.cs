namespace Verified.Proofs.Mutation;

/// <summary>Changes of the spec's meaning. A named property must catch each of them.</summary>
internal static partial class MeaningMutants
{
    /// <summary>Mapping, granting and unmapping.</summary>
    public static readonly IReadOnlyList<MeaningMutant> OfMappings =
    [
        new(
            "fpage_unmap keeps the caller's own page",
            "steps/MappingEdits.cs",
            "((m.Operation == Operations.Map) | ((m.Item & Fpage.Own) != 0)) & (m.Depth[root] != 0);",
            "((m.Operation == Operations.Map) | ((m.Operation == Operations.Delete) & ((m.Item & Fpage."
                + "Own) != 0))) & (m.Depth[root] != 0);"
        ),
        new(
            "fpage_unmap always takes the caller's own page",
            "steps/MappingEdits.cs",
            "((m.Operation == Operations.Map) | ((m.Item & Fpage.Own) != 0)) & (m.Depth[root] != 0);",
            "(m.Depth[root] != 0);"
        ),
        new(
            "a flush leaves mappings derived from derived pages",
            "steps/MappingEdits.cs",
            "if (m.Depth[next] > m.Depth[root]) Remove(next);",
            "if (m.Depth[next] == m.Depth[root] + 1) Remove(next);"
        ),
        new(
            "fpage_unmap flushes if it is to make read-only",
            "steps/Mapping.cs",
            "else if ((m.Item & Fpage.Unmap) != 0) BeginFlush(node);\n        else BeginReduce",
            "else if ((m.Item & Fpage.Unmap) == 0) BeginFlush(node);\n        else BeginReduce"
        ),
        new(
            "fpage_unmap stops after one page",
            "steps/Mapping.cs",
            "W.Select(Fpage.IsValid(fpage), Least(Fpage.Pages(fpage), s.Limits",
            "W.Select(Fpage.IsValid(fpage), Least(1, s.Limits"
        ),
        new(
            "a page is passed over with the empty ones before it",
            "steps/Mapping.cs",
            "page < group; page++",
            "page + 1 < group; page++"
        ),
        new(
            "a read-only page is mapped writable",
            "steps/MappingEdits.cs",
            "W.Select(((m.Item & Fpage.Writable) != 0) & m.IsWritable(node), 1, 0);",
            "W.Select(m.IsWritable(node), 1, 0);"
        ),
        new(
            "a page is never mapped writable",
            "steps/MappingEdits.cs",
            "W.Select(((m.Item & Fpage.Writable) != 0) & m.IsWritable(node), 1, 0);",
            "0;"
        ),
        new(
            "an occupied page stays unchanged",
            "steps/Mapping.cs",
            "else if (occupied != 0) BeginFlush(occupied);",
            "else if (occupied != 0) Advance(1);"
        ),
        new(
            "a grant maps",
            "steps/Mapping.cs",
            "else if (((m.Item & Fpage.Grant) == 0) | (m.Depth[node] == 0)) Derive",
            "else if (((m.Item & Fpage.Grant) == 0) | (m.Depth[node] != 99)) Derive"
        ),
        new(
            "a grant without w keeps the right to write",
            "steps/Mapping.cs",
            "else if (((m.Item & Fpage.Writable) == 0) & m.IsWritable(node)) BeginReduce(node);\n            else",
            "else"
        ),
        new(
            "the hot spot is ignored",
            "steps/Mapping.cs",
            "(Fpage.Page(window) + (hot & (taken - 1))) & last;",
            "Fpage.Page(window) & last;"
        ),
        new(
            "derived mappings stay writable",
            "steps/MappingEdits.cs",
            "m.Level[next] = Least(m.Level[next], m.Bound);",
            "{ }"
        ),
        new(
            "the caller's page stays writable",
            "steps/MappingEdits.cs",
            "if (TakesRoot(root)) m.Level[root] = Least(m.Level[root], m.Depth[root]);",
            "{ }"
        ),
        new(
            "a failed map operation ends as if it had not",
            "steps/Mapping.cs",
            "if (m.Failed == 1) Finish(sender, Code.SendMapFailed);",
            "if (false) Finish(sender, Code.SendMapFailed);"
        ),
        new(
            "a receiver does not hear that mapping failed",
            "steps/Mapping.cs",
            "else if (m.Failed == 1) s.Eax[owner] = Code.ReceiveMapFailed;",
            "else if (false) s.Eax[owner] = Code.ReceiveMapFailed;"
        ),
        new(
            "an item maps one page too few",
            "steps/Mapping.cs",
            "m.Left = W.Select(isAllowed, Least(size,",
            "m.Left = W.Select(isAllowed, Least(size - 1,"
        ),
    ];
}
