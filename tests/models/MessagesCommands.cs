using FsCheck;
using FsCheck.Fluent;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Tests.Models;

/// <summary>
/// Commands on messages: ipc, the processor for a thread that continues in the kernel, time, cancellation.
/// </summary>
public abstract record MessagesCommand : ICommand<MessagesModel>
{
    public abstract bool Fits(MessagesModel model);

    public abstract MessagesModel Next(MessagesModel model);

    public abstract void Do(SpecSubject subject);

    protected static uint Row(int party) =>
        ThreadId.Row((Concrete)MessagesModel.Ids[party], MessagesSuite.Limits).Value;

    /// <summary>Every thread has the status and the registers that the model gives.</summary>
    public string? Difference(SpecSubject subject, MessagesModel after)
    {
        var s = subject.State;
        for (var i = 0; i < after.Parties.Count; i++)
        {
            var (row, party) = (Row(i), after.Parties[i]);
            if (s.Status[row].Value != StatusOf(party.Doing))
                return $"thread {i} is {ThreadStatus.Names[s.Status[row].Value]}, and must be {party.Doing}";
            if (party.Partner >= 0 && s.Partner[row].Value != Row(party.Partner))
                return $"thread {i} waits for thread {s.Partner[row]}, and must wait for {party.Partner}";
            Words words = new(s.Eax[row], s.Ecx[row], s.Edx[row], s.Ebx[row], s.Ebp[row], s.Esi[row], s.Edi[row]);
            if (words != party.Words)
                return $"thread {i} has {Told(words)}, and must have {Told(party.Words)}";
        }

        return null;
    }

    private static string Told(Words words) =>
        $"EAX {words.Eax:X} ECX {words.Ecx:X} EDX {words.Edx:X} EBX {words.Ebx:X} "
        + $"EBP {words.Ebp:X} ESI {words.Esi:X} EDI {words.Edi:X}";

    private static uint StatusOf(Doing doing) =>
        doing switch
        {
            Doing.Ready => ThreadStatus.Ready,
            Doing.Sends => ThreadStatus.Sending,
            Doing.Receives => ThreadStatus.ReceivingFrom,
            Doing.Listens => ThreadStatus.ReceivingAny,
            Doing.Sleeps => ThreadStatus.Sleeping,
            Doing.Resumes => ThreadStatus.Resuming,
            Doing.Gives => ThreadStatus.Giving,
            _ => ThreadStatus.Mapping,
        };

    /// <summary>An ipc of a thread that is ready.</summary>
    public sealed record Ipc(int Me, Words Words) : MessagesCommand
    {
        public override bool Fits(MessagesModel model) => model.Parties[Me].Doing == Doing.Ready;

        public override MessagesModel Next(MessagesModel model) => model.Ipc(Me, Words);

        public override void Do(SpecSubject subject)
        {
            var (s, row) = (subject.State, Row(Me));
            (s.Eax[row], s.Ecx[row], s.Edx[row], s.Ebx[row]) = (Words.Eax, Words.Ecx, Words.Edx, Words.Ebx);
            (s.Ebp[row], s.Esi[row], s.Edi[row]) = (Words.Ebp, Words.Esi, Words.Edi);
            subject.Call(row, Entry.Ipc);
        }

        public override string ToString() => $"ipc of {Me}: {Told(Words)}";
    }

    /// <summary>Gives the processor to a thread that continues in the kernel.</summary>
    public sealed record Resume(int Me) : MessagesCommand
    {
        public override bool Fits(MessagesModel model) => model.Parties[Me].Doing is Doing.Resumes or Doing.Takes;

        public override MessagesModel Next(MessagesModel model) => model.Resume(Me);

        public override void Do(SpecSubject subject) => subject.Let(Row(Me));

        public override string ToString() => $"processor for {Me}";
    }

    /// <summary>So many ticks.</summary>
    public sealed record Tick(int Times) : MessagesCommand
    {
        public override bool Fits(MessagesModel model) => true;

        public override MessagesModel Next(MessagesModel model) =>
            Enumerable.Range(0, Times).Aggregate(model, (now, _) => now.Tick());

        public override void Do(SpecSubject subject)
        {
            for (var i = 0; i < Times; i++)
                subject.Enter(Entry.Tick);
        }

        public override string ToString() => $"{Times} ticks";
    }

    /// <summary>lthread_ex_regs that changes nothing, by a thread of the same task.</summary>
    public sealed record Cancel(int Me, int By) : MessagesCommand
    {
        public override bool Fits(MessagesModel model) =>
            Me != By
            && MessagesModel.Ids[Me] >> 16 == MessagesModel.Ids[By] >> 16
            && model.Parties[By].Doing == Doing.Ready
            && model.Parties[Me].Doing is not (Doing.Gives or Doing.Takes);

        public override MessagesModel Next(MessagesModel model) => model.Cancel(Me, By);

        public override void Do(SpecSubject subject)
        {
            var (s, row) = (subject.State, Row(By));
            s.Eax[row] = MessagesModel.Ids[Me] >> 10 & 0x3F;
            s.Ecx[row] = s.Edx[row] = s.Ebx[row] = s.Esi[row] = ThreadId.Invalid;
            subject.Call(row, Entry.LthreadExRegs);
        }

        public override string ToString() => $"ex_regs of {Me} by {By}";
    }
}

/// <summary>Useful commands: rendezvous in either order, timeouts at their boundaries, and hostile words.</summary>
public static class MessagesSuite
{
    private const uint No = Descriptor.None,
        Window = Fpage.Whole | 2;

    public static readonly Limits Limits = new(8, 2, 4);

    private static readonly uint Driver = 4 * Limits.Lthreads;

    private static readonly Gen<uint> Word = Gen.Choose(int.MinValue, int.MaxValue).Select(word => (uint)word);

    private static readonly Gen<uint> Send = Gen.Frequency(
        (10, Gen.Constant(0u)),
        (4, Gen.Constant(2u)),
        (5, Gen.Constant(No)),
        (1, Gen.Elements(1u, 3u, 4u, 0xFFFFFFFEu)),
        (1, Word)
    );

    private static readonly Gen<uint> Receive = Gen.Frequency(
        (5, Gen.Constant(0u)),
        (6, Gen.Constant(1u)),
        (5, Gen.Constant(No)),
        (3, Gen.Elements(Window, Window | 1)),
        (1, Gen.Elements(2u, 3u, 4u, 5u, 0x2002u)),
        (1, Word)
    );

    // Infinite, zero, one, two and three ticks, and the longest timeout, for either part.
    private static readonly Gen<uint> Soon = Gen.Frequency(
            (1, Gen.Elements(0x01u, 0x10u, 0x11u)),
            (4, Gen.Elements(0x0101009Fu, 0x010100FFu, 0x040400CAu, 0x08FF00FFu))
        ),
        Timeout = Gen.Frequency(
            (8, Gen.Constant(0u)),
            (8, Soon),
            (1, Gen.Elements(0xFFFF0011u, 0x00010010u)),
            (1, Word)
        );

    public static Suite<MessagesModel> Make() => new(Start, () => MessagesModel.Start, Next);

    private static SpecSubject Start(Action<State<Concrete>, Entry>? damage)
    {
        const uint driverId = 0x04040001;
        var s = Boot.Initial(
            Limits,
            MessagesModel
                .Ids.Append(driverId)
                .Select(id => new BootThread(id, id == driverId ? 3u : 1u, ScheduleParam.Infinite, 0x1000, 0x2000))
        );
        var subject = new SpecSubject(s, Driver, damage);
        subject.Settle();
        return subject;
    }

    private static Gen<ICommand<MessagesModel>> Next(MessagesModel model)
    {
        var parties = Enumerable.Range(0, model.Parties.Count).ToArray();
        int[] ready = [.. parties.Where(i => model.Parties[i].Doing == Doing.Ready)];
        int[] inKernel = [.. parties.Where(i => model.Parties[i].Doing is Doing.Resumes or Doing.Takes)];
        var tick = Gen.Choose(1, 3).Select(times => (ICommand<MessagesModel>)new MessagesCommand.Tick(times));
        var cancel =
            from me in Gen.Elements(parties)
            from other in Gen.Elements(parties)
            select (ICommand<MessagesModel>)new MessagesCommand.Cancel(me, other);
        var resume =
            inKernel.Length == 0
                ? tick
                : Gen.Elements(inKernel).Select(me => (ICommand<MessagesModel>)new MessagesCommand.Resume(me));
        return ready.Length == 0
            ? Gen.Frequency((1, tick), (4, resume))
            : Gen.Frequency((12, Ipcs(model, ready)), (2, tick), (3, resume), (2, cancel));
    }

    // A message to a thread that waits for it, a receive from a thread that waits to send, or any message.
    private static Gen<ICommand<MessagesModel>> Ipcs(MessagesModel model, int[] ready)
    {
        // The last ready threads do not wait for ever, so some thread acts again.
        var timeout = ready.Length > 2 ? Timeout : Soon;
        return from me in Gen.Elements(ready)
            from aim in Aim(model, me)
            from timeouts in timeout
            from word in Word
            select (ICommand<MessagesModel>)
                new MessagesCommand.Ipc(me, new(aim.Send, timeouts, word, ~word, aim.Receive, aim.Partner, word + 1));
    }

    private static Gen<(uint Send, uint Receive, uint Partner)> Aim(MessagesModel model, int me)
    {
        uint[] listeners = Others(model, me, other =>
            other.Doing == Doing.Listens || (other.Doing == Doing.Receives && other.Partner == me)
        );
        uint[] senders = Others(model, me, other => other.Doing == Doing.Sends && other.Partner == me);
        var any = from send in Send from receive in Receive from partner in Partner select (send, receive, partner);
        var sends =
            from send in Gen.Elements(0u, 0u, 2u)
            from receive in Receive
            from partner in Gen.Elements(listeners)
            select (send, receive, partner);
        var takes =
            from receive in Gen.Elements(0u, 1u, 1u, Window, Window | 1)
            from partner in Gen.Elements(senders)
            select (No, receive, partner);
        return Gen.Frequency([
            (6, any),
            .. listeners.Length > 0 ? [(8, sends)] : Nothing,
            .. senders.Length > 0 ? [(8, takes)] : Nothing,
        ]);
    }

    private static readonly (int, Gen<(uint, uint, uint)>)[] Nothing = [];

    private static uint[] Others(MessagesModel model, int me, Func<Party, bool> which) =>
        [
            .. Enumerable
                .Range(0, model.Parties.Count)
                .Where(i => i != me && which(model.Parties[i]))
                .Select(i => MessagesModel.Ids[i]),
        ];

    // A thread, or an id that names none.
    private static readonly Gen<uint> Partner = Gen.Frequency(
        (12, Gen.Elements(MessagesModel.Ids.ToArray())),
        (
            2,
            Gen.Elements(
                0u,
                0u,
                0xFFFFFFFF,
                1u,
                3u,
                MessagesModel.Ids[0] + 1,
                MessagesModel.Ids[1] ^ 1 << 24,
                0x04070401u
            )
        ),
        (1, Word.Where(word => word > 16))
    );
}
