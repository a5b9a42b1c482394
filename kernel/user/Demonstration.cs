using Verified.Spec;
using Verified.Spec.Values;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// The image's user programs. Ping calls pong a given number of times. Every 16th time it wakes the client, which has a
/// higher priority and then calls pong itself. When both are done, they send to the counter, which runs whenever no
/// other thread can. The counter ends the run. Each program prints one line, in an order that does not depend on
/// timing.
/// </summary>
internal static class Demonstration
{
    private const uint PingTask = 5,
        PongTask = 6,
        ClientTask = 7,
        CounterTask = 8;
    private const uint Normal = 50,
        Urgent = 60,
        Idle = 0;
    private const uint Call = 0,
        Wait = 1,
        Send = 0;
    private const uint Finish = 0xFFFFFFFF;

    public static bool Fits(Limits limits) =>
        limits.Tasks > CounterTask && limits.Priorities > Urgent && limits.Paging == Paging.Shipping;

    public static IReadOnlyList<UserProgram> Programs(uint roundTrips) =>
        [
            Program("ping", PingTask, Normal, quantum: 2, Ping(roundTrips)),
            Program("pong", PongTask, Normal, quantum: 1, Pong()),
            Program("client", ClientTask, Urgent, quantum: 3, Client()),
            Program("counter", CounterTask, Idle, quantum: 10, Counter()),
        ];

    private static UserProgram Program(string name, uint task, uint priority, uint quantum, byte[] code) =>
        new(name, new(Id(task), priority, quantum, UserProgram.CodePage, UserProgram.StackTop), code);

    /// <summary>Lthread 0, version 1, of a task whose chief is the root task.</summary>
    private static uint Id(uint task) => ThreadId.Make<Concrete>(4, task, 0, 1).Value;

    // Answers each caller with (EDX + 1, not EBX, EDI + EDX). The reply leaves EAX 0, ECX 0, EBP 1 and the sender in
    // ESI, which are the arguments of the next reply.
    private static byte[] Pong()
    {
        var p = new UserCode();
        var c = p.c;
        var (wait, answer) = (c.CreateLabel(), c.CreateLabel());
        c.Label(ref wait);
        p.Ipc(Descriptor.None, Wait);
        c.Label(ref answer);
        c.test(eax, eax);
        c.jne(wait);
        c.inc(edx);
        c.not(ebx);
        c.add(edi, edx);
        c.@int(WaysIn.Int(Entry.Ipc));
        c.jmp(answer);
        return p.Assemble();
    }

    private static byte[] Ping(uint roundTrips)
    {
        var p = new UserCode();
        var c = p.c;
        var (next, skip, done, wrong) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        var left = __dword_ptr[UserProgram.DataPage];
        c.mov(left, roundTrips);
        c.Label(ref next);
        c.cmp(left, 0);
        c.je(done);

        // Words that change in every round.
        c.mov(edx, left);
        c.lea(ebx, __[edx * 4 + 7]);
        c.lea(edi, __[edx * 8]);
        c.mov(esi, Id(PongTask));
        p.Ipc(Send, Call);
        c.test(eax, eax);
        c.jne(wrong);
        c.cmp(esi, Id(PongTask));
        c.jne(wrong);
        c.mov(ecx, left);
        c.lea(eax, __[ecx + 1]);
        c.cmp(edx, eax);
        c.jne(wrong);
        c.lea(eax, __[ecx + ecx * 8 + 1]);
        c.cmp(edi, eax);
        c.jne(wrong);
        c.lea(eax, __[ecx * 4 + 7]);
        c.not(eax);
        c.cmp(ebx, eax);
        c.jne(wrong);

        c.test(ecx, 15);
        c.jne(skip);
        c.mov(edx, ecx);
        c.mov(esi, Id(ClientTask));
        p.Ipc(Send, Descriptor.None);
        c.test(eax, eax);
        c.jne(wrong);
        c.Label(ref skip);
        c.dec(left);
        c.jmp(next);

        c.Label(ref done);
        p.Print($"ping: {roundTrips} round trips to pong, every answer right");
        c.mov(edx, Finish);
        c.mov(esi, Id(ClientTask));
        p.Ipc(Send, Descriptor.None);
        c.mov(esi, Id(CounterTask));
        p.Ipc(Send, Descriptor.None);

        // The data page is no longer needed.
        c.mov(eax, UserProgram.DataPage | 12 << 2);
        c.mov(ecx, Fpage.Own | Fpage.Unmap);
        c.@int(WaysIn.Int(Entry.FpageUnmap));
        p.Sleep();

        c.Label(ref wrong);
        p.Print("ping: wrong answer");
        p.Exit(1);
        return p.Assemble();
    }

    private static byte[] Client()
    {
        var p = new UserCode();
        var c = p.c;
        var (next, done, wrong) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        c.Label(ref next);
        c.mov(esi, Id(PingTask));
        p.Ipc(Descriptor.None, Call);
        c.test(eax, eax);
        c.jne(wrong);
        c.cmp(edx, Finish);
        c.je(done);

        // The client's own pattern: ping's number, its complement, a constant.
        c.mov(__dword_ptr[UserProgram.DataPage], edx);
        c.mov(ebx, edx);
        c.not(ebx);
        c.mov(edi, 0x12345678);
        c.mov(esi, Id(PongTask));
        p.Ipc(Send, Call);
        c.test(eax, eax);
        c.jne(wrong);
        c.mov(ecx, __dword_ptr[UserProgram.DataPage]);
        c.cmp(ebx, ecx);
        c.jne(wrong);
        c.inc(ecx);
        c.cmp(edx, ecx);
        c.jne(wrong);
        c.add(ecx, 0x12345678);
        c.cmp(edi, ecx);
        c.je(next);

        c.Label(ref wrong);
        p.Print("client: wrong answer");
        p.Exit(1);
        c.Label(ref done);
        p.Print("client: woken every 16th time, every answer right");
        c.mov(esi, Id(CounterTask));
        p.Ipc(Send, Descriptor.None);
        p.Sleep();
        return p.Assemble();
    }

    // Looks for a message each time it has counted 4,096 times; ends the run after the second message.
    private static byte[] Counter()
    {
        var p = new UserCode();
        var c = p.c;
        var (count, wrong) = (c.CreateLabel(), c.CreateLabel());
        var (counter, messages) = (__dword_ptr[UserProgram.DataPage], __dword_ptr[UserProgram.DataPage + 4]);
        c.Label(ref count);
        c.inc(counter);
        c.test(counter, 0xFFF);
        c.jne(count);
        p.Ipc(Descriptor.None, Wait, Timeouts.ZeroReceiveOnly);
        c.test(eax, eax);
        c.jne(count);
        c.inc(messages);
        c.cmp(messages, 2);
        c.jb(count);
        c.cmp(counter, 0x2000);
        c.jb(wrong);
        p.Print("counter: moved when the others waited");
        p.Exit(0);
        c.Label(ref wrong);
        p.Print("counter: did not move");
        p.Exit(1);
        return p.Assemble();
    }
}
