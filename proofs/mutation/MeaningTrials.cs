using System.Diagnostics;

namespace Verified.Proofs.Mutation;

/// <summary>The outcome for a spec with another meaning.</summary>
/// <param name="Mutant">The change.</param>
/// <param name="Property">The property that caught it; null if none did.</param>
/// <param name="Check">The check that found it.</param>
/// <param name="Why">The property's message, or why the trial of the change did not finish.</param>
/// <param name="Seconds">Wall-clock time, compilation included.</param>
public sealed record MeaningResult(MeaningMutant Mutant, string? Property, string Check, string Why, double Seconds);

/// <summary>Tries changes of the meaning in turn, in this process.</summary>
/// <param name="spec">The sources of the spec.</param>
public sealed class MeaningTrials(ChangedSpec spec)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Judges the spec with a change.</summary>
    /// <exception cref="FormatException">The spec does not contain the text that is changed.</exception>
    public MeaningResult Try(MeaningMutant mutant) =>
        Judge(mutant, spec.Compile(mutant.File, mutant.Change(spec.TextOf(mutant.File))));

    /// <summary>Judges the unchanged spec: no property may fail.</summary>
    public MeaningResult TryRight() => Judge(new("the unchanged spec", "", "", ""), spec.Compile());

    private static MeaningResult Judge(MeaningMutant mutant, (byte[]? Assembly, string? Error) compiled)
    {
        var clock = Stopwatch.StartNew();
        if (compiled.Assembly is not { } assembly)
            return new(mutant, null, "compiler", $"it does not compile: {compiled.Error}", 0);
        string[] told = [];
        Exception? failure = null;

        // A changed kernel may run for ever. Then its thread is left running until the process ends.
        var thread = new Thread(
            () =>
            {
                try
                {
                    told = ChangedSpec
                        .Call<string>(assembly, typeof(MeaningTrial), nameof(MeaningTrial.Judge))
                        .Split('\n');
                }
                catch (Exception e)
                {
                    failure = e;
                }
            },
            64 << 20
        )
        {
            IsBackground = true,
        };
        thread.Start();
        if (!thread.Join(Patience))
            return new(mutant, null, "time", "its steps do not end", clock.Elapsed.TotalSeconds);
        if (failure is not null)
            return new(mutant, null, "exception", failure.Message, clock.Elapsed.TotalSeconds);
        return told.Length < 3
            ? new(mutant, null, "", "every property holds", clock.Elapsed.TotalSeconds)
            : new(mutant, told[0], told[1], told[2], clock.Elapsed.TotalSeconds);
    }
}
