using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;
using Verified.Kernel;

namespace Verified.Proofs.Commands;

/// <summary>The claims of the last run, which are kept in a file.</summary>
public static partial class Ledger
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
    };

    private static string Path => System.IO.Path.Combine(Report.Folder, "claims.json");

    private sealed record Saved(string Basis, IReadOnlyList<Claim> Claims);

    /// <summary>Keeps the claims of a whole run for <c>claims</c>.</summary>
    internal static void Save(Display display, KernelImage image, IReadOnlyList<Claim> claims) =>
        Reporting.Keep(display, Path, () =>
            WholeFile.Write(Path, JsonSerializer.Serialize(new Saved(Basis(image), claims), Format))
        );

    /// <summary>The claims of the last whole run of this program on this image, or null.</summary>
    public static IReadOnlyList<Claim>? Load(KernelImage image)
    {
        try
        {
            return
                File.Exists(Path)
                && JsonSerializer.Deserialize<Saved>(File.ReadAllText(Path), Format) is { } saved
                && saved.Basis == Basis(image)
                ? saved.Claims
                : null;
        }
        catch (JsonException)
        {
            return null; // unreadable claims claim nothing: run again, and overwrite them
        }
    }

    private static string Basis(KernelImage image) =>
        string.Join(
            ' ',
            new[]
            {
                typeof(Spec.Kernel<>),
                typeof(Machine.Processor.MachineException),
                typeof(KernelImage),
                typeof(Ledger),
            }.Select(type => type.Module.ModuleVersionId.ToString("N"))
        )
        + " "
        + Convert.ToHexString(SHA256.HashData(image.ToElf()));
}
