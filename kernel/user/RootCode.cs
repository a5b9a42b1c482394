using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>What root tasks have in common: where they are linked, asking σ0, making tasks and threads.</summary>
internal sealed class RootCode() : UserCode(Origin)
{
    /// <summary>Where they are linked.</summary>
    public const uint Origin = 0x800000;

    /// <summary>Zeros at boot.</summary>
    public const uint Data = Origin + 0x2000;

    /// <summary>Nothing is mapped from here on.</summary>
    public const uint Window = 0x10000000;

    private const uint DataSize = 0x4000, Call = 0, AcceptsItems = 2, Page = 12 << 2;

    /// <summary>Calls σ0 with two words; what it maps arrives in the page at <paramref name="window"/>. Failing, it ends the run.</summary>
    public void AskSigma0(uint w0, uint w1, uint window)
    {
        var mapped = c.CreateLabel();
        c.mov(esi, ServerThreads.Sigma0.Id);
        c.mov(edx, w0);
        c.mov(ebx, w1);
        Ipc(Call, window | Page | AcceptsItems);
        c.cmp(eax, MappedDope);
        c.je(mapped);
        Print("sigma0 does not give it");
        Exit(1);
        c.Label(ref mapped);
    }

    /// <summary>A message with map items, done.</summary>
    private const uint MappedDope = 0x02;

    public byte[] File()
    {
        var code = Assemble();
        return ElfProgram.Of(Origin, new ProgramSegment(Origin, code, Data + DataSize - Origin));
    }
}
