using System.CommandLine;
using Verified.Kernel;
using Verified.Machine.Computer;

namespace Verified.Proofs.Commands;

/// <summary><c>run</c>: boots the image on the machine.</summary>
internal static class RunVerb
{
    /// <summary>isa-debug-exit makes 2 * value + 1 of the value that the guest writes; a guest that is content writes 0.</summary>
    public const int Content = 1;

    private static readonly Option<long> Budget = CommonOptions.InRange(new Option<long>("--instructions")
    {
        Description = "Stop after this many instructions",
        HelpName = "N",
        DefaultValueFactory = _ => 10_000_000_000,
    }, 1, long.MaxValue);

    public static Command Make()
    {
        var verb = new Command("run", "Boot the image on the machine, with COM1 on the terminal; exit code 1 unless its programs end content")
        {
            Budget, ImageVerb.RoundTrips, ImageSource.File, ImageSource.Size,
        };
        verb.SetAction(Run);
        return verb;
    }

    /// <summary>Boots and runs; how it stopped, and the machine.</summary>
    public static (StopReason Reason, Pc Pc) Boot(KernelImage image, long budget, Action<byte> sent)
    {
        var pc = new Pc();
        pc.Serial.Sent = sent;
        Multiboot.Load(pc, image.ToElf());
        return (pc.Run(budget), pc);
    }

    private static int Run(ParseResult parsed)
    {
        var output = parsed.InvocationConfiguration.Output;
        var image = ImageSource.Of(parsed, new((uint)parsed.GetValue(ImageVerb.RoundTrips)));
        var (reason, pc) = Boot(image, parsed.GetValue(Budget), sent =>
        {
            output.Write((char)sent);
            if (sent == '\n') output.Flush();
        });
        output.WriteLine(reason switch
        {
            StopReason.Exited => $"[ended with status {pc.ExitStatus} after {pc.Instructions:N0} instructions]",
            StopReason.Budget => $"[stopped after {pc.Instructions:N0} instructions, at {image.Name(pc.Cpu.Eip.Value)}]",
            _ => $"[halted for ever after {pc.Instructions:N0} instructions, at {image.Name(pc.Cpu.Eip.Value)}]",
        });
        return reason == StopReason.Exited && pc.ExitStatus == Content ? CommandLine.Holds : CommandLine.Refuted;
    }
}
