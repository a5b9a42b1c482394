using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;
using Code = Verified.Spec.Code;

namespace Verified.Kernel;

/// <summary>
/// A user-level driver of the serial port COM1, and its client; both are threads of the root task. The driver waits for
/// interrupts and for its client at the same time. It stores the received bytes and gives them to the client one by
/// one. The client echoes them, up to the end of a line.
/// </summary>
internal static class UartDriver
{
    private const uint Driver = 0x04040401,
        Urgent = 60,
        Slice = 10,
        Stack = RootCode.Data + 0x3000;

    /// <summary>COM1's interrupt, as a sender.</summary>
    private const uint Interrupt = 4 + 1;

    private const uint Associated = Code.ReceiveTimeout;

    // The driver's data: a ring of 256 bytes, the positions of the next input and output, and the client that waits for
    // a byte, or nil.
    private const uint Ring = RootCode.Data + 0x100;
    private static readonly AssemblerMemoryOperand In = __dword_ptr[RootCode.Data],
        Out = __dword_ptr[RootCode.Data + 4],
        Client = __dword_ptr[RootCode.Data + 8];

    public static byte[] File()
    {
        var p = new RootCode();
        var c = p.c;
        var (next, done, wrong) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        p.Print("uart: type a line");
        p.Elsewhere(() => Drive(p));
        p.StartThread(lthread: 1, Stack);

        // The driver has a higher priority than its clients.
        c.mov(esi, Driver);
        c.mov(eax, Slice << 24 | ScheduleParam.TickExponent << 20 | Urgent);
        c.mov(ebx, ThreadId.Invalid);
        c.@int(WaysIn.Int(Entry.ThreadSchedule));
        c.Label(ref next);
        c.mov(esi, Driver);
        p.Ipc(RootCode.Call, RootCode.Closed);
        c.test(eax, eax);
        c.jne(wrong);
        c.cmp(dl, (byte)'\r');
        c.je(done);
        c.cmp(dl, (byte)'\n');
        c.je(done);
        c.mov(bl, dl);
        p.PutByte();
        c.jmp(next);
        c.Label(ref done);
        p.Print("");
        p.Print("uart: the end of the line");
        p.Exit(0);
        c.Label(ref wrong);
        p.Print("uart: wrong");
        p.Exit(1);
        return p.File();
    }

    private static void Drive(RootCode p)
    {
        var c = p.c;
        var (wait, message, request, drain, serve, fail) = (
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel()
        );
        c.mov(esi, Interrupt);
        p.Ipc(Descriptor.None, RootCode.Closed, Timeouts.ZeroReceiveOnly);
        c.cmp(eax, Associated);
        c.jne(fail);

        // Enables an interrupt for every received byte. OUT2 connects it to the interrupt controller.
        Put(Com1Ports.FifoControl, Com1Ports.FifosOn);
        Put(Com1Ports.ModemControl, Com1Ports.Connected);
        Put(Com1Ports.InterruptEnable, Com1Ports.ReceivedData);

        c.Label(ref wait);
        p.Ipc(Descriptor.None, RootCode.Open);
        c.Label(ref message);
        c.test(eax, eax);
        c.jne(wait);
        c.cmp(esi, Interrupt);
        c.jne(request);

        // The line stays masked until the next receive. Before that, the driver must take all received bytes, or no
        // further edge arrives.
        c.Label(ref drain);
        c.mov(edx, Com1Ports.LineStatus);
        c.@in(al, dx);
        c.test(al, (byte)Com1Ports.DataReady);
        c.je(serve);
        c.mov(edx, Com1Ports.Data);
        c.@in(al, dx);
        c.mov(ecx, In);
        c.mov(__byte_ptr[ecx + Ring], al);
        c.inc(cl);
        c.mov(In, ecx);
        c.jmp(drain);

        c.Label(ref request);
        c.mov(Client, esi);
        c.Label(ref serve);
        c.mov(esi, Client);
        c.test(esi, esi);
        c.je(wait);
        c.mov(ecx, Out);
        c.cmp(ecx, In);
        c.je(wait);
        c.movzx(edx, __byte_ptr[ecx + Ring]);
        c.inc(cl);
        c.mov(Out, ecx);
        c.mov(Client, ThreadId.Nil);
        p.Ipc(RootCode.Send, RootCode.Open);
        c.jmp(message);

        c.Label(ref fail);
        p.Print("uart: the interrupt is taken");
        p.Exit(1);

        void Put(uint port, uint value)
        {
            c.mov(edx, port);
            c.mov(eax, value);
            c.@out(dx, al);
        }
    }
}
