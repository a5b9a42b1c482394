using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;

namespace Verified.Proofs.First;

/// <summary>
/// Boots that execute code which neither the theorems of boot nor the refusals reach. They have flat modules, more than
/// two modules, a module without a text, or less or more memory than the kernel can hand out.
/// </summary>
public static class OtherBoots
{
    private const long MostInstructions = 10_000_000;

    // Memory contains this byte where the loader has put nothing.
    private const byte Pattern = 0xA5;

    private const int Modules = 24,
        UpperKilobytes = 8;

    private const uint ModuleSize = 16,
        ModuleText = 8;

    // Bits of the flags: the parts that boot passes on, the memory map, and the command line and loader's name.
    private const uint Passed = 0x24D,
        Map = 0x40,
        Texts = 0x204;

    private static readonly byte[] Endless = [0xEB, 0xFE];

    // As long as an ELF header, so that its first bytes alone show that it is none.
    private static readonly byte[] Long = [.. Endless, .. Enumerable.Repeat((byte)0x90, 62)];

    private sealed record Boot(string Name, uint Megabytes, IReadOnlyList<BootModule> Modules, Action<Pc> Change);

    private static IReadOnlyList<Boot> All(KernelImage image) =>
        Booting(image) is not { } servers
            ? []
            :
            [
                new(
                    "flat modules, and a third one without a text",
                    64,
                    [new("sigma0", Endless), new("root", Long), new("data", [1, 2, 3])],
                    pc =>
                    {
                        Put(pc, 2, ModuleText, 0);
                        ChangeFlags(pc, flags => flags | ~Passed);
                    }
                ),
                new("32 MB and 1 KB of memory, and no memory map", 32, servers, pc =>
                {
                    ChangeFlags(pc, flags => flags & ~Map);
                    var upper = pc.Cpu.R[Register.Ebx].Value + UpperKilobytes;
                    pc.Memory.Store(upper, 4, pc.Memory.Load(upper, 4) + 1);
                }),
                new("128 MB of memory, and no command line or name", 128, servers, pc =>
                    ChangeFlags(pc, flags => flags & ~Texts)
                ),
            ];

    /// <summary>The number of boots for an image.</summary>
    public static int Count(KernelImage image) => All(image).Count;

    /// <summary>
    /// The first boot that does not reach its declared first state, or null. Adds the addresses of the instructions
    /// that are executed.
    /// </summary>
    public static string? Wrong(KernelImage image, ISet<uint>? executed = null) =>
        All(image)
            .Select(boot => Wrong(image, boot, executed) is { } wrong ? $"with {boot.Name}: {wrong}" : null)
            .FirstOrDefault(wrong => wrong is not null);

    private static string? Wrong(KernelImage image, Boot boot, ISet<uint>? executed)
    {
        var pc = new Pc(boot.Megabytes << 20);
        var pattern = new byte[boot.Megabytes << 20];
        pattern.AsSpan().Fill(Pattern);
        pc.Memory.Write(0, pattern);
        Multiboot.Load(pc, image.ToElf(), "verified quiet", [.. boot.Modules]);
        Prove.UsedChips.Leave(pc);
        boot.Change(pc);
        FirstServer[] servers = [.. boot.Modules.Take(2).Select((module, i) => Server(pc, (uint)i, module.Content))];
        List<(uint At, byte[] Bytes)> loaded =
        [
            .. boot.Modules.SelectMany(
                (module, i) =>
                    i < 2 && FirstServer.Segments(module.Content) is { Count: > 0 } segments
                        ? segments
                        : [(pc.Memory.Load(Row(pc, (uint)i), 4), module.Content)]
            ),
        ];
        var information = FirstStateCheck.Information(image, pc);
        if (executed is not null)
            pc.Trace = traced => executed.Add(traced.Cpu.Eip.Value | Layout.KernelBase);
        try
        {
            while (pc.Cpu.Eip.Value != image.Symbols["pick"])
                if (pc.Run(1) != StopReason.Budget || pc.Instructions > MostInstructions)
                    return "it never reaches pick";
        }
        catch (Exception e) when (e is Fault or UnimplementedInstruction or ShutdownException)
        {
            return e.Message;
        }

        return FirstState
            .Of(image, servers, information, Math.Min(boot.Megabytes << 20, Layout.MemorySize))
            .Differences(physical => pc.Memory.Load(physical, 4))
            .Concat(FirstStateCheck.Registers(image, pc))
            .Concat(DifferencesOf(pc, loaded))
            .FirstOrDefault();
    }

    /// <summary>
    /// Every byte of the modules' memory that differs. Servers are where the headers of their ELF files say. Flat and
    /// later modules are where the loader put them.
    /// </summary>
    private static IEnumerable<string> DifferencesOf(Pc pc, IEnumerable<(uint At, byte[] Bytes)> modules)
    {
        foreach (var (at, bytes) in modules)
            for (var i = 0u; i < bytes.Length; i++)
                if (pc.Memory.Load(at + i, 1) is var seen && seen != bytes[i])
                    yield return $"the byte of a module at {at + i:X8}h is {seen:X2}h, not {bytes[i]:X2}h";
    }

    private static IReadOnlyList<BootModule>? Booting(KernelImage image) =>
        Prove.Booting.Servers(image) is { Count: > 0 } servers ? servers : null;

    /// <summary>The loader puts an ELF file where its headers say. A flat file stays where the loader put it.</summary>
    private static FirstServer Server(Pc pc, uint number, byte[] content)
    {
        if (content is [0x7F, (byte)'E', (byte)'L', (byte)'F', ..])
            return FirstServer.Of(content);
        var at = pc.Memory.Load(Row(pc, number), 4);
        return new(at, at, at + (uint)content.Length);
    }

    private static uint Row(Pc pc, uint module) =>
        pc.Memory.Load(pc.Cpu.R[Register.Ebx].Value + Modules, 4) + module * ModuleSize;

    private static void ChangeFlags(Pc pc, Func<uint, uint> change)
    {
        var at = pc.Cpu.R[Register.Ebx].Value;
        pc.Memory.Store(at, 4, change(pc.Memory.Load(at, 4)));
    }

    private static void Put(Pc pc, uint module, uint offset, uint value) =>
        pc.Memory.Store(Row(pc, module) + offset, 4, value);
}
