using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Spec;

/// <summary>ipc (interface, section 3), operation by operation; a, b and c are threads of one priority.</summary>
public class IpcTests
{
    private const uint A = 1,
        B = 2,
        C = 3,
        Never = Timeouts.Infinite,
        No = Descriptor.None,
        Closed = 0,
        Open = 1,
        Memory = 0x1000;

    private readonly State<Concrete> s;
    private readonly Kernel<Concrete> kernel;

    public IpcTests()
    {
        s = Boot.Initial(
            new(4, 1, 2),
            new[] { A, B, C }.Select(task => new BootThread(Id(task), 1, 10, 0x1000, 0x2000))
        );
        kernel = new(s);
        Go();
    }

    [Fact]
    public void Call_waits_for_the_answer_of_its_partner()
    {
        Ipc(A, No, Open, Never, 0);
        Ipc(B, 0, Closed, Never, Id(A), 7);
        Assert.Equal((ThreadStatus.ReceivingFrom, A), (Status(B), s.Partner[B].Value));
        Received(A, B, 7);
        Assert.Equal(A, s.Current.Value);
    }

    [Fact]
    public void Reply_and_wait_answers_and_takes_the_next_sender()
    {
        Ipc(B, 0, Closed, Never, Id(A), 7);
        Ipc(C, 0, Closed, Never, Id(A), 8);
        Ipc(A, No, Open, Never, 0);
        Received(A, B, 7);
        Ipc(A, 0, Open, Never, Id(B), 9);
        Received(B, A, 9);
        Received(A, C, 8);
    }

    [Fact]
    public void Send_ends_when_the_receiver_takes_it()
    {
        Ipc(A, 0, No, Never, Id(B), 7);
        Assert.Equal(ThreadStatus.Sending, Status(A));
        Ipc(B, No, Closed, Never, Id(A));
        Received(B, A, 7);
        Assert.Equal((ThreadStatus.Ready, Code.Done), (Status(A), s.Eax[A].Value));
    }

    [Fact]
    public void Receive_from_takes_only_its_partner()
    {
        Ipc(A, No, Closed, Never, Id(B));
        Ipc(C, 0, No, Never, Id(A));
        Assert.Equal((ThreadStatus.ReceivingFrom, ThreadStatus.Sending), (Status(A), Status(C)));
    }

    [Fact]
    public void Sleep_ends_only_by_its_timeout()
    {
        Ipc(A, No, Closed, Never, ThreadId.Nil);
        Assert.Equal(ThreadStatus.Sleeping, Status(A));
        Fails(Code.ReceiveTimeout, B, No, Closed, Timeouts.ZeroReceiveOnly, ThreadId.Nil);
    }

    [Fact]
    public void No_partner() =>
        Each(
            Code.NoPartner,
            (0, No, Never, ThreadId.Nil),
            (0, No, Never, Id(A)),
            (0, No, Never, Id(B) + 1),
            (0, No, Never, ThreadId.Invalid),
            (No, Closed, Never, Id(B) + 1)
        );

    [Fact]
    public void Timeouts_of_zero() =>
        Each(Code.SendTimeout, (0, Closed, 0x10, Id(B)), (0, No, Timeouts.ZeroBoth, Id(B)));

    [Fact]
    public void Receive_timeouts_of_zero() =>
        Each(Code.ReceiveTimeout, (No, Open, Timeouts.ZeroReceiveOnly, 0), (No, Closed, Timeouts.ZeroBoth, Id(B)));

    [Fact]
    public void Messages_in_memory_are_cut()
    {
        Each(Code.SendCut, (Memory, Closed, Never, Id(B)));
        Each(Code.ReceiveCut, (No, Memory, Never, Id(B)));
    }

    [Fact]
    public void A_reply_with_timeout_zero_reaches_a_caller()
    {
        Ipc(B, 0, Closed, Never, Id(A), 7);
        Ipc(A, No, Open, Never, 0);
        Ipc(A, 0, No, Timeouts.ZeroBoth, Id(B), 9);
        Assert.Equal(Code.Done, s.Eax[A].Value);
        Received(B, A, 9);
    }

    [Fact]
    public void An_open_receiver_serves_every_waiting_sender_before_any_twice()
    {
        Ipc(B, 0, No, Never, Id(A));
        Ipc(C, 0, No, Never, Id(A));
        List<uint> served = [];
        for (var i = 0; i < 6; i++)
        {
            Ipc(A, No, Open, Never, 0);
            var sender = s.Row(s.Esi[A]).Value;
            served.Add(sender);
            Ipc(sender, 0, No, Never, Id(A));
        }

        Assert.Equal([B, C, B, C, B, C], served);
    }

    [Fact]
    public void Time_slices_go_round()
    {
        List<uint> picked = [];
        for (var i = 0; i < 60; i++)
        {
            kernel.Step(Entry.Tick);
            while (s.Stage.Value == Stages.Wake)
                kernel.Step(Entry.Wake);
            if (s.Stage.Value == Stages.Pick)
            {
                Go();
                picked.Add(s.Current.Value);
            }
        }

        Assert.Equal([B, C, A, B, C, A], picked);
    }

    private void Each(uint code, params (uint Send, uint Receive, uint Timeouts, uint To)[] calls)
    {
        foreach (var (send, receive, timeouts, to) in calls)
            Fails(code, A, send, receive, timeouts, to);
    }

    private void Fails(uint code, uint thread, uint send, uint receive, uint timeouts, uint to)
    {
        Ipc(thread, send, receive, timeouts, to);
        Assert.Equal((ThreadStatus.Ready, code), (Status(thread), s.Eax[thread].Value));
        Assert.Equal((to, receive, timeouts), (s.Esi[thread].Value, s.Ebp[thread].Value, s.Ecx[thread].Value));
    }

    private void Received(uint receiver, uint from, uint word) =>
        Assert.Equal(
            (ThreadStatus.Ready, Code.Done, Id(from), word, word + 1, word + 2),
            (
                Status(receiver),
                s.Eax[receiver].Value,
                s.Esi[receiver].Value,
                s.Edx[receiver].Value,
                s.Ebx[receiver].Value,
                s.Edi[receiver].Value
            )
        );

    // The thread gets the processor first, from any current thread.
    private void Ipc(uint thread, uint send, uint receive, uint timeouts, uint to, uint word = 0)
    {
        Assert.Equal(ThreadStatus.Ready, Status(thread));
        if (s.Current.Value != thread)
        {
            if (s.Stage.Value == Stages.Idle)
                throw new InvalidOperationException("nobody is ready");
            s.Esi[s.Current] = Id(thread);
            kernel.Step(Entry.ThreadSwitch);
        }

        (s.Eax[thread], s.Ebp[thread], s.Ecx[thread], s.Esi[thread]) = (send, receive, timeouts, to);
        (s.Edx[thread], s.Ebx[thread], s.Edi[thread]) = (word, word + 1, word + 2);
        kernel.Step(Entry.Ipc);
        Go();
    }

    private void Go()
    {
        while (Kernel<Concrete>.OwnStep(s.Stage.Value) is { } own)
            kernel.Step(own);
    }

    private uint Status(uint thread) => s.Status[thread].Value;

    private static uint Id(uint task) => ThreadId.Make<Concrete>(4, task, 0, 1).Value;
}
