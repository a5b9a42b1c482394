namespace Verified.Tests.Architecture;

/// <summary>
/// The layers of one project, lowest first. A type may refer to types of its own layer and of lower ones, so there is
/// no circle between layers.
/// </summary>
/// <param name="Folders">From the root of the repository. A layer includes the folders inside its folder.</param>
internal sealed record Layering(params string[] Folders)
{
    /// <summary>The number of the layer that has a file; null if none has it.</summary>
    public int? Of(string file)
    {
        for (var layer = 0; layer < Folders.Length; layer++)
            if (file.StartsWith(Folders[layer] + "/", StringComparison.Ordinal))
                return layer;
        return null;
    }

    /// <summary>One line for each forbidden type or reference, and for each layer without a type.</summary>
    public IReadOnlyList<string> Offences(
        IReadOnlyDictionary<string, IReadOnlySet<string>> files,
        IEnumerable<TypeReference> references
    )
    {
        var placed = files.ToDictionary(pair => pair.Key, pair => pair.Value.Select(Of).Distinct().ToList());
        var unplaced =
            from type in placed
            where type.Value.Count != 1 || type.Value[0] is null
            select $"{string.Join(", ", files[type.Key])}: {type.Key} is not in exactly one layer";
        var upward =
            from reference in references
            let user = Of(reference.File)
            from used in placed[reference.To]
            where user < used
            select $"{reference.File}: {reference.From} refers to {reference.To} "
                + $"in the higher layer {Folders[used.Value]}";
        var empty =
            from folder in Folders
            where !files.Values.Any(of => of.Any(file => file.StartsWith(folder + "/", StringComparison.Ordinal)))
            select $"{folder}: the layer has no type";
        return [.. unplaced.Concat(upward).Concat(empty).Order(StringComparer.Ordinal)];
    }
}
