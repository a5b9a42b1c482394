using System.ComponentModel;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Verified.Proofs.Host;

namespace Verified.Proofs.Unix;

/// <summary>
/// The Unix server (<c>kernel/unix</c>) as a root task. Its source is part of this assembly, and gcc builds it when it
/// is used.
/// </summary>
public static class UnixServer
{
    private const string Prefix = "unix/";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // Linked below what programs are usually linked at. Headers would be a segment of their own below that.
    private static readonly string[] Options =
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
        "-Wl,-Ttext-segment=0x100000",
    ];

    /// <summary>The server's ELF file, built now unless this source has been built already.</summary>
    /// <param name="folder">The folder that keeps built servers.</param>
    /// <param name="compiler">Name or path of gcc.</param>
    /// <exception cref="OtherProgramException">There is no compiler for IA-32.</exception>
    public static byte[] File(string folder, string compiler = "gcc")
    {
        var sources = Sources();
        var text = string.Concat(sources.Select(source => $"{source.Name}\n{source.Text}"));
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text + string.Join(' ', Options))))[..16];
        var program = Path.GetFullPath(Path.Combine(folder, $"server-{key}"));
        if (System.IO.File.Exists(program))
            return System.IO.File.ReadAllBytes(program);
        Directory.CreateDirectory(folder);
        var place = Directory.CreateTempSubdirectory("verified-unix").FullName;
        try
        {
            foreach (var (name, content) in sources)
                System.IO.File.WriteAllText(Path.Combine(place, name), content);
            var made = Path.Combine(place, "server");
            Compile(
                compiler,
                [.. sources.Select(source => Path.Combine(place, source.Name)).Where(IsCompiled), "-o", made]
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

    private static bool IsCompiled(string file) => Path.GetExtension(file) is ".c" or ".S";

    private static void Compile(string compiler, string[] arguments)
    {
        const string remedy =
            "install gcc, a version that takes -m32 (Debian, Ubuntu: apt-get install gcc gcc-multilib)";
        Ended gcc;
        try
        {
            gcc = OtherProgram.Run(compiler, [.. Options, .. arguments], Patience);
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

    private static (string Name, string Text)[] Sources()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return
        [
            .. assembly
                .GetManifestResourceNames()
                .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name =>
                {
                    using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                    return (name[Prefix.Length..], reader.ReadToEnd());
                }),
        ];
    }
}
