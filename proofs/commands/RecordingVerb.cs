using System.CommandLine;
using Iced.Intel;
using Verified.Kernel;
using Verified.Proofs.Oracle;

namespace Verified.Proofs.Commands;

/// <summary>A comparison of the machine's processor with a real one.</summary>
/// <param name="Cases">The result for single instructions.</param>
/// <param name="Sequences">The result for sequences of instructions; null if only some forms were chosen.</param>
/// <param name="With">The processor, and the source of its outcomes.</param>
internal sealed record OracleComparison(OracleResult Cases, OracleResult? Sequences, string With)
{
    public bool Holds => Cases.Holds && Sequences?.Holds != false;
}

/// <summary>
/// <c>oracle --record</c> and <c>oracle --recorded</c>: cases of a real processor in a file, and the machine against
/// them.
/// </summary>
internal static class RecordingVerb
{
    public static readonly Option<string?> Record = new("--record")
    {
        Description = "Write the cases, with the outcomes of the host's processor, to this file",
        HelpName = "FILE",
    };

    public static readonly Option<string?> Recorded = new("--recorded")
    {
        Description =
            "Compare with the cases of such a file in place of the host's processor; without FILE, with the cases in "
            + "this program",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static OracleComparison Compare(Display display, ParseResult parsed, IReadOnlyList<Code>? forms)
    {
        var file = parsed.GetValue(Recorded);
        return Compare(display, file is null ? RecordedOracle.Own() : CaseFile.Read(Content(file), file), forms);
    }

    /// <summary>Compares with recorded cases, and prints a line and each difference.</summary>
    public static OracleComparison Compare(Display display, RecordedCases recorded, IReadOnlyList<Code>? forms)
    {
        var with = $"recorded on {recorded.Processor}, seed {recorded.Seed}";
        return new(Run(sequences: false), forms is null ? Run(sequences: true) : null, with);

        OracleResult Run(bool sequences)
        {
            var result = RecordedOracle.Run(recorded, sequences, forms);
            OracleVerb.Print(display, result, sequences, with);
            return result;
        }
    }

    /// <summary>
    /// Compares with the host's processor, and writes its outcomes to a file if the machine has the same.
    /// </summary>
    /// <exception cref="OracleUnavailableException">This host cannot execute the cases.</exception>
    public static int Write(Display display, OracleOptions options, string file)
    {
        List<(Case, Outcome)> cases = [];
        var recording = options with
        {
            Seen = (c, outcome) =>
            {
                if (CaseFile.Takes(outcome))
                    cases.Add((c, outcome));
            },
        };
        var compared = OracleVerb.CompareNatively(display, recording);
        if (!compared.Holds)
            return CommandLine.Refuted;
        var recorded = new RecordedCases(CaseFile.ThisProcessor(), options.Seed, cases);
        var content = CaseFile.Write(recorded);
        Reporting.Require(file, () => WholeFile.Write(file, content));
        display.Line(
            $"oracle: {cases.Count:N0} cases of {recorded.Processor}, seed {recorded.Seed}, written to {file}: "
                + $"{content.Length:N0} bytes"
        );
        return CommandLine.Holds;
    }

    private static byte[] Content(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{file} cannot be read: {e.Message}");
        }
    }
}
