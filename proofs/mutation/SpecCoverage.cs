using Verified.Proofs.Check;
using Verified.Proofs.Checker;

namespace Verified.Proofs.Mutation;

/// <summary>
/// How often the searches of models ran each branch of the spec's steps. A search runs a step once for all states that
/// agree in what the step reads (<see cref="StepTree"/>), so these are counts of different runs.
/// </summary>
/// <param name="Branches">The branches.</param>
/// <param name="Counts">For each model, the runs of each branch.</param>
public sealed record SpecCoverage(
    IReadOnlyList<SpecBranch> Branches,
    IReadOnlyDictionary<string, IReadOnlyList<long>> Counts
)
{
    private const string Folder = "steps/",
        NoStep = "steps/Boot.cs",
        Models = "verified.coverage.models";

    /// <summary>The branches that no model reaches.</summary>
    public IReadOnlyList<SpecBranch> Never =>
        [.. Branches.Where((_, branch) => Counts.Values.All(counts => counts[branch] == 0))];

    /// <summary>How many branches a model reaches.</summary>
    public int ReachedBy(string model) => Counts[model].Count(count => count > 0);

    /// <summary>Searches models with a spec that counts its branches.</summary>
    /// <param name="spec">The sources of the spec.</param>
    /// <param name="models">The models' names.</param>
    /// <exception cref="FormatException">The sources do not compile with counters.</exception>
    public static SpecCoverage Of(ChangedSpec spec, IReadOnlyList<string> models)
    {
        var (texts, branches) = (new Dictionary<string, string>(), new List<SpecBranch>());
        foreach (var file in spec.Files.Where(IsCounted).Order(StringComparer.Ordinal))
        {
            var (text, found) = SpecBranches.Of(file, spec.TextOf(file)!, branches.Count);
            texts.Add(file, text);
            branches.AddRange(found);
        }

        var (assembly, error) = spec.Compile(texts, SpecBranches.Source(branches.Count));
        if (assembly is null)
            throw new FormatException($"the spec does not compile with counters: {error}");

        // The changed assemblies are loaded beside this one, and share only types of the runtime with it.
        AppContext.SetData(Models, string.Join(' ', models));
        var counts = ChangedSpec.Call<Dictionary<string, long[]>>(assembly, typeof(SpecCoverage), nameof(Measure));
        return new(branches, counts.ToDictionary(each => each.Key, each => (IReadOnlyList<long>)each.Value));

        static bool IsCounted(string file) => file.StartsWith(Folder, StringComparison.Ordinal) && file != NoStep;
    }

    /// <summary>Runs beside the changed spec: the counts for each model, by one worker.</summary>
    public static Dictionary<string, long[]> Measure()
    {
        var counters = typeof(Spec.Limits).Assembly.GetType($"Verified.Spec.{SpecBranches.Counters}")!;
        var counts = (long[])counters.GetField("Counts")!.GetValue(null)!;
        var models = ((string)AppContext.GetData(Models)!).Split(' ');
        var result = new Dictionary<string, long[]>();
        foreach (var model in Model.All.Where(model => models.Contains(model.Name)))
        {
            Array.Clear(counts);
            ModelChecker.Run(model, new(Workers: 1, Invariants: [], Properties: []));
            result.Add(model.Name, [.. counts]);
        }

        return result;
    }
}
