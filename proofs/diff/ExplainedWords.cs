namespace Verified.Proofs.Diff;

/// <summary>An explanation in words, the same for reports and pages.</summary>
public static class ExplainedWords
{
    extension(Explained explained)
    {
        /// <summary>What is known about the marked instruction: a sentence without its end.</summary>
        public string Headline =>
            explained.Reason switch
            {
                Reason.Raised => $"the kernel raised {explained.Exception}, {At(explained)}",
                Reason.Stopped => "the machine stopped at this instruction",
                Reason.Writes => "the instruction that made the difference",
                Reason.Interrupted => "the processor took an interrupt after this instruction",
                Reason.NothingWritten =>
                    $"no instruction of the {Whole(explained)} changed the value{Missing(explained)}",
                _ when explained.Deviating?.Mends == true => $"the {Whole(explained)} went the wrong way: {Mended}",
                _ => $"the last instruction of the {Whole(explained)}",
            };

        /// <summary>What the trial of the jumps showed, if the headline does not say it; null if nothing.</summary>
        public string? Trial =>
            explained.Deviating is null || explained.Deviating.Mends ? null
            : explained.IsMended ? "image and spec also agree if one of the conditional jumps goes the other way"
            : explained is { Reason: Reason.NothingWritten or Reason.NoPlace, Turned: > 0 and var turned }
                ? turned == 1 ? "with the conditional jump the other way, image and spec still differ"
                    : $"with any one of the last {turned} conditional jumps the other way, image and spec still differ"
            : null;

        /// <summary>Whether a conditional jump may be the reason, so that the last ones are worth a look.</summary>
        public bool ShowsJumps => explained.IsMended || explained.Reason is Reason.NothingWritten or Reason.NoPlace;

        /// <summary>The step that differs and its number; null if the path is that of the whole event.</summary>
        public string? StepName =>
            explained.Step is { } step ? $"{step.Name}, kernel step {step.Number:N0} after user code" : null;
    }

    private const string Mended = "if this jump goes the other way, image and spec agree";

    private static string Whole(Explained explained) => explained.Step is null ? "event" : "kernel step";

    private static string At(Explained explained) =>
        explained is { Exception: { } exception, Deviating: { } marked } && exception.Eip - marked.Address > Longest
            ? $"when it continued at {exception.Eip:X8}h, after this instruction"
            : "at this instruction";

    // A trap, such as a breakpoint, is raised after its instruction.
    private const uint Longest = 15;

    private static string Missing(Explained explained) =>
        explained.Deviating switch
        {
            { Mends: true } => $"; {Mended}",
            { IsNear: true } =>
                ": either a jump went the wrong way, or a write is missing, perhaps near this write to the same row",
            { Jumps: not null } =>
                ": either a jump went the wrong way, or a write is missing; the last conditional jump",
            _ when explained.Step is null => ": a write is missing, or the event went the wrong way; it ends here",
            _ => ": a write is missing; the kernel step starts here",
        };
}
