using Verified.Proofs.Diff;

namespace Verified.Proofs.Page;

/// <summary>An instruction of the last event's path.</summary>
/// <param name="Address">Linear address, in hexadecimal digits.</param>
/// <param name="Place">Symbol and distance.</param>
/// <param name="Text">Its disassembly; for a conditional jump, also whether it is taken.</param>
/// <param name="Source">Its source line; empty if it is not known.</param>
/// <param name="Deviates">Whether it made the difference.</param>
/// <param name="IsNear">Whether it wrote to the same row or, if the value is wrong, computed it.</param>
public sealed record ShownInstruction(
    string Address,
    string Place,
    string Text,
    string Source,
    bool Deviates,
    bool IsNear
);

/// <summary>A line of the kernel's source.</summary>
public sealed record SourceText(int Number, string Text, bool Deviates);

/// <summary>A conditional jump of the path.</summary>
/// <param name="Place">Its source line.</param>
/// <param name="Text">
/// The text of this line and of the line before it, which usually compares; if the source is missing, the disassembly.
/// </param>
/// <param name="Jumps">Whether it is taken.</param>
public sealed record ShownJump(string Place, string Text, bool Jumps);

/// <summary>A line that computed the wrong value.</summary>
/// <param name="Place">The file and line.</param>
/// <param name="Text">Its text; if the source is missing, the disassembly.</param>
public sealed record ShownOrigin(string Place, string Text);

/// <summary>The image's path to the deviating instruction.</summary>
/// <param name="Reason">The role of the marked instruction.</param>
/// <param name="Place">Its source line.</param>
/// <param name="Source">The lines around it; none if the source is missing.</param>
/// <param name="Jumps">
/// The last conditional jumps, if one of them went the wrong way. The newest is the first, and a loop's come once.
/// </param>
/// <param name="Origins">The lines that computed the wrong value, in order.</param>
/// <param name="Length">The length of the whole path.</param>
/// <param name="Instructions">The end of the path.</param>
public sealed record ShownPath(
    string Reason,
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
            StepOf(explained)
                + explained.Reason switch
                {
                    Diff.Reason.Writes => "This instruction made the difference."
                        + (explained.Origins.Any() ? " Green instructions computed the value that it wrote." : ""),
                    Diff.Reason.NothingWritten when explained.Last.Any(executed => executed.IsNear) =>
                        "A write is missing: no instruction of the path changed the value. Green instructions wrote to "
                            + "the same row, so it may belong near them. Or the path went the wrong way before. It "
                            + $"{Side(explained)} at the marked instruction.",
                    Diff.Reason.NothingWritten =>
                        "No instruction of the path changed the value, although the spec does. "
                            + "Probably one of the conditional jumps is wrong, or what it compares; or a write is "
                            + "missing. "
                            + $"The path {Side(explained)} at the marked instruction.",
                    Diff.Reason.Interrupted =>
                        "The processor took an interrupt after the marked instruction, within a step.",
                    _ => "The path went the wrong way: one of its conditional jumps is wrong, or what it compares. "
                        + "It ends at the marked instruction.",
                },
            $"{explained.Deviating?.Source}",
            SourceTextOf(explained),
            explained.Reason != Diff.Reason.Writes
                ? [.. explained.Decisions.Reverse().DistinctBy(jump => jump.Address).Take(LastJumps).Select(Jump)]
                : [],
            [.. explained.Origins.DistinctBy(origin => origin.Source ?? (object)origin.Address).Select(Origin)],
            explained.Length,
            [
                .. explained.Last.Select(executed => new ShownInstruction(
                    $"{executed.Address:X8}",
                    executed.Place,
                    executed.Text
                        + (
                            executed.Jumps is { } jumps
                                ? jumps
                                    ? "  (taken)"
                                    : "  (not taken)"
                                : ""
                        ),
                    $"{executed.Source}",
                    executed.Deviates,
                    explained.Reason == Diff.Reason.Writes ? executed.IsOrigin : executed.IsNear
                )),
            ]
        );

    private static string StepOf(Explained explained) =>
        explained.Step is not { } step
            ? ""
            : $"The first step of the event that differs is step {step.Number:N0}, {step.Name}: {step.Difference}. ";

    private static string Side(Explained explained) => explained.Step is null ? "ends" : "starts";

    private static ShownOrigin Origin(Executed origin) =>
        origin.Source is var (file, line) && File.Exists(file)
            ? new($"{origin.Source}", File.ReadLines(file).ElementAtOrDefault(line - 1)?.Trim() ?? origin.Text)
            : new($"{origin.Source?.ToString() ?? origin.Place}", origin.Text);

    private static ShownJump Jump(Executed jump)
    {
        var (place, text) = ($"{jump.Source}", "");
        if (jump.Source is var (file, line) && File.Exists(file))
            text = string.Join(' ', File.ReadLines(file).Take(line).TakeLast(2).Select(each => each.Trim()));
        return new(place.Length > 0 ? place : jump.Place, text.Length > 0 ? text : jump.Text, jump.Jumps == true);
    }

    private static IReadOnlyList<SourceText> SourceTextOf(Explained explained)
    {
        if (explained.Deviating?.Source is not var (file, line) || !File.Exists(file))
            return [];
        var first = Math.Max(1, line - LinesAround);
        return
        [
            .. File.ReadLines(file)
                .Skip(first - 1)
                .Take(line + LinesAround - first + 1)
                .Select((text, i) => new SourceText(first + i, text, first + i == line)),
        ];
    }
}
