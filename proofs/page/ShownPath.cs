using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;

namespace Verified.Proofs.Page;

/// <summary>An instruction of the last event's path.</summary>
/// <param name="Address">Linear address, in hexadecimal digits.</param>
/// <param name="Place">Symbol and distance.</param>
/// <param name="Text">Its disassembly.</param>
/// <param name="Values">The values that it read or wrote; for a conditional jump, whether it is taken.</param>
/// <param name="Source">Its source line; empty if it is not known.</param>
/// <param name="Deviates">Whether it is the marked instruction.</param>
/// <param name="IsNear">Whether it wrote to the same row or, if the value is wrong, computed it.</param>
/// <param name="IsJump">Whether it is a conditional jump.</param>
public sealed record ShownInstruction(
    string Address,
    string Place,
    string Text,
    string Values,
    string Source,
    bool Deviates,
    bool IsNear,
    bool IsJump
);

/// <summary>A line of the kernel's source.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Text">Its text.</param>
/// <param name="Note">The values that it had on the path the last time; empty if there are none to tell.</param>
/// <param name="Deviates">Whether it emits the marked instruction.</param>
public sealed record SourceText(int Number, string Text, string Note, bool Deviates);

/// <summary>A conditional jump of the path.</summary>
/// <param name="Place">Its source line.</param>
/// <param name="Text">
/// The text of this line and of the line before it, which usually compares; if the source is missing, the disassembly.
/// </param>
/// <param name="Decision">Whether it is taken, and the values that decided it.</param>
/// <param name="Mends">Whether image and spec agree if it goes the other way.</param>
public sealed record ShownJump(string Place, string Text, string Decision, bool Mends);

/// <summary>A line that computed a value.</summary>
/// <param name="Place">The file and line.</param>
/// <param name="Text">Its text; if the source is missing, the disassembly.</param>
/// <param name="Values">The values that it read or wrote the last time; empty if there are none to tell.</param>
public sealed record ShownOrigin(string Place, string Text, string Values);

/// <summary>The image's path to the deviating instruction.</summary>
/// <param name="Headline">What is known about the marked instruction.</param>
/// <param name="Notes">Further sentences.</param>
/// <param name="Step">The step of the path, with its difference; empty if the path is that of the whole event.</param>
/// <param name="Place">The source line of the marked instruction; if it is not known, its symbol and text.</param>
/// <param name="Source">The lines around it; none if the source is missing.</param>
/// <param name="Jumps">The last conditional jumps, if one of them may have gone the wrong way. The newest is the first.
/// </param>
/// <param name="Origins">The lines that computed the wrong value or address, in order.</param>
/// <param name="Length">The length of the whole path.</param>
/// <param name="Instructions">The end of the path.</param>
public sealed record ShownPath(
    string Headline,
    IReadOnlyList<string> Notes,
    string Step,
    string Place,
    IReadOnlyList<SourceText> Source,
    IReadOnlyList<ShownJump> Jumps,
    IReadOnlyList<ShownOrigin> Origins,
    long Length,
    IReadOnlyList<ShownInstruction> Instructions
)
{
    // The source lines around the marked one, and the conditional jumps, that a page shows.
    private const int LinesAround = 5,
        LastJumps = 8;

    /// <summary>The path of an explanation.</summary>
    public static ShownPath Of(Explained explained) =>
        new(
            Sentence(explained.Headline),
            [.. NotesOf(explained).Select(Sentence)],
            StepOf(explained),
            explained.Deviating is not { } marked ? "" : marked.Source?.ToString() ?? $"{marked.Place}: {marked.Text}",
            SourceTextOf(explained),
            explained.ShowsJumps ? [.. explained.LastDecisions(LastJumps).Reverse().Select(Jump)] : [],
            [.. explained.Origins.DistinctBy(origin => origin.Source ?? (object)origin.Address).Select(Origin)],
            explained.Length,
            [
                .. explained.Last.Select(executed => new ShownInstruction(
                    $"{executed.Address:X8}",
                    executed.Place,
                    executed.Text,
                    executed.Jumps is { } jumps
                        ? jumps
                            ? "taken"
                            : "not taken"
                        : executed.Values,
                    $"{executed.Source}",
                    executed.Deviates,
                    executed.IsOrigin || (executed.IsNear && explained.Reason == Diff.Reason.NothingWritten),
                    executed.Jumps is not null
                )),
            ]
        );

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}.";

    private static string StepOf(Explained explained)
    {
        if (explained is not { Step: { } step, StepName: { } name })
            return "";
        var spec = step.SpecMethod is { } method
            ? $" The spec's step: {method}{(SpecSource.LineOf(method) is { } line ? $", {line}" : "")}."
            : "";
        return $"The first kernel step that differs: {name}. {Sentence($"{step.Difference}")}{spec}";
    }

    private static IEnumerable<string> NotesOf(Explained explained)
    {
        foreach (var register in explained.Registers)
            yield return register.Sentence;
        if (explained.Trial is { } trial)
            yield return trial;
        if (explained.Reason == Diff.Reason.NothingWritten && explained.Last.Any(executed => executed.IsNear))
            yield return "green instructions wrote to the same row";
        else if (explained.Origins.Any())
            yield return "green instructions computed "
                + (explained.Registers.Count > 0 ? "these values" : "the value that it wrote");
    }

    private static ShownOrigin Origin(Executed origin) =>
        origin.Source is { } line && TextOf(line) is { } text
            ? new($"{line}", text.Trim(), origin.Values)
            : new($"{origin.Source?.ToString() ?? origin.Place}", origin.Text, origin.Values);

    private static ShownJump Jump(Executed jump)
    {
        var text =
            jump.Source is { } line && TextOf(line) is { } own
                ? $"{TextOf(line with { Line = line.Line - 1 })?.Trim()} {own.Trim()}".Trim()
                : jump.Text;
        return new(jump.Source is { } place ? $"{place}" : jump.Place, text, jump.Decision, jump.Mends);
    }

    private static string? TextOf(SourceLine line) =>
        File.Exists(line.File) ? File.ReadLines(line.File).ElementAtOrDefault(line.Line - 1) : null;

    private static IReadOnlyList<SourceText> SourceTextOf(Explained explained)
    {
        if (explained.Deviating?.Source is not var (file, line) || !File.Exists(file))
            return [];
        var first = Math.Max(1, line - LinesAround);
        string[] lines = [.. File.ReadLines(file).Skip(first - 1).Take(line + LinesAround - first + 1)];
        var indent = lines.Where(text => text.Trim().Length > 0).Min(text => text.Length - text.TrimStart().Length);
        return
        [
            .. lines.Select(
                (text, i) =>
                    new SourceText(
                        first + i,
                        text.Length > indent ? text[indent..] : "",
                        NoteOf(explained, file, first + i),
                        first + i == line
                    )
            ),
        ];
    }

    // The values of the line's last execution, up to the marked instruction if this one is of the line.
    private static string NoteOf(Explained explained, string file, int line)
    {
        var executed = explained.Last.LastOrDefault(executed =>
            executed.Source is var (of, number) && of == file && number == line && !(executed.Text == "nop")
        );
        return executed is null ? ""
            : executed.Jumps is { } jumps ? (jumps ? "taken" : "not taken")
            : executed.Values;
    }
}
