namespace Verified.Proofs.Bench;

/// <summary>A figure of ours beside the paper's.</summary>
/// <param name="Way">The kind of system: native, library, trap, L4.</param>
/// <param name="Ours">Our figure, in the unit of the row.</param>
/// <param name="Paper">The paper's figure; null if it has none.</param>
/// <param name="Shares">The parts of the system that took the time, and their shares; null if not known.</param>
public sealed record PaperFigure(string Way, double Ours, double? Paper, string? Shares = null)
{
    /// <summary>
    /// How many times slower the paper's way is than its first, if only that can be compared; else null.
    /// </summary>
    public double? PaperTimes { get; init; }
}

/// <summary>A row of the paper with our figures, and how many times slower each way is than the first.</summary>
/// <param name="Table">The table's number.</param>
/// <param name="What">The operation.</param>
/// <param name="Unit">cycles, µs, ms or MB/s.</param>
/// <param name="Figures">The figures; the first is the one that the others are compared with.</param>
/// <param name="PapersFirst">The paper's name of the first way.</param>
public sealed record PaperResult(
    string Table,
    string What,
    string Unit,
    IReadOnlyList<PaperFigure> Figures,
    string PapersFirst
)
{
    private const string Area = "papers";

    /// <summary>How many times slower our way is than our first; null for the first.</summary>
    public double? OurRatio(PaperFigure figure) => figure == Figures[0] ? null : Slower(figure.Ours, Figures[0].Ours);

    /// <summary>How many times slower the paper's way is than its first; null without two figures.</summary>
    public double? PaperRatio(PaperFigure figure) =>
        figure != Figures[0] && figure.Paper is { } there && Figures[0].Paper is { } first
            ? Slower(there, first)
            : figure.PaperTimes;

    /// <summary>Whether our ratio is worse than the paper's. Without a ratio, the figures are compared.</summary>
    public bool IsWorse(PaperFigure figure) =>
        PaperRatio(figure) is { } theirs
            ? OurRatio(figure) > theirs
            : Figures.Count == 1 && figure.Paper is { } paper && Slower(figure.Ours, paper) > 1;

    /// <summary>How many times slower a figure is than another. A lower rate is slower.</summary>
    public double Slower(double figure, double other) => Unit == PaperTables.Rate ? other / figure : figure / other;

    /// <summary>The row of the report: our first figure, and the others in the note.</summary>
    public BenchRow Row()
    {
        var first = Figures[0];
        var ours = Figures.Skip(1).Select(way => $"{way.Way} {way.Ours:N2}{Times(OurRatio(way))}");
        var papers = Figures
            .Where(IsInPaper)
            .Select(way =>
                $"{(way == first ? PapersFirst : way.Way)}{(way.Paper is { } there ? $" {there:N2}" : "")}"
                + Times(PaperRatio(way))
            );
        var shares = Figures
            .Where(way => way.Shares is not null && IsWorse(way))
            .Select(way => $"by {way.Way}, {way.Shares}");
        List<string> notes = [first.Way];
        if (Figures.Count > 1)
            notes.Add(string.Join(", ", ours));
        if (Figures.Any(IsInPaper))
            notes.Add($"paper: {string.Join(", ", papers)}");
        return new(Area, $"{Table}, {What}", first.Ours, Unit, string.Join("; ", [.. notes, .. shares]));
    }

    private static bool IsInPaper(PaperFigure figure) => figure.Paper is not null || figure.PaperTimes is not null;

    private static string Times(double? ratio) => ratio is { } times ? $" ({times:F2} times)" : "";
}
