using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// A root task of two threads. The first one starts the second by lthread_ex_regs and calls it repeatedly.
/// </summary>
internal static class PingPong
{
    private const uint RoundTrips = 10_000,
        Pong = RootCode.Second,
        Stack = RootCode.Data + 0x2000;

    public static byte[] File()
    {
        var p = new RootCode();
        var c = p.c;
        var (next, wrong) = (c.CreateLabel(), c.CreateLabel());
        var left = __dword_ptr[RootCode.Data];
        p.Elsewhere(() =>
        {
            var (wait, answer) = (c.CreateLabel(), c.CreateLabel());
            c.Label(ref wait);
            p.Ipc(Descriptor.None, RootCode.Open);
            c.Label(ref answer);
            c.test(eax, eax);
            c.jne(wait);
            c.inc(edx);
            c.@int(WaysIn.Int(Entry.Ipc));
            c.jmp(answer);
        });
        p.StartThread(lthread: 1, Stack);
        c.mov(left, RoundTrips);
        c.Label(ref next);
        c.mov(edx, left);
        c.mov(esi, Pong);
        p.Ipc(RootCode.Call, RootCode.Closed);
        c.test(eax, eax);
        c.jne(wrong);
        c.dec(edx);
        c.cmp(edx, left);
        c.jne(wrong);
        c.dec(left);
        c.jne(next);
        p.Print($"pingpong: {RoundTrips} round trips, every answer right");
        p.Exit(0);
        c.Label(ref wrong);
        p.Print("pingpong: wrong answer");
        p.Exit(1);
        return p.File();
    }
}
