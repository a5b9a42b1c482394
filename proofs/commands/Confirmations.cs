using Verified.Proofs.Paths;

namespace Verified.Proofs.Commands;

/// <summary>
/// Which theorems earlier runs of <c>prove --certify</c> and <c>prove --second</c> confirmed: all questions of the same
/// theorem about the same bytes, by the same program.
/// </summary>
/// <param name="Certified">The theorems whose questions have checked certificates.</param>
/// <param name="BySolver">
/// The theorems whose questions a second solver answered as Z3 did, by the solver's name.
/// </param>
public sealed record Confirmations(
    IReadOnlySet<string> Certified,
    IReadOnlyDictionary<string, IReadOnlySet<string>> BySolver
)
{
    /// <summary>The folder of theorems whose questions are certified; the folder of a solver has its name.</summary>
    public const string Certificates = "certified";

    /// <summary>Theorems that a solver, or certificates, confirmed.</summary>
    public static ProofCache By(string folder) => new(Path.Combine(Report.Folder, "confirmed", folder));

    public static Confirmations Of(IReadOnlyList<Theorem> theorems)
    {
        return new(
            Names(Certificates),
            Smt.SolverProgram.All.ToDictionary(program => program.Name, program => Names(program.Name))
        );

        IReadOnlySet<string> Names(string folder)
        {
            var cache = By(folder);
            return theorems
                .Where(theorem => cache.Find(theorem) is not null)
                .Select(theorem => theorem.Name)
                .ToHashSet();
        }
    }

    /// <summary>The confirmations of some theorems, as the end of a claim's detail.</summary>
    public string Of(IReadOnlyCollection<string> theorems)
    {
        var text = Part(Certified, "certified");
        foreach (var (solver, confirmed) in BySolver)
            text += Part(confirmed, $"confirmed by {solver}");
        return text;

        string Part(IReadOnlySet<string> confirmed, string how)
        {
            var count = theorems.Count(confirmed.Contains);
            return count == 0 ? ""
                : count == theorems.Count ? $", {how}"
                : $", {count} of {theorems.Count} {how}";
        }
    }

    /// <summary>A claim per solver that confirmed theorems.</summary>
    /// <param name="theorems">The number of theorems.</param>
    public IEnumerable<Claim> Claims(int theorems) =>
        from solver in BySolver
        where solver.Value.Count > 0
        select new Claim(
            $"{solver.Key} answers every question as Z3 does",
            Standing.Tested,
            $"{solver.Value.Count} of {theorems} theorems"
        );

    /// <summary>The assumption about the solver.</summary>
    /// <param name="theorems">How many theorems there are.</param>
    public Claim Assumption(int theorems) =>
        Certified.Count < theorems
            ? new(
                "Z3 and the .NET runtime are right",
                Standing.Assumed,
                $"{Certified.Count} of {theorems} theorems are certified (prove --certify) and rest on the "
                    + "bit-blaster and the "
                    + "proof checker instead; of the others an unsatisfiable answer is believed; counterexamples are "
                    + "replayed"
            )
            : new(
                "the bit-blaster, the proof checker and the .NET runtime are right",
                Standing.Assumed,
                $"all {theorems} theorems are certified; the tests compare the bit-blaster with the concrete domain, "
                    + "and certify the simplifier's rules, except two about products, for which Z3 is believed"
            );
}
