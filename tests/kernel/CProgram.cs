using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Verified.Machine.Computer;
using Verified.Tests.Machine;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>Programs in C (<c>programs/</c>), built for IA-32 by the host's gcc as anybody would build one for L4 X.0.</summary>
internal static class CProgram
{
    private static readonly ConcurrentDictionary<string, byte[]> Built = [];

    private static readonly string[] Options =
    [
        "-m32", "-ffreestanding", "-O2", "-Wall", "-Wextra", "-Werror", "-nostdlib", "-static", "-fno-pie", "-no-pie",
        "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-Wl,--build-id=none",
    ];

    /// <summary>Why programs cannot be built here, or null.</summary>
    public static readonly string? Missing = Try();

    /// <summary>The program of this name as a module, linked at a physical address.</summary>
    public static BootModule Module(string name, uint at) => new(name, Built.GetOrAdd(name, _ =>
    {
        var output = Path.GetTempFileName();
        try
        {
            var (code, errors) = Gcc([Path.Combine(Programs(), $"{name}.c"), string.Create(CultureInfo.InvariantCulture, $"-Wl,-Ttext={at:x}"), "-o", output]);
            Assert.True(code == 0, errors);
            return File.ReadAllBytes(output);
        }
        finally
        {
            File.Delete(output);
        }
    }));

    private static string? Try()
    {
        try
        {
            var (code, errors) = Gcc(["-x", "c", "-c", "/dev/null", "-o", "/dev/null"]);
            return code == 0 ? null : $"gcc does not build for IA-32 ({errors.Split('\n')[0]}); install gcc-multilib";
        }
        catch (Win32Exception)
        {
            return "gcc is not installed";
        }
    }

    private static (int Code, string Errors) Gcc(IEnumerable<string> arguments)
    {
        using var gcc = Process.Start(new ProcessStartInfo("gcc", [.. Options, .. arguments]) { RedirectStandardError = true })!;
        var errors = gcc.StandardError.ReadToEnd();
        gcc.WaitForExit();
        return (gcc.ExitCode, errors);
    }

    private static string Programs([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "programs");
}

/// <summary>A fact that needs gcc for IA-32, skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GccFact : FactAttribute
{
    public GccFact() => Skip = CProgram.Missing;
}

/// <summary>A theory that needs gcc for IA-32, skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GccTheory : TheoryAttribute
{
    public GccTheory() => Skip = CProgram.Missing;
}

/// <summary>A theory that needs gcc for IA-32 and QEMU, skipped where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GccAndQemuTheory : TheoryAttribute
{
    public GccAndQemuTheory() => Skip = CProgram.Missing ?? Qemu.Missing;
}

/// <summary>A fact that needs gcc for IA-32 and QEMU, skipped where one is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GccAndQemuFact : FactAttribute
{
    public GccAndQemuFact() => Skip = CProgram.Missing ?? Qemu.Missing;
}

/// <summary>A fact that needs gcc for IA-32 and Bochs with its BIOS, skipped where they are not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GccAndBochsFact : FactAttribute
{
    public GccAndBochsFact() => Skip = CProgram.Missing ?? Bochs.Missing(biosToo: true);
}
