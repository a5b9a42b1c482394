using Iced.Intel;
using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Limits = Verified.Spec.Limits;

namespace Verified.Proofs.Oracle;

/// <param name="Form">An integer form of the Pentium, or another that the image has.</param>
/// <param name="InImage">The image's code after boot, or boot's, has it.</param>
/// <param name="Completed">Native cases that ran to their end, as on the machine.</param>
/// <param name="Trapped">Native cases that trapped, as on the machine.</param>
/// <param name="InTranscript">
/// The image built here, booting by itself or with root task hello, or <see cref="WaitingRom"/> executes it: the tests
/// compare their transcripts with QEMU's, the ROM's with Bochs' too.
/// </param>
public sealed record CoveredForm(Code Form, bool InImage, long Completed, long Trapped, bool InTranscript)
{
    /// <summary>
    /// True if no other processor has executed an instruction form of the image with the same result.
    /// </summary>
    public bool IsUnseen => InImage && Completed == 0 && !InTranscript;
}

/// <summary>
/// The instruction forms that have been compared with an independent implementation, and the kind of comparison.
/// </summary>
public static class FormCoverage
{
    // Enough instructions for a demonstration with few round trips to end.
    private const long Instructions = 20_000_000;

    public static IReadOnlyList<CoveredForm> Of(KernelImage image, OracleResult native)
    {
        var (has, does) = (
            FormsOf(image),
            Executed(KernelImage.Build(Limits.Shipping, new ImageOptions(RoundTrips: 100)))
        );
        return
        [
            .. Forms
                .Pentium.Union(has)
                .Union(does)
                .Order()
                .Select(form =>
                {
                    var cases = native.Compared.GetValueOrDefault(form);
                    var completed = native.Completed.GetValueOrDefault(form);
                    return new CoveredForm(form, has.Contains(form), completed, cases - completed, does.Contains(form));
                }),
        ];
    }

    private static HashSet<Code> FormsOf(KernelImage image)
    {
        HashSet<Code> forms = [];
        var (start, end) = (
            image.Code.Start,
            image.Symbols.TryGetValue("banner", out var constants) ? constants : image.Boot.End
        );
        foreach (var line in Listing.Lines(image, start, end))
            forms.Add(Form(line.Bytes.ToArray()));
        return forms;
    }

    private static HashSet<Code> Executed(KernelImage image)
    {
        HashSet<Code> forms = [];
        var (booting, serving) = (new Pc(), new Pc());
        Multiboot.Load(booting, image.ToElf());
        Multiboot.Load(
            serving,
            image.ToElf(),
            "",
            [
                .. new[] { ServerPrograms.Sigma0, ServerPrograms.Roots.Single(root => root.Name == "hello") }.Select(
                    server => new BootModule(server.Name, server.File)
                ),
            ]
        );
        foreach (var pc in (Pc[])[booting, serving, new Pc(16 << 20, WaitingRom.Build())])
        {
            HashSet<uint> seen = [];
            pc.Trace = machine => Note(machine, seen, forms);
            pc.Run(Instructions);
        }

        return forms;
    }

    private static void Note(Pc pc, HashSet<uint> seen, HashSet<Code> forms)
    {
        var code = pc.Cpu.S[SegmentRegister.Cs];
        var at = code.Base.Value + pc.Cpu.Eip.Value;
        if (!seen.Add(at))
            return;
        var bytes = new byte[16];
        for (var i = 0u; i < 16; i += 4)
            BitConverter.TryWriteBytes(bytes.AsSpan((int)i), pc.TryPeek(at + i) ?? 0);
        forms.Add(Form(bytes, code.Big ? 32 : 16));
    }

    private static Code Form(byte[] bytes, int bitness = 32)
    {
        Decoder.Create(bitness, new ByteArrayCodeReader(bytes)).Decode(out var instruction);
        return instruction.Code;
    }
}
