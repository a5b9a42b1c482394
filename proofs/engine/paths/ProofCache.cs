using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Verified.Proofs.Paths;

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
        string[] Ends,
        double Seconds = 0
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

    /// <summary>The reason why a proof could not be kept; null if each one was.</summary>
    public string? NotKept { get; private set; }

    /// <summary>
    /// The time that an earlier run took for a theorem, whether or not its proof is still valid; null if not known.
    /// </summary>
    public TimeSpan? TimeOf(Theorem theorem) =>
        Read(theorem) is { Seconds: > 0 and var seconds } ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>The proof of an earlier run, or null.</summary>
    public Verdict? Find(Theorem theorem)
    {
        if (
            Read(theorem) is not { } entry
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

    private Entry? Read(Theorem theorem)
    {
        try
        {
            var path = PathOf(theorem);
            return theorem.IsKept && File.Exists(path)
                ? JsonSerializer.Deserialize<Entry>(File.ReadAllText(path))
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null; // an unreadable entry proves nothing: prove again, and overwrite it
        }
    }

    /// <summary>
    /// Keeps a proof. If that is impossible, the proof is no less valid, and only the reason is kept.
    /// </summary>
    /// <param name="theorem">The theorem.</param>
    /// <param name="verdict">Its verdict, which is no refutation.</param>
    /// <param name="time">The time that the proof took.</param>
    public void Add(Theorem theorem, Verdict verdict, TimeSpan time = default)
    {
        if (!theorem.IsKept)
            return;
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
            [.. verdict.Ends],
            time.TotalSeconds
        );
        var path = PathOf(theorem);
        var temporary = $"{path}.{Environment.ProcessId}";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(temporary, JsonSerializer.Serialize(entry));
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            NotKept ??= e.Message;
            Forget(temporary);
        }
    }

    // A full disk leaves a part of the file.
    private static void Forget(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // If no file can be written, there is none to delete.
        }
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
