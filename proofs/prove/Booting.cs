using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;

namespace Verified.Proofs.Prove;

/// <summary>Boots an image on the concrete machine, up to the first cut point, for the proofs to start from.</summary>
public static class Booting
{
    // Boot is a few thousand instructions; an image that takes more is not this kernel.
    private const int MostInstructions = 10_000_000;

    /// <summary>
    /// The project's own servers, for an image that has room for them. They represent all modules that a loader may
    /// bring.
    /// </summary>
    public static IReadOnlyList<BootModule> Servers(KernelImage image) =>
        !ServerThreads.Fit(image.Limits)
            ? []
            :
            [
                .. new[] { ServerPrograms.Sigma0, ServerPrograms.Roots[0] }.Select(server => new BootModule(
                    server.Name,
                    server.File
                )),
            ];

    /// <summary>The machine at the first pick, and the constants that it leaves.</summary>
    /// <exception cref="ImageException">The image does not reach the first pick.</exception>
    public static (Pc Pc, BootedImage Image) Boot(KernelImage image, params IEnumerable<BootModule> modules)
    {
        var points = CodePoints.All.ToDictionary(point => point.Name, point => Symbol(image, point.Symbol));
        var pick = points[CodePoints.Pick.Name];
        var pc = new Pc();
        try
        {
            Multiboot.Load(pc, image.ToElf(), "", [.. modules]);
            UsedChips.Leave(pc);
            while (pc.Cpu.Eip.Value != pick)
                if (pc.Run(1) != StopReason.Budget || pc.Instructions > MostInstructions)
                    throw new ImageException(
                        $"the image does not boot: it stops at {image.Name(pc.Cpu.Eip.Value)} and never reaches pick"
                    );
        }
        catch (Exception e) when (e is Fault or UnimplementedInstruction or ShutdownException or MachineException)
        {
            throw new ImageException($"the image does not boot: at {image.Name(pc.Cpu.Eip.Value)}, {e.Message}", e);
        }

        return (pc, new BootedImage(image.Layout, ConstantsOf(image, pc), points, image.Operations));
    }

    /// <summary>
    /// The vector that the controllers, as boot initialised them, give each line when only this line is raised and
    /// unmasked; -1 if none comes.
    /// </summary>
    public static IReadOnlyList<int> Vectors(Pc pc)
    {
        const uint firstMask = 0x21,
            secondMask = 0xA1;
        var controllers = pc.Interrupts;
        controllers.Write(firstMask, 0);
        controllers.Write(secondMask, 0);
        var vectors = new List<int>();
        for (var line = 0; line < 2 * 8; line++)
        {
            for (var other = 0; other < 2 * 8; other++)
                controllers.SetLine(other, false);
            if (line == Spec.Interrupts.Cascade)
            {
                vectors.Add(-1);
                continue;
            }

            controllers.SetLine(line, true);
            vectors.Add(controllers.IsPending ? controllers.Acknowledge() : -1);

            // Sends an end of interrupt to both controllers, so the next line is not held back.
            controllers.Write(firstMask - 1, 0x20);
            controllers.Write(secondMask - 1, 0x20);
        }

        return vectors;
    }

    /// <summary>Text, GDT, IDT and TSS. The kernel reads them and, by the theorems, never writes them.</summary>
    private static Func<uint, uint?> ConstantsOf(KernelImage image, Pc pc)
    {
        var layout = image.Layout;
        (uint Start, uint End)[] ranges =
        [
            (image.Text.Linear, image.Text.Linear + (uint)image.Text.Bytes.Length),
            (layout.Gdt, layout.Gdt + Layout.PageSize),
            (layout.Idt, layout.Idt + Layout.PageSize),
            (layout.Tss, layout.Tss + Layout.TssPortMap),
        ];
        var dwords = new Dictionary<uint, uint>();
        foreach (var (start, end) in ranges)
            for (var at = start & ~3u; at < end; at += 4)
                if (!layout.Areas.Any(area => at >= area.Base && at < area.End))
                    dwords[at] = pc.Peek(at);
        return address => dwords.TryGetValue(address, out var dword) ? dword : null;
    }

    private static uint Symbol(KernelImage image, string name) =>
        image.Symbols.TryGetValue(name, out var address)
            ? address
            : throw new ImageException($"the image has no symbol {name}: it is not this kernel, or was stripped");
}
