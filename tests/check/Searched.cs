using System.Collections.Concurrent;
using Verified.Proofs.Check;

namespace Verified.Tests.Check;

/// <summary>
/// Complete searches of models without other options. Each is made once, and all tests read its result.
/// </summary>
internal static class Searched
{
    private static readonly ConcurrentDictionary<Model, Lazy<CheckResult>> Results = new(
        ReferenceEqualityComparer.Instance
    );

    public static CheckResult Whole(Model model) =>
        Results.GetOrAdd(model, model => new(() => ModelChecker.Run(model))).Value;

    public static Model Find(string name) => Model.All.Single(model => model.Name == name);
}
