using Verified.Proofs.Events;

namespace Verified.Proofs.Mutation;

/// <summary>The outcome for a damaged image, in the order of the checks.</summary>
public enum Fate
{
    /// <summary>It is not an image file, or its headers, padding or tables of symbols are not exact.</summary>
    Unreadable,

    /// <summary>It does not boot.</summary>
    Unbootable,

    /// <summary>It boots to another first state, or prints another line.</summary>
    Misbooted,

    /// <summary>Random programs on it and on the spec differ.</summary>
    Differs,

    /// <summary>Its programs do not end content.</summary>
    Discontent,

    /// <summary>Random programs agree; a theorem is refuted.</summary>
    Refuted,

    /// <summary>Every theorem is proved for it, so the changed code does the same.</summary>
    Equivalent,

    /// <summary>Every check holds, and there is a reason why the bit has no effect.</summary>
    NoEffect,

    /// <summary>The prover has no answer, or no theorem is about the byte.</summary>
    Unknown,
}

/// <summary>A flipped bit and its outcome.</summary>
/// <param name="Flip">The bit.</param>
/// <param name="Region">The region of the file that it is in.</param>
/// <param name="Fate">The outcome.</param>
/// <param name="By">The theorem that is refuted or has no answer; empty if it is none.</param>
/// <param name="Why">The difference, the refuted goal, the changed instruction, or why there is no answer.</param>
/// <param name="Seconds">How long that took.</param>
public sealed record FlipResult(Flip Flip, string Region, Fate Fate, string By, string Why, double Seconds);
