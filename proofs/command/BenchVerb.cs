using System.CommandLine;

namespace Verified.Proofs.Commands;

/// <summary><c>bench</c>: what one ipc costs, and how fast the tools are.</summary>
internal static class BenchVerb
{
    private const long Budget = 10_000_000_000;

    public static Command Make()
    {
        var verb = new Command("bench", "Instructions and model cycles of one-way ipc, fast and slow path; speed of the machine") { ImageSource.File };
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        var display = new Display(parsed);
        var image = ImageSource.Of(parsed);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (_, pc) = display.While("machine", _ => RunVerb.Boot(image, Budget, _ => { }));
        display.Line($"machine: {pc.Instructions:N0} instructions in {clock.Elapsed.TotalSeconds:F2} s, {pc.Instructions / clock.Elapsed.TotalSeconds / 1e6:F0} MIPS");
        return CommandLine.Holds;
    }
}
