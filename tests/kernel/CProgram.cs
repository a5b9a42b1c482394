using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Verified.Machine.Boot;
using Verified.Proofs.Host;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>
/// Programs in C (<c>programs/</c>), which the host's gcc builds for IA-32 like any program for L4 X.0.
/// </summary>
internal static class CProgram
{
    private static readonly ConcurrentDictionary<string, byte[]> Built = [];

    private static readonly string[] Options =
    [
        "-m32",
        "-ffreestanding",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-nostdlib",
        "-static",
        "-fno-pie",
        "-no-pie",
        "-fno-stack-protector",
        "-fno-asynchronous-unwind-tables",
        "-Wl,--build-id=none",
    ];

    /// <summary>The program of this name as a module, linked at a physical address.</summary>
    public static BootModule Module(string name, uint at) => new(name, Built.GetOrAdd(name, _ =>
            {
                var output = Path.GetTempFileName();
                try
                {
                    var gcc = Gcc([
                        Path.Combine(Programs(), $"{name}.c"),
                        string.Create(CultureInfo.InvariantCulture, $"-Wl,-Ttext={at:x}"),
                        "-o",
                        output,
                    ]);
                    Assert.True(gcc.Exit == 0, gcc.Errors);
                    return File.ReadAllBytes(output);
                }
                finally
                {
                    File.Delete(output);
                }
            }));

    /// <summary>Builds a program; returns the reason if that is impossible here, or null.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">gcc is not installed.</exception>
    public static string? Try()
    {
        var output = Path.GetTempFileName();
        try
        {
            var gcc = Gcc(["-x", "c", "-", "-o", output], "void _start(void) { for (;;); }");
            return gcc.Exit != 0 ? $"gcc does not build for IA-32 ({gcc.Errors.Split('\n')[0]}); install gcc-multilib"
                : new FileInfo(output) is { Exists: true, Length: > 0 } ? null
                : "gcc makes no program";
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static Ended Gcc(IEnumerable<string> arguments, string input = "") =>
        OtherProgram.Run("gcc", [.. Options, .. arguments], TimeSpan.FromMinutes(2), input);

    private static string Programs([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "programs");
}
