using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Z3;

namespace Verified.Proofs.Z3;

/// <summary>
/// Finds libz3 for the package Microsoft.Z3, which brings none for Linux. The search goes through the file that
/// VERIFIED_LIBZ3 names, the program's folder, the package's own libraries (Windows and macOS), and the system's
/// libraries.
/// </summary>
/// <exception cref="SolverMissingException">No libz3 was found, or only one older than 4.8.8.</exception>
internal static class Library
{
    /// <summary>
    /// The first release whose C API has every function and Boolean type that <see cref="Context"/> uses.
    /// </summary>
    private static readonly System.Version Oldest = new(4, 8, 8);

    private static readonly string[] Names = ["libz3.so.4", "libz3.so", "libz3.dylib", "libz3.dll"];

    private static readonly Lazy<nint> Handle = new(Load, LazyThreadSafetyMode.PublicationOnly);

    private static readonly Lock Once = new();
    private static bool s_registered;

    /// <summary>Makes the package's calls go to the library that this search finds.</summary>
    internal static void Register()
    {
        lock (Once)
        {
            if (!s_registered)
                NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, Resolve);
            s_registered = true;
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == "libz3" ? Handle.Value : 0;

    private static nint Load()
    {
        var handle = Find(Environment.GetEnvironmentVariable("VERIFIED_LIBZ3"), out var place);
        var version = VersionOf(handle);
        return version >= Oldest
            ? handle
            : throw new SolverMissingException(
                $"{place} is Z3 {version}, and {Oldest} or later is needed: "
                    + "install a newer libz3, or name one in VERIFIED_LIBZ3"
            );
    }

    private static nint Find(string? named, out string place)
    {
        nint handle;
        if (!string.IsNullOrEmpty(named))
        {
            place = named;
            return NativeLibrary.TryLoad(named, out handle)
                ? handle
                : throw new SolverMissingException(
                    $"VERIFIED_LIBZ3 names {named}, which cannot be loaded: name a libz3 of this processor, or unset it"
                );
        }

        foreach (var name in Names)
            if (NativeLibrary.TryLoad(place = Path.Combine(AppContext.BaseDirectory, name), out handle))
                return handle;

        // The runtime's own search: the folders that the package has for this platform, if there are any.
        if (NativeLibrary.TryLoad(place = "libz3", typeof(Native).Assembly, null, out handle))
            return handle;
        foreach (var name in Names)
            if (NativeLibrary.TryLoad(place = name, out handle))
                return handle;
        throw new SolverMissingException(
            $"libz3 was not found: install Z3 {Oldest} or later (Debian: apt-get install libz3-4), "
                + "or name the library in VERIFIED_LIBZ3"
        );
    }

    private static unsafe System.Version VersionOf(nint handle)
    {
        if (!NativeLibrary.TryGetExport(handle, "Z3_get_version", out var function))
            return new(0, 0);
        uint major,
            minor,
            build,
            revision;
        ((delegate* unmanaged<uint*, uint*, uint*, uint*, void>)function)(&major, &minor, &build, &revision);
        return new((int)major, (int)minor, (int)build);
    }
}
