using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Verified.Proofs.Host;

namespace Verified.Proofs.Oracle;

/// <summary>
/// The 32-bit program that executes instructions on the host. Its source is part of this assembly, and is built on the
/// host that uses it.
/// </summary>
public static class NativeProgram
{
    private const string Source = "oracle.c";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly string[] Options =
    [
        "-m32",
        "-O2",
        "-msse2",
        "-nostdlib",
        "-static",
        "-ffreestanding",
        "-fno-pic",
        "-no-pie",
        "-fno-stack-protector",
        "-fno-tree-loop-distribute-patterns",
        "-Wl,--build-id=none",
        .. new[]
        {
            ("CODE", Arena.Code),
            ("DATA", Arena.Data),
            ("WRITABLE_END", Arena.WritableEnd),
            ("END", Arena.End),
        }.Select(constant => $"-D{constant.Item1}={constant.Item2}"),
    ];

    /// <summary>Path of the program; built now unless it exists.</summary>
    /// <param name="folder">The folder for the program.</param>
    /// <param name="compiler">Name or path of gcc.</param>
    /// <exception cref="OracleUnavailableException">
    /// The host is not an x86-64 Linux, or has no compiler for IA-32.
    /// </exception>
    public static string Build(string folder, string compiler = "gcc")
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !OperatingSystem.IsLinux())
            throw new OracleUnavailableException("the oracle is the host's own processor: x86-64 Linux only");
        var source = ReadSource();
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(source + string.Join(' ', Options))))[
            ..16
        ];
        var program = Path.GetFullPath(Path.Combine(folder, $"oracle-{key}"));
        if (File.Exists(program))
            return program;
        Directory.CreateDirectory(folder);
        // The program is built under another name and then moved, so another process never starts an incomplete
        // program.
        var made = $"{program}.{Environment.ProcessId}-{Guid.NewGuid():N}";
        Compile(compiler, source, made);
        File.Move(made, program, overwrite: true);
        return program;
    }

    private static void Compile(string compiler, string source, string output)
    {
        const string remedy =
            "install gcc, a version that takes -m32 (Debian, Ubuntu: apt-get install gcc gcc-multilib)";
        Ended gcc;
        try
        {
            gcc = OtherProgram.Run(compiler, [.. Options, "-x", "c", "-", "-o", output], Patience, source);
        }
        catch (Win32Exception)
        {
            throw new OracleUnavailableException($"no gcc to build the 32-bit native program with: {remedy}");
        }

        if (gcc.Exit != 0)
            throw new OracleUnavailableException(
                $"gcc cannot build the 32-bit native program ({FirstLine(gcc)}): {remedy}"
            );
        if (!File.Exists(output))
            throw new OracleUnavailableException($"gcc made no program, and said it had: {remedy}");
    }

    private static string FirstLine(Ended gcc) =>
        gcc.Errors.Split('\n')[0].Trim() is { Length: > 0 } line ? line : $"exit code {gcc.Exit}";

    private static string ReadSource()
    {
        using var stream = typeof(NativeProgram).Assembly.GetManifestResourceStream(Source)
            ?? throw new InvalidOperationException($"{Source} is not in the assembly");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
