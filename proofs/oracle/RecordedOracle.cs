using System.Diagnostics;
using Iced.Intel;

namespace Verified.Proofs.Oracle;

/// <summary>Compares the machine's processor with the recorded outcomes of a real one.</summary>
public static class RecordedOracle
{
    private const string Resource = "native-cases.gz";

    /// <summary>The recording that is part of this program.</summary>
    /// <exception cref="VectorFileException">It cannot be read.</exception>
    public static RecordedCases Own()
    {
        using var stream = typeof(RecordedOracle).Assembly.GetManifestResourceStream(Resource)
            ?? throw new VectorFileException($"{Resource} is not in the assembly");
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return CaseFile.Read(content.ToArray(), Resource);
    }

    /// <summary>Compares each recorded case of some forms; a failure has the number of its case in the file.</summary>
    /// <param name="recorded">The cases.</param>
    /// <param name="sequences">Compares the sequences in place of the single instructions.</param>
    /// <param name="forms">The forms to compare; by default all.</param>
    public static OracleResult Run(RecordedCases recorded, bool sequences, IReadOnlyList<Code>? forms = null)
    {
        var clock = Stopwatch.StartNew();
        var compared = Forms.Compared.ToDictionary(form => form, _ => 0L);
        var completed = Forms.Compared.ToDictionary(form => form, _ => 0L);
        var failures = new Dictionary<Code, OracleFailure>();
        var (faulted, differing) = (0L, 0L);
        var own = new OwnProcessor();
        for (var i = 0; i < recorded.Cases.Count; i++)
        {
            var (c, native) = recorded.Cases[i];
            var form = c.Instruction.Code;
            if (c.Sequence is not null != sequences || forms?.Contains(form) == false)
                continue;
            compared[form] = compared.GetValueOrDefault(form) + 1;
            if (native.Vector is not null)
                faulted++;
            else
                completed[form] = completed.GetValueOrDefault(form) + 1;
            var outcome = own.Execute(c);
            if (Difference(c, outcome, native) is { } difference)
                failures.TryAdd(form, new(c, outcome, native, difference, i));
            else if (OutcomeComparison.Trap(outcome) != OutcomeComparison.Trap(native))
                differing++;
        }

        return new(compared, completed, faulted, differing, 0, [.. failures.Values], clock.Elapsed.TotalSeconds);
    }

    // Recorded cases have no open outcome, so a case that is open now differs.
    private static FieldDifference? Difference(Case c, Outcome own, Outcome native) =>
        own.IsOpen ? new("end", "open", OutcomeComparison.Trap(native)) : OutcomeComparison.Of(c, own, native);
}
