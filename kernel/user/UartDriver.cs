using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>A root task that is the driver of COM1: it waits for the interrupts of its receiver, and sends back what arrives, up to a full stop.</summary>
internal static class UartDriver
{
    /// <summary>The interrupt line of COM1, and the id that its messages come from.</summary>
    private const uint Line = 4, Interrupt = Line + 1;

    private const uint Associated = Spec.Code.ReceiveTimeout;

    public static byte[] File()
    {
        var p = new RootCode();
        var c = p.c;
        var (wait, look, wrong, end) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        c.mov(esi, Interrupt);
        p.Ipc(Descriptor.None, RootCode.Closed, Timeouts.ZeroReceiveOnly);
        c.cmp(eax, Associated);
        c.jne(wrong);

        // Received data raise interrupts, which OUT2 lets through.
        c.mov(edx, Com1.Data + 1);
        c.mov(al, 1);
        c.@out(dx, al);
        c.mov(edx, Com1.Data + 4);
        c.mov(al, 0x0B);
        c.@out(dx, al);
        p.Print("uart: ready");

        // The message leaves its sender in ESI, the next one's too.
        c.mov(esi, Interrupt);
        c.Label(ref wait);
        p.Ipc(Descriptor.None, RootCode.Closed);
        c.test(eax, eax);
        c.jne(wrong);
        c.Label(ref look);
        c.mov(edx, Com1.LineStatus);
        c.@in(al, dx);
        c.test(al, 1);
        c.je(wait);
        c.mov(edx, Com1.Data);
        c.@in(al, dx);
        c.cmp(al, (byte)'.');
        c.je(end);
        c.@out(dx, al);
        c.jmp(look);

        c.Label(ref end);
        p.Print("");
        p.Print("uart: a full stop");
        p.Exit(0);
        c.Label(ref wrong);
        p.Print("uart: wrong");
        p.Exit(1);
        return p.File();
    }
}
