using System.ComponentModel;
using Verified.Proofs.Host;
using Verified.Proofs.Oracle;
using Verified.Tests.Kernel;
using Verified.Tests.Machine;
using Verified.Tests.Page;
using Verified.Tests.Unix;
using Xunit;

namespace Verified.Tests.Host;

/// <summary>A tool that a test may need beyond the .NET SDK.</summary>
[Flags]
public enum Tool
{
    /// <summary>The host's processor, by way of a 32-bit native program.</summary>
    HostProcessor = 1,

    /// <summary>A gcc that builds programs for IA-32.</summary>
    Gcc = 2,

    Nasm = 4,
    Qemu = 8,

    /// <summary>Bochs, if it can run a ROM.</summary>
    Bochs = 16,

    /// <summary>Bochs with its BIOS and a video BIOS, which boots a disk.</summary>
    BochsBios = 32,

    /// <summary>A BIOS of others, for our own machine.</summary>
    Bios = 64,

    /// <summary>A second solver.</summary>
    Cvc5 = 128,

    /// <summary>A second solver, without definitions.</summary>
    Boolector = 256,

    /// <summary>Z3 as a program, asked over a pipe.</summary>
    Z3 = 512,

    /// <summary>A SAT solver that writes proofs.</summary>
    Cadical = 1024,

    /// <summary>A browser that opens pages without a display.</summary>
    Chromium = 2048,

    /// <summary>Debian's programs of klibc, which <c>kernel/unix/packages</c> fetches.</summary>
    Klibc = 4096,

    /// <summary>GNU parallel, which runs the shards of a command.</summary>
    Parallel = 8192,

    /// <summary>A host with Linux: its files for a full disk, and signals that kill sends.</summary>
    Linux = 16384,
}

/// <summary>
/// Finds out once per process whether each tool works here, by using it: a file of the right name may be a program that
/// this host cannot execute.
/// </summary>
internal static class Tools
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<Tool, Lazy<string?>> Missing = new()
    {
        [Tool.HostProcessor] = new(TryHost),
        [Tool.Gcc] = new(() => Try("gcc", CProgram.Try)),
        [Tool.Nasm] = new(() => Try("nasm", TryNasm)),
        [Tool.Qemu] = new(() => Try(Qemu.Program, () => Qemu.TryRom(ProbeRom.Bytes, ProbeRom.Text))),
        [Tool.Bochs] = new(() => Try(Bochs.Program, () => Bochs.TryRom(ProbeRom.Bytes, ProbeRom.Text))),
        [Tool.BochsBios] = new(() => WhyNot(Tool.Bochs) ?? Bochs.WithoutBios),
        [Tool.Cvc5] = new(() => Try("cvc5", () => TryVersion("cvc5"))),
        [Tool.Boolector] = new(() => Try("boolector", () => TryVersion("boolector"))),
        [Tool.Z3] = new(() => Try("z3", () => TryVersion("z3"))),
        [Tool.Cadical] = new(() => Try("cadical", () => TryVersion("cadical"))),
        [Tool.Parallel] = new(() => Try("parallel", () => TryVersion("parallel"))),
        [Tool.Klibc] = new(() =>
            Directory.Exists(UnixSystem.Klibc) ? null : "no programs for Unix: kernel/unix/packages fetches them"
        ),
        [Tool.Chromium] = new(() => Try(Browser.Program, Browser.Try)),
        [Tool.Linux] = new(() => OperatingSystem.IsLinux() ? null : "the host is not Linux"),
        [Tool.Bios] = new(() => FirmwareTests.Bioses.Count == 0 ? "no BIOS is installed" : null),
    };

    /// <summary>Path of the oracle's native program, where the host can execute it.</summary>
    public static string NativeProgram => Proofs.Oracle.NativeProgram.Build("oracle");

    /// <summary>The reason why one of the tools does not work here; null if all of them work.</summary>
    public static string? WhyNot(Tool tools) =>
        Missing
            .Where(tool => (tools & tool.Key) != 0)
            .Select(tool => tool.Value.Value)
            .FirstOrDefault(reason => reason is not null);

    private static string? TryHost()
    {
        try
        {
            HostProcessor.Check(NativeProgram);
            return null;
        }
        catch (OracleUnavailableException e)
        {
            return e.Message;
        }
    }

    private static string? TryNasm()
    {
        var nasm = OtherProgram.Run("nasm", ["-v"], Patience);
        return nasm.Exit == 0 ? null : $"nasm does not work: {nasm.Why}";
    }

    private static string? TryVersion(string program)
    {
        var ended = OtherProgram.Run(program, ["--version"], Patience);
        return ended.Exit == 0 ? null : $"{program} does not work: {ended.Why}";
    }

    private static string? Try(string program, Func<string?> use)
    {
        try
        {
            return use();
        }
        catch (Win32Exception e)
        {
            return $"{program} cannot be started: {e.Message}";
        }
    }
}

/// <summary>
/// A fact that needs tools of the host. If a tool does not work, the runner skips the fact and counts it.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactWithAttribute : FactAttribute
{
    public FactWithAttribute(Tool tools) => (Tools, Skip) = (tools, Host.Tools.WhyNot(tools));

    public Tool Tools { get; }
}

/// <summary>
/// A theory that needs tools of the host. If a tool does not work, the runner skips the theory and counts it.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TheoryWithAttribute : TheoryAttribute
{
    public TheoryWithAttribute(Tool tools) => (Tools, Skip) = (tools, Host.Tools.WhyNot(tools));

    public Tool Tools { get; }
}
