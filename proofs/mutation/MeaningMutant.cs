using System.Text.RegularExpressions;

namespace Verified.Proofs.Mutation;

/// <summary>
/// A change of the spec's meaning. If the image changed in the same way, every check of the image would pass.
/// </summary>
/// <param name="What">The behaviour of the changed kernel.</param>
/// <param name="File">The file below spec/.</param>
/// <param name="Old">The text that is replaced; it occurs exactly once in the file.</param>
/// <param name="New">The text that replaces it.</param>
public sealed partial record MeaningMutant(string What, string File, string Old, string New)
{
    public static readonly IReadOnlyList<MeaningMutant> All =
    [
        .. MeaningMutants.OfMessages,
        .. MeaningMutants.OfReports,
        .. MeaningMutants.OfTime,
        .. MeaningMutants.OfMappings,
        .. MeaningMutants.OfTasks,
    ];

    /// <summary>The changed text. Blanks and line breaks between the words of the old text do not matter.</summary>
    /// <exception cref="FormatException">The old text does not occur exactly once.</exception>
    public string Change(string? text)
    {
        if (text is null)
            throw new FormatException($"'{What}': there is no file {File}");
        var words = Word().Matches(Old).Select(word => Regex.Escape(word.Value));
        var found = Regex.Matches(text, string.Join(@"\s*", words), RegexOptions.CultureInvariant);
        return found.Count switch
        {
            0 => throw new FormatException($"'{What}': {File} has no text '{Old}' any more"),
            1 => text[..found[0].Index] + New + text[(found[0].Index + found[0].Length)..],
            _ => throw new FormatException($"'{What}': {File} has '{Old}' more than once"),
        };
    }

    [GeneratedRegex(@"\w+|[^\w\s]")]
    private static partial Regex Word();
}
