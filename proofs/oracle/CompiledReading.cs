namespace Verified.Proofs.Oracle;

/// <param name="Cases">Sequences compared.</param>
/// <param name="Failure">The first on which the readings differ.</param>
/// <param name="Seconds">Wall clock.</param>
public sealed record CompiledResult(long Cases, (Case Case, FieldDifference Difference)? Failure, double Seconds)
{
    public bool Holds => Failure is null;
}

/// <summary>
/// The compiled code of hot paths, compared with the interpreted text. The same sequences run from the same states,
/// compiled at once.
/// </summary>
public static class CompiledReading
{
    public static CompiledResult Run(int seed, long count)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (interpreted, compiled) = (new OwnProcessor(), new OwnProcessor(compiles: true));
        var cases = 0L;
        for (var number = 0L; number < count; number++)
        {
            if (Sequences.Make(seed, number) is not { } c)
                continue;
            var expected = interpreted.Execute(c);
            if (expected.IsOpen && expected.Steps >= OwnProcessor.MostSteps)
                continue;
            cases++;
            if (OutcomeComparison.Exactly(compiled.ExecuteInPlace(c), expected) is { } difference)
                return new(cases, (c, difference), clock.Elapsed.TotalSeconds);
        }

        return new(cases, null, clock.Elapsed.TotalSeconds);
    }
}
