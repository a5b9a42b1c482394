using System.Diagnostics;
using Iced.Intel;
using Verified.Machine.Processor;

namespace Verified.Proofs.Oracle;

/// <param name="Seed">The seed of all cases.</param>
/// <param name="Count">
/// The number of cases to compare, over all forms in turn. There are fewer only if the forms have hardly any comparable
/// cases.
/// </param>
/// <param name="Forms">The forms to compare; by default all comparable forms.</param>
/// <param name="Sequences">True to compare sequences of instructions instead.</param>
/// <param name="MostFailures">The number of forms that may fail before the run stops.</param>
/// <param name="Progress">Called with the number of cases compared so far.</param>
/// <param name="Seen">Called with each compared case, and the host's outcome.</param>
public sealed record OracleOptions(
    int Seed = 1,
    long Count = OracleOptions.DefaultCount,
    IReadOnlyList<Code>? Forms = null,
    bool Sequences = false,
    int MostFailures = 200,
    Action<long>? Progress = null,
    Action<Case, Outcome>? Seen = null
)
{
    public const long DefaultCount = 500_000;

    // About one case in a hundred cannot be compared; of sequences, one in eight.
    private const long TriesPerCase = 20;

    /// <summary>The most cases that are made.</summary>
    public long MostMade => Count * TriesPerCase;

    /// <summary>The case with a number, over all forms in turn; null if there is none.</summary>
    public Case? Make(IReadOnlyList<Code> forms, long number) =>
        Sequences
            ? Oracle.Sequences.Make(Seed, number)
            : CaseGenerator.Make(forms[(int)(number % forms.Count)], Seed, number);
}

/// <summary>A case on which machine and host differ, by its number, which with the seed makes it again.</summary>
public sealed record OracleFailure(Case Case, Outcome Own, Outcome Host, FieldDifference Difference, long Number);

/// <param name="Compared">Cases compared, by form.</param>
/// <param name="Completed">The compared cases that ran to their end on the host, by form.</param>
/// <param name="Faulted">The cases that ended in a trap on both sides.</param>
/// <param name="Differing">
/// The compared cases that trapped differently and still hold, because processors differ in them
/// (<see cref="ProcessorDifferences"/>).
/// </param>
/// <param name="Left">Cases that touched memory outside the arena, and were not compared.</param>
/// <param name="Failures">The first failure of each form, shrunk.</param>
/// <param name="Seconds">Wall-clock time.</param>
public sealed record OracleResult(
    IReadOnlyDictionary<Code, long> Compared,
    IReadOnlyDictionary<Code, long> Completed,
    long Faulted,
    long Differing,
    long Left,
    IReadOnlyList<OracleFailure> Failures,
    double Seconds
)
{
    public bool Holds => Failures.Count == 0;

    public long Cases => Compared.Values.Sum();
}

/// <summary>
/// Compares the machine's processor with the host's, case by case. The host works on one batch while the next is made.
/// </summary>
public static class OracleRun
{
    public static OracleResult Run(string program, OracleOptions options)
    {
        var clock = Stopwatch.StartNew();
        var forms = options.Forms ?? Forms.Compared;
        var compared = Forms.Compared.ToDictionary(form => form, _ => 0L);
        var completed = Forms.Compared.ToDictionary(form => form, _ => 0L);
        var failures = new Dictionary<Code, OracleFailure>();
        var (faulted, differing, left, made, kept) = (0L, 0L, 0L, 0L, 0L);
        var own = new OwnProcessor();
        using var host = new HostProcessor(program);
        List<Pair> sent = [];
        do
        {
            List<Pair> next = [];
            for (; next.Count < HostProcessor.MostCases && kept < options.Count && made < options.MostMade; made++)
            {
                if (options.Make(forms, made) is not { } c)
                    continue;
                var outcome = own.Execute(c);
                if (Strays(c, outcome))
                {
                    left++;
                    continue;
                }

                next.Add(new(c, outcome, made));
                kept++;
            }

            foreach (var (c, expected, number) in sent)
            {
                var outcome = host.Receive(c, expected);
                options.Seen?.Invoke(c, outcome);
                compared[c.Instruction.Code]++;
                if (outcome.Vector is not null)
                    faulted++;
                else
                    completed[c.Instruction.Code]++;
                if (OutcomeComparison.Of(c, expected, outcome) is { } difference)
                    failures.TryAdd(c.Instruction.Code, new(c, expected, outcome, difference, number));
                else if (OutcomeComparison.Trap(expected) != OutcomeComparison.Trap(outcome))
                    differing++;
            }

            options.Progress?.Invoke(compared.Values.Sum());
            sent = failures.Count < options.MostFailures ? next : [];
            if (sent.Count > 0)
                host.Send([.. sent.Select(pair => (pair.Case, pair.Expected))]);
        } while (sent.Count > 0);

        var shrunk = failures.Values.Select(failure => SimplerCases.Smallest(failure, own, host)).ToList();
        return new(compared, completed, faulted, differing, left, shrunk, clock.Elapsed.TotalSeconds);
    }

    /// <summary>
    /// True if a case touched, or went to, an address at which the host may have something else. Also true if a branch
    /// goes into its own bytes, because the native program could not detect the target.
    /// </summary>
    public static bool Strays(Case c, Outcome own)
    {
        if (own.IsOpen)
            return true;
        if (own.Vector is not null)
            return own.Vector == Vectors.PageFault
                && own.Address is (>= Arena.Code and < Arena.CodeEnd) or >= Arena.QuietEnd;
        if (c.Sequence is not null || c.Instruction.FlowControl == FlowControl.Next)
            return false;
        var at = own.Eip + (Arena.Of(own.Segments[SegmentRegister.Cs])?.Base ?? 0);
        return at >= Arena.QuietEnd || at - c.At < c.Bytes.Length;
    }

    private readonly record struct Pair(Case Case, Outcome Expected, long Number);
}
