using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Verified.Proofs.Prove;

/// <summary>
/// Proved theorems on disk. A result is used again as long as none of its dependencies has changed. These are the
/// assemblies (spec, machine, kernel layout, prover), the solver's version, and every constant of the image that the
/// proof read (code, gates, descriptors).
/// </summary>
public sealed class ProofCache(string folder)
{
    private sealed record Entry(
        string Theorem,
        string Basis,
        uint[] Addresses,
        string Constants,
        int Paths,
        int Questions,
        WorstCase Worst,
        uint[] Executed,
        string[] Ends
    );

    private static readonly ConcurrentDictionary<Assembly, string> Bases = new();

    /// <summary>
    /// The dependencies of every statement of a theorem's assembly. Module version ids change with every change of the
    /// code, because builds are deterministic.
    /// </summary>
    private static string BasisOf(Theorem theorem) =>
        Bases.GetOrAdd(theorem.GetType().Assembly, assembly =>
            string.Join(' ', Own(assembly, []).Select(own => own.ManifestModule.ModuleVersionId.ToString("N")).Order())
            + " z3 "
            + Z3.Context.Version
        );

    // The assemblies of this solution that an assembly refers to, and itself.
    private static HashSet<Assembly> Own(Assembly assembly, HashSet<Assembly> found)
    {
        if (found.Add(assembly))
            foreach (var name in assembly.GetReferencedAssemblies())
                if (name.Name!.StartsWith("Verified.", StringComparison.Ordinal))
                    Own(Assembly.Load(name), found);
        return found;
    }

    /// <summary>The proof of an earlier run, or null.</summary>
    public Verdict? Find(Theorem theorem)
    {
        var path = PathOf(theorem);
        if (!theorem.IsKept || !File.Exists(path))
            return null;
        try
        {
            var entry = JsonSerializer.Deserialize<Entry>(File.ReadAllText(path));
            if (
                entry is null
                || entry.Theorem != theorem.Key
                || entry.Basis != BasisOf(theorem)
                || entry.Constants != HashOf(entry.Addresses, theorem)
            )
                return null;
            return new(
                theorem.Name,
                null,
                entry.Paths,
                entry.Questions,
                entry.Worst,
                entry.Executed.ToHashSet(),
                entry.Addresses.ToHashSet()
            )
            {
                Ends = entry.Ends,
            };
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null; // an unreadable entry proves nothing: prove again, and overwrite it
        }
    }

    public void Add(Theorem theorem, Verdict verdict)
    {
        if (!theorem.IsKept)
            return;
        Directory.CreateDirectory(folder);
        var addresses = verdict.Constants.Order().ToArray();
        var entry = new Entry(
            theorem.Key,
            BasisOf(theorem),
            addresses,
            HashOf(addresses, theorem),
            verdict.Paths,
            verdict.Questions,
            verdict.Worst,
            [.. verdict.Executed.Order()],
            [.. verdict.Ends]
        );
        var path = PathOf(theorem);
        var temporary = $"{path}.{Environment.ProcessId}";
        File.WriteAllText(temporary, JsonSerializer.Serialize(entry));
        File.Move(temporary, path, overwrite: true);
    }

    private string PathOf(Theorem theorem) => Path.Combine(folder, $"{theorem.Name}.json");

    private static string HashOf(uint[] addresses, Theorem theorem)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes(theorem.Key));
        foreach (var address in addresses)
        {
            hash.AppendData(BitConverter.GetBytes(address));
            hash.AppendData(theorem.Constant(address) is { } dword ? BitConverter.GetBytes(dword) : [0]);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
