namespace Verified.Proofs.Events;

/// <summary>The image that a trace was found with.</summary>
/// <param name="Sha256">Hash of the file's bytes, in hexadecimal digits.</param>
/// <param name="Path">Path of the file, relative to the folder of the command; null if the file was not kept.</param>
/// <param name="Flipped">The bit by which it differs from the image that was built; null if it has no such bit.</param>
public sealed record ImageOrigin(string Sha256, string? Path = null, Flip? Flipped = null)
{
    /// <summary>The hash as reports show it.</summary>
    public string Short => Sha256[..12];
}

/// <summary>The origin of a trace.</summary>
/// <param name="Verb">The verb of the command, such as <c>diff</c>.</param>
/// <param name="Seed">The seed of the program that failed; null if nothing was random.</param>
/// <param name="Model">The model that was checked; null if there was none.</param>
/// <param name="Image">The image; null if the spec alone fails.</param>
/// <param name="IsMinimal">
/// True if no event can be left out: the run without any one of them does not fail. Null if it is not known.
/// </param>
public sealed record Origin(
    string Verb,
    int? Seed = null,
    string? Model = null,
    ImageOrigin? Image = null,
    bool? IsMinimal = null
)
{
    /// <summary>Verbs whose traces of models contain every step of the kernel.</summary>
    public const string Check = "check",
        Explore = "explore";

    /// <summary>
    /// What the check was made for, as the end of a sentence; null for nothing else. A search after a refutation says
    /// the theorem and its goal.
    /// </summary>
    public string? For { get; init; }

    /// <summary>True if the trace contains the kernel's own steps, as the runs of a model do.</summary>
    public bool IsOfModel => Verb is Check || (Verb is Explore && Model is not null);

    /// <summary>Says whether events can be left out; null if it is not known.</summary>
    public string? Shortness =>
        IsMinimal != true ? null
        : Verb == Check ? "It is a shortest run: no run of fewer kernel steps fails."
        : "The run was shrunk: without any one of its events it does not fail.";

    public override string ToString() =>
        Verb
        + (Model is null ? "" : $" {Model}")
        + (Seed is null ? "" : $", seed {Seed}")
        + (For is null ? "" : $"; {For}");
}
