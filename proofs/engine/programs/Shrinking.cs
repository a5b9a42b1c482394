namespace Verified.Proofs.Programs;

/// <summary>Makes a failing program, case or trace small as long as it still fails.</summary>
public static class Shrinking
{
    /// <summary>The simplest failure that is found. In each round the first simpler failure is taken.</summary>
    /// <param name="failure">What fails.</param>
    /// <param name="simpler">Everything that is one step simpler, the largest simplification first.</param>
    /// <param name="fails">
    /// The failure of a candidate, which may be cut after it fails; null if it does not fail.
    /// </param>
    /// <param name="mostTries">No round begins after this many candidates.</param>
    public static TFailure Smallest<T, TFailure>(
        TFailure failure,
        Func<TFailure, IEnumerable<T>> simpler,
        Func<T, TFailure?> fails,
        int mostTries
    )
        where TFailure : class
    {
        for (var tries = 0; tries < mostTries; )
        {
            TFailure? smaller = null;
            foreach (var candidate in simpler(failure))
            {
                tries++;
                if ((smaller = fails(candidate)) is not null)
                    break;
            }

            if (smaller is null)
                break;
            failure = smaller;
        }

        return failure;
    }

    /// <summary>The program without a part of it: each half, each quarter, and so on to each single event.</summary>
    public static IEnumerable<IReadOnlyList<T>> Shorter<T>(IReadOnlyList<T> program)
    {
        for (var length = program.Count / 2; length > 0; length /= 2)
        for (var at = 0; at + length <= program.Count; at += length)
            yield return [.. program.Take(at), .. program.Skip(at + length)];
    }

    /// <summary>The program with one of its events plainer.</summary>
    /// <param name="program">The program.</param>
    /// <param name="plainer">The plainer variants of an event, the plainest first.</param>
    public static IEnumerable<IReadOnlyList<T>> Plainer<T>(IReadOnlyList<T> program, Func<T, IEnumerable<T>> plainer)
    {
        for (var i = 0; i < program.Count; i++)
            foreach (var other in plainer(program[i]))
                yield return [.. program.Take(i), other, .. program.Skip(i + 1)];
    }
}
