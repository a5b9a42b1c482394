using System.ComponentModel;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Verified.Proofs.Host;

namespace Verified.Proofs.Unix;

/// <summary>
/// A freestanding IA-32 program that gcc builds from sources in this assembly. A folder keeps the built file under a
/// name that depends on all sources and options, so the same program is built once.
/// </summary>
/// <param name="Name">The first part of the built file's name.</param>
/// <param name="Sources">
/// Paths, with slashes, and texts. Only files that end in .c or .S are compiled, in order.
/// </param>
/// <param name="Options">More options of gcc.</param>
/// <param name="Includes">Folders of headers, relative to the sources.</param>
internal sealed record Compiled(
    string Name,
    IReadOnlyList<(string Path, string Text)> Sources,
    IReadOnlyList<string> Options,
    IReadOnlyList<string> Includes
)
{
    private const string Prefix = "unix/";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // Headers would be a segment of their own below the program.
    private static readonly string[] Common =
    [
        "-m32",
        "-march=i586",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-ffreestanding",
        "-fomit-frame-pointer",
        "-fno-pic",
        "-fno-pie",
        "-fno-stack-protector",
        "-fno-asynchronous-unwind-tables",
        "-fno-tree-loop-distribute-patterns",
        "-nostdlib",
        "-static",
        "-no-pie",
        "-Wl,--build-id=none",
    ];

    /// <summary>The sources below <c>kernel/unix</c> that are wanted, by path.</summary>
    /// <param name="isWanted">Gets the path of a source, relative to that folder.</param>
    public static IReadOnlyList<(string Path, string Text)> Find(Func<string, bool> isWanted)
    {
        var assembly = Assembly.GetExecutingAssembly();
        return
        [
            .. assembly
                .GetManifestResourceNames()
                .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && isWanted(name[Prefix.Length..]))
                .Order(StringComparer.Ordinal)
                .Select(name =>
                {
                    using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                    return (name[Prefix.Length..], reader.ReadToEnd());
                }),
        ];
    }

    /// <summary>The ELF file.</summary>
    /// <param name="folder">The folder that keeps built files.</param>
    /// <param name="compiler">Name or path of gcc.</param>
    /// <exception cref="OtherProgramException">There is no compiler for IA-32.</exception>
    public byte[] File(string folder, string compiler)
    {
        var text = string.Concat(Sources.Select(source => $"{source.Path}\n{source.Text}"));
        var options = string.Join(' ', [.. Common, .. Options, .. Includes]);
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text + options)))[..16];
        var program = Path.GetFullPath(Path.Combine(folder, $"{Name}-{key}"));
        if (System.IO.File.Exists(program))
            return System.IO.File.ReadAllBytes(program);
        Directory.CreateDirectory(folder);
        var place = Directory.CreateTempSubdirectory("verified-unix").FullName;
        try
        {
            foreach (var (path, content) in Sources)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(place, path))!);
                System.IO.File.WriteAllText(Path.Combine(place, path), content);
            }
            var made = Path.Combine(place, "made");
            Compile(
                compiler,
                [
                    .. Options,
                    .. Includes.Select(include => $"-I{Path.Combine(place, include)}"),
                    .. Sources
                        .Select(source => source.Path)
                        .Where(path => Path.GetExtension(path) is ".c" or ".S")
                        .Select(path => Path.Combine(place, path)),
                    "-o",
                    made,
                ]
            );

            // Copied beside and moved, so that another process never reads half a program.
            var beside = $"{program}.{Environment.ProcessId}-{Guid.NewGuid():N}";
            System.IO.File.Copy(made, beside);
            System.IO.File.Move(beside, program, overwrite: true);
            return System.IO.File.ReadAllBytes(program);
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    private static void Compile(string compiler, string[] arguments)
    {
        const string remedy =
            "install gcc, a version that takes -m32 (Debian, Ubuntu: apt-get install gcc gcc-multilib)";
        Ended gcc;
        try
        {
            gcc = OtherProgram.Run(compiler, [.. Common, .. arguments], Patience);
        }
        catch (Win32Exception)
        {
            throw new OtherProgramException($"no gcc to build the Unix server with: {remedy}");
        }
        if (gcc.Exit != 0)
            throw new OtherProgramException(
                $"gcc cannot build the Unix server ({gcc.Errors.Split('\n')[0].Trim()}): {remedy}"
            );
    }
}
