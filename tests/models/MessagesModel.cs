using System.Collections.Immutable;

namespace Verified.Tests.Models;

/// <summary>The status of a thread in the model.</summary>
public enum Doing
{
    Ready,

    /// <summary>It waits until its partner receives.</summary>
    Sends,

    /// <summary>It waits for its partner.</summary>
    Receives,

    /// <summary>It waits for any thread.</summary>
    Listens,

    /// <summary>It waits for no thread.</summary>
    Sleeps,

    /// <summary>It continues with its receive part when it gets the processor, because a sender waits.</summary>
    Resumes,

    /// <summary>It waits until its partner has taken its map item.</summary>
    Gives,

    /// <summary>It takes its partner's map item when it gets the processor.</summary>
    Takes,
}

/// <summary>The registers of an ipc.</summary>
public sealed record Words(uint Eax, uint Ecx, uint Edx, uint Ebx, uint Ebp, uint Esi, uint Edi);

/// <summary>A thread of the model.</summary>
public sealed record Party(Doing Doing, int Partner, long? Until, int Served, Words Words);

/// <summary>
/// Messages as in Liedtke's manual (interface, section 3): synchronous, unbuffered, between two threads that name or
/// admit each other. Time passes in ticks. The model leaves open which thread has the processor: each command names the
/// acting thread.
/// </summary>
/// <param name="Parties">The threads, in the order of their numbers.</param>
/// <param name="Clock">Ticks since the start.</param>
/// <param name="Case">The kind of the last command.</param>
public sealed record MessagesModel(ImmutableList<Party> Parties, long Clock, string Case) : IModel
{
    private const uint No = 0xFFFFFFFF,
        Done = 0,
        Mapped = 2,
        NoPartner = 0x10,
        ReceiveTimeout = 0x20,
        SendTimeout = 0x30,
        ReceiveCancelled = 0x40,
        SendCancelled = 0x50,
        ReceiveCut = 0xE0,
        SendCut = 0xF0;

    private const int Nobody = -1;

    /// <summary>The threads' ids: two threads in task 5, two in task 6, one in task 7.</summary>
    public static readonly IReadOnlyList<uint> Ids = [0x04050001, 0x04050401, 0x04060001, 0x04060401, 0x04070001];

    public static MessagesModel Start { get; } =
        new([.. Ids.Select(_ => new Party(Doing.Ready, Nobody, null, Nobody, new(0, 0, 0, 0, 0, 0, 0)))], 0, "");

    public override string ToString() => Case;

    /// <summary>An ipc of a thread that is ready.</summary>
    public MessagesModel Ipc(int me, Words words)
    {
        var model = With(me, Parties[me] with { Words = words });
        var partner = Named(words.Esi);
        if (words.Eax == No)
            return model.Receive(me, isCurrent: true);
        if (words.Eax >= 4)
            return model.End(me, SendCut, "send cut");
        if (partner == Nobody || partner == me)
            return model.End(me, NoPartner, "send to nobody");
        var other = Parties[partner];
        if (other.Doing == Doing.Listens || (other.Doing == Doing.Receives && other.Partner == me))
            return model.Gives(me, partner)
                ? model.Give(me, partner, "item sent")
                : model.Transfer(me, partner).Receive(me, isCurrent: true).Called("sent: ");
        return (words.Ecx & 0xF0) != 0 && (words.Ecx & 0xFF0000) == 0
            ? model.End(me, SendTimeout, "send ends at once")
            : model.Wait(me, Doing.Sends, partner, words.Ecx >> 16 & 0xFF, words.Ecx >> 4 & 0xF, "waits to send");
    }

    /// <summary>A thread gets the processor, and continues in the kernel.</summary>
    public MessagesModel Resume(int me)
    {
        var party = Parties[me];
        if (party.Doing == Doing.Resumes)
            return Receive(me, isCurrent: true).Called("resumed: ");

        // No thread has a page, so the item maps nothing, and the giver continues with its receive part.
        return Free(me).Receive(party.Partner, isCurrent: false).Named("item taken");
    }

    /// <summary>Time passes; every wait that ends at a tick ends.</summary>
    public MessagesModel Tick()
    {
        var model = this with { Clock = Clock + 1, Case = "tick" };
        for (var i = 0; i < Parties.Count; i++)
            if (Parties[i].Until == model.Clock)
                model =
                    Parties[i].Doing == Doing.Sends
                        ? model.End(i, SendTimeout, "tick: send ends")
                        : model.End(i, ReceiveTimeout, "tick: receive ends");
        return model;
    }

    /// <summary>lthread_ex_regs of a thread by another thread of its task.</summary>
    public MessagesModel Cancel(int me, int by) =>
        (
            Parties[me].Doing switch
            {
                Doing.Ready => Named("cancel: nothing to cancel"),
                Doing.Sends => End(me, SendCancelled, "cancel: a send"),
                _ => End(me, ReceiveCancelled, "cancel: a receive"),
            }
        ).With(
            by,
            Parties[by] with
            {
                // The old values of a thread that was never set: EFLAGS, ESP, EIP, preempter and pager.
                Words = Parties[by].Words with
                {
                    Eax = 0x202,
                    Ecx = 0x2000,
                    Edx = 0x1000,
                    Ebx = 0,
                    Esi = 0,
                },
            }
        );

    private MessagesModel Receive(int me, bool isCurrent)
    {
        var words = Parties[me].Words;
        var (zero, m, e) = ((words.Ecx & 0xF) != 0 && words.Ecx >> 24 == 0, words.Ecx >> 24, words.Ecx & 0xF);
        if (words.Ebp == No)
            return End(me, Done, "no receive part");
        if (words.Ebp >= 4 && (words.Ebp & 2) == 0)
            return End(me, ReceiveCut, "receive cut");
        if ((words.Ebp & 1) != 0)
        {
            var sender = NextSender(me);
            if (sender != Nobody && !isCurrent)
                return With(me, Parties[me] with { Doing = Doing.Resumes, Partner = Nobody, Until = null });
            if (sender != Nobody)
                return With(me, Parties[me] with { Served = sender }).Accept(me, sender);
            return zero
                ? End(me, ReceiveTimeout, "receive ends at once")
                : Wait(me, Doing.Listens, Nobody, m, e, "waits for anyone");
        }

        var from = Named(words.Esi);
        if (words.Esi is > 0 and <= 16)
            return End(me, NoPartner, "receive from nobody's interrupt");
        if (words.Esi == 0)
            return zero
                ? End(me, ReceiveTimeout, "receive ends at once")
                : Wait(me, Doing.Sleeps, Nobody, m, e, "sleeps");
        if (from == Nobody)
            return End(me, NoPartner, "receive from nobody");
        if (Parties[from].Doing == Doing.Sends && Parties[from].Partner == me)
            return Accept(me, from);
        return zero
            ? End(me, ReceiveTimeout, "receive ends at once")
            : Wait(me, Doing.Receives, from, m, e, "waits for one");
    }

    // Delivers a waiting sender's message. The sender continues with its receive part.
    private MessagesModel Accept(int me, int sender) =>
        Gives(sender, me)
            ? Give(sender, me, "item accepted")
            : Transfer(sender, me).Until(sender, null).Receive(sender, isCurrent: false).Named("message accepted");

    private MessagesModel Transfer(int from, int to) => Arrive(from, to, Done).Free(to);

    private MessagesModel Give(int from, int to, string name) =>
        Arrive(from, to, Mapped).Set(from, Doing.Gives, to).Set(to, Doing.Takes, from).Named(name);

    private MessagesModel Arrive(int from, int to, uint code)
    {
        var words = Parties[from].Words;
        return With(
            to,
            Parties[to] with
            {
                Words = Parties[to].Words with
                {
                    Eax = code,
                    Edx = words.Edx,
                    Ebx = words.Ebx,
                    Edi = words.Edi,
                    Esi = Ids[from],
                },
            }
        );
    }

    // An item is taken into a valid window, between two tasks.
    private bool Gives(int from, int to)
    {
        var window = Parties[to].Words.Ebp;
        var size = (int)(window >> 2 & 0x3F);
        return (Parties[from].Words.Eax & 2) != 0
            && (window & 2) != 0
            && Ids[from] >> 16 != Ids[to] >> 16
            && (
                window >> 24 == 0xF0
                    ? size is >= 4 and <= 16 && (window >> 12) % (1 << size - 4) == 0
                    : size is >= 12 and <= 32 && (window >> 12) % (1 << size - 12) == 0
            );
    }

    // The next sender to a thread: the first in cyclic order of thread numbers after the last served sender.
    private int NextSender(int me) =>
        Enumerable
            .Range(1, Parties.Count)
            .Select(n => (Math.Max(Parties[me].Served, -1) + n) % Parties.Count)
            .Where(i => Parties[i].Doing == Doing.Sends && Parties[i].Partner == me)
            .DefaultIfEmpty(Nobody)
            .First();

    // A finite wait of t microseconds ends at tick ceil(t / 1000) + 1 after its start.
    private MessagesModel Wait(int me, Doing doing, int partner, uint m, uint e, string name) =>
        Set(me, doing, partner)
            .Until(
                me,
                e == 0
                    ? null
                    : Clock
                        + ((long)m << (int)(30 - 2 * e)) / 1000
                        + (((long)m << (int)(30 - 2 * e)) % 1000 == 0 ? 0 : 1)
                        + 1
            )
            .Named(name);

    private static int Named(uint id) => ((ImmutableList<uint>)[.. Ids]).IndexOf(id);

    private MessagesModel End(int me, uint code, string name) =>
        Free(me).With(me, Free(me).Parties[me] with { Words = Parties[me].Words with { Eax = code } }).Named(name);

    private MessagesModel Free(int me) => Set(me, Doing.Ready, Nobody);

    private MessagesModel Set(int me, Doing doing, int partner) =>
        With(me, Parties[me] with { Doing = doing, Partner = partner, Until = null });

    private MessagesModel Until(int me, long? tick) => With(me, Parties[me] with { Until = tick });

    private MessagesModel With(int me, Party party) => this with { Parties = Parties.SetItem(me, party) };

    private MessagesModel Named(string name) => this with { Case = name };

    private MessagesModel Called(string before) => this with { Case = before + Case };
}
