using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Proofs.Oracle;

/// <summary>
/// A ROM that waits for the timer with STI and HLT, and prints what woke it. An idle kernel does this, but the
/// demonstration of the image never does. It prints on port E9h, and ends by isa-debug-exit, or the port that ends
/// Bochs.
/// </summary>
public static class WaitingRom
{
    /// <summary>The expected output: one tick ends each wait.</summary>
    public const string Transcript = "t.t.t.t.t.";

    private const int Size = 0x10000,
        Waits = 5,
        Stack = 0x7000,
        Handler = 0x400,
        TimerVector = 8;
    private const byte MaskAll = 0xFF,
        MaskButTimer = 0xFE;

    /// <summary>64 KB, to lie below 1 MB and below 4 GB.</summary>
    public static byte[] Build()
    {
        var rom = new byte[Size];
        Assemble(Program).CopyTo(rom, 0);
        Assemble(Tick).CopyTo(rom, Handler);
        // The processor starts at F000:FFF0.
        Assemble(c => c.jmp(0xF000, 0)).CopyTo(rom, 0xFFF0);
        return rom;
    }

    private static byte[] Assemble(Action<Assembler> program)
    {
        var assembler = new Assembler(16);
        program(assembler);
        using var bytes = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(bytes), 0);
        return bytes.ToArray();
    }

    private static void Program(Assembler c)
    {
        var wait = c.CreateLabel();
        c.cli();
        c.xor(ax, ax);
        c.mov(ds, ax);
        c.mov(ss, ax);
        c.mov(sp, Stack);
        c.mov(__word_ptr[TimerVector * 4], Handler);
        c.mov(__word_ptr[TimerVector * 4 + 2], cs);
        foreach (
            var (port, value) in ((byte, byte)[])
                [(0x20, 0x11), (0x21, TimerVector), (0x21, 4), (0x21, 1), (0x43, 0x34), (0x40, 0), (0x40, 0x10)]
        )
            Out(c, port, value);
        c.mov(bx, Waits);
        c.Label(ref wait);
        Out(c, 0x21, MaskButTimer);
        c.sti();
        c.hlt();
        c.cli();
        Put(c, '.');
        c.dec(bx);
        c.jne(wait);
        c.mov(dx, 0xF4);
        c.@out(dx, al);
        c.mov(dx, 0x8900);
        foreach (var letter in "Shutdown")
        {
            c.mov(al, (byte)letter);
            c.@out(dx, al);
        }

        c.hlt();
    }

    /// <summary>Masks the timer, so that exactly one tick wakes each wait on machines of any speed.</summary>
    private static void Tick(Assembler c)
    {
        Put(c, 't');
        Out(c, 0x21, MaskAll);
        Out(c, 0x20, 0x20);
        c.iret();
    }

    private static void Put(Assembler c, char letter)
    {
        c.mov(dx, 0xE9);
        c.mov(al, (byte)letter);
        c.@out(dx, al);
    }

    private static void Out(Assembler c, byte port, byte value)
    {
        c.mov(al, value);
        c.@out(port, al);
    }
}
