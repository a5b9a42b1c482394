using System.Text.Json;
using System.Text.Json.Serialization;
using Verified.Kernel;
using Verified.Proofs.Paths;

namespace Verified.Proofs.Commands.Shards;

/// <summary>A theorem's result, as a file has it.</summary>
/// <param name="Theorem">Its name.</param>
/// <param name="Failure">Why it is not proved; null if it is.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="Paths">Explored paths.</param>
/// <param name="Questions">Questions to the solver.</param>
/// <param name="Worst">The longest path.</param>
/// <param name="Executed">Addresses of the executed code.</param>
/// <param name="Ends">The cut points where its paths end.</param>
internal sealed record SharedProof(
    string Theorem,
    string? Failure,
    double Seconds,
    int Paths,
    int Questions,
    WorstCase Worst,
    IReadOnlyList<uint> Executed,
    IReadOnlyList<string> Ends
)
{
    public static SharedProof Of(ProofResult result) =>
        new(
            result.Theorem,
            result.Proved ? null : ProveVerb.Describe(result),
            result.Time.TotalSeconds,
            result.Verdict?.Paths ?? 0,
            result.Verdict?.Questions ?? 0,
            result.Verdict?.Worst ?? default,
            [.. (result.Verdict?.Executed ?? new HashSet<uint>()).Order()],
            [.. result.Verdict?.Ends ?? []]
        );

    public ProofResult ToResult() =>
        new(
            Theorem,
            Failure is null
                ? new(Theorem, null, Paths, Questions, Worst, Executed.ToHashSet(), new HashSet<uint>())
                {
                    Ends = [.. Ends],
                }
                : null,
            Failure,
            TimeSpan.FromSeconds(Seconds),
            false
        );
}

/// <summary>The data that a verb adds to its checks for the result of a shard.</summary>
internal sealed class ShardNotes
{
    /// <summary>The unit of the work.</summary>
    public string Unit { get; set; } = "checks";

    /// <summary>The amount of work that this shard has done.</summary>
    public long Done { get; set; }

    /// <summary>The amount of work of all shards together; 0 if it is not fixed.</summary>
    public long Total { get; set; }

    /// <summary>Numbers that add up.</summary>
    public Dictionary<string, long> Counts { get; init; } = [];

    /// <summary>The goals that some shard must reach, and whether this shard has reached them.</summary>
    public Dictionary<string, bool> Reached { get; init; } = [];

    /// <summary>Claims that this shard alone makes.</summary>
    public List<Claim> Claims { get; init; } = [];

    /// <summary>Results of theorems.</summary>
    public List<SharedProof> Proofs { get; init; } = [];
}

/// <summary>The result of a shard, in a file.</summary>
/// <param name="Format">The version of this format.</param>
/// <param name="Verb">The verb.</param>
/// <param name="Shard">The shard's number.</param>
/// <param name="Of">The number of shards.</param>
/// <param name="Build">The build of the program.</param>
/// <param name="Image">The SHA-256 of the image; empty if the verb has none.</param>
/// <param name="Given">The options that decide about the work.</param>
/// <param name="Exit">The exit code.</param>
/// <param name="Checks">The checks.</param>
/// <param name="Notes">The data that the verb adds.</param>
internal sealed record ShardResult(
    [property: JsonRequired] int Format,
    [property: JsonRequired] string Verb,
    [property: JsonRequired] int Shard,
    [property: JsonRequired] int Of,
    [property: JsonRequired] string Build,
    [property: JsonRequired] string Image,
    [property: JsonRequired] IReadOnlyDictionary<string, string> Given,
    [property: JsonRequired] int Exit,
    [property: JsonRequired] IReadOnlyList<Checked> Checks,
    [property: JsonRequired] ShardNotes Notes
)
{
    private const int PresentFormat = 1;

    private static readonly JsonSerializerOptions Text = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
    };

    private static string ThisBuild =>
        string.Join(
            ' ',
            new[]
            {
                typeof(Spec.Kernel<>),
                typeof(Machine.Processor.MachineException),
                typeof(KernelImage),
                typeof(Ledger),
            }.Select(type => type.Module.ModuleVersionId.ToString("N")[..8])
        );

    public static ShardResult Make(
        string verb,
        Shard shard,
        string image,
        IReadOnlyDictionary<string, string> given,
        IReadOnlyList<Checked> checks,
        ShardNotes notes,
        int exit
    ) => new(PresentFormat, verb, shard.Number, shard.Of, ThisBuild, image, given, exit, checks, notes);

    /// <summary>Writes the file as a whole, so that nobody reads a part of it.</summary>
    public void Save(string file) => WholeFile.Write(file, JsonSerializer.Serialize(this, Text));

    public static ShardResult Read(string file)
    {
        ShardResult? result;
        try
        {
            result = JsonSerializer.Deserialize<ShardResult>(File.ReadAllText(file), Text);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            result = null;
        }

        return result is { Format: PresentFormat }
            ? result
            : throw new CommandException($"{file} is not the result of a shard: --shard with --result writes one");
    }
}
