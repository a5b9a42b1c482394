using System.Collections.Immutable;

namespace Verified.Tests.Models;

/// <summary>The event that a thread of the model waits for.</summary>
public enum Waiting
{
    No,
    Sends,
    Receives,
}

/// <summary>The properties of a thread that its task and its scheduler set.</summary>
public sealed record Attributes(
    uint Id,
    uint Priority,
    uint Mcp,
    uint Quantum,
    uint Esp,
    uint Eip,
    uint Pager,
    uint Preempter,
    uint External,
    Waiting Waiting,
    int Partner
);

/// <summary>The registers in which a call takes its arguments and returns its results.</summary>
public sealed record Arguments(uint Eax, uint Ecx, uint Edx, uint Ebx, uint Esi);

/// <summary>
/// Tasks and threads as in Liedtke's manual (interface, sections 7 to 9): which threads may create, delete, set and
/// schedule which others. A model of a call returns the results that its caller gets.
/// </summary>
/// <param name="Threads">The threads in use, by number.</param>
/// <param name="Chiefs">The chief of each task.</param>
/// <param name="Versions">The version of each task's present or last incarnation.</param>
/// <param name="Case">The kind of the last command.</param>
/// <param name="Results">The results of the last call.</param>
/// <param name="Codes">The codes of threads whose wait the last call ended.</param>
public sealed record TasksModel(
    ImmutableSortedDictionary<int, Attributes> Threads,
    ImmutableList<uint> Chiefs,
    ImmutableList<uint> Versions,
    string Case,
    Arguments Results,
    ImmutableDictionary<int, uint> Codes
) : IModel
{
    public const int Tasks = 8,
        Lthreads = 4;

    private const uint None = 0xFFFFFFFF,
        NoPartner = 0x10,
        ReceiveCancelled = 0x40,
        SendCancelled = 0x50,
        LastVersion = 0x3FF;

    private const int Nobody = -1;

    public override string ToString() => Case;

    public static int TaskOf(int thread) => thread / Lthreads;

    /// <summary>The thread that an id names. Only the complete id names it.</summary>
    public int Named(uint id) =>
        Threads.Where(thread => thread.Value.Id == id).Select(thread => thread.Key).DefaultIfEmpty(Nobody).First();

    /// <summary>lthread_ex_regs: EAX lthread, ECX ESP, EDX EIP, EBX preempter, ESI pager.</summary>
    public TasksModel ExRegs(int me, Arguments given)
    {
        var thread = TaskOf(me) * Lthreads + (int)given.Eax;
        var starts = given.Eax < Lthreads && !Threads.ContainsKey(thread) && given.Ecx != None && given.Edx != None;
        if (given.Eax >= Lthreads || (!starts && !Threads.ContainsKey(thread)))
            return Done("ex_regs: no such lthread", new(None, None, None, None, None));
        var caller = Threads[me];
        var old = starts ? Blank(caller, caller.Id & 0xFFFF03FF | given.Eax << 10) : Threads[thread];
        var next = old with
        {
            Esp = Or(given.Ecx, old.Esp),
            Eip = InSpace(Or(given.Edx, old.Eip)),
            Preempter = Or(given.Ebx, old.Preempter),
            Pager = Or(given.Esi, old.Pager),
            Waiting = Waiting.No,
            Partner = Nobody,
        };
        var codes =
            old.Waiting == Waiting.No
                ? NoCodes
                : NoCodes.Add(thread, old.Waiting == Waiting.Sends ? SendCancelled : ReceiveCancelled);
        var name =
            starts ? "ex_regs: starts"
            : thread == me ? "ex_regs: oneself"
            : codes.IsEmpty ? "ex_regs: sets"
            : "ex_regs: cancels";
        return (this with { Threads = Threads.SetItem(thread, next), Codes = codes }).Done(
            name,
            new(0x202, old.Esp, old.Eip, old.Preempter, old.Pager),
            codes
        );
    }

    /// <summary>
    /// task_new: ESI task, EBX pager, EDX EIP, ECX ESP, EAX mcp; or EBX nil, and EAX a thread of the new chief.
    /// </summary>
    public TasksModel TaskNew(int me, Arguments given)
    {
        var (task, mine) = ((int)(given.Esi >> 16 & 0xFF), (uint)TaskOf(me));
        if (task >= Tasks || Chiefs[task] != mine)
            return Done("task_new: another's task", given with { Esi = 0 });
        HashSet<int> clan = [task];
        while (Enumerable.Range(0, Tasks).Any(each => clan.Contains((int)Chiefs[each]) && clan.Add(each))) { }

        var left = Threads.RemoveRange(Threads.Keys.Where(thread => clan.Contains(TaskOf(thread))));
        var waiters = left.Where(thread =>
                thread.Value.Waiting != Waiting.No && !left.ContainsKey(thread.Value.Partner)
            )
            .ToList();
        left = left.SetItems(
            waiters.Select(thread =>
                KeyValuePair.Create(thread.Key, thread.Value with { Waiting = Waiting.No, Partner = Nobody })
            )
        );
        var chiefs = clan.Aggregate(Chiefs, (now, each) => now.SetItem(each, mine));
        var (versions, caller) = (Versions, Threads[me]);
        var name = Threads.Keys.Any(thread => TaskOf(thread) == task) ? "task_new: deletes" : "task_new: creates";
        if (given.Ebx == 0)
        {
            var chief = (this with { Threads = left }).Named(given.Eax);
            if (chief != Nobody)
                chiefs = chiefs.SetItem(task, (uint)TaskOf(chief));
            name = chief == Nobody ? "task_new: inactive, kept" : "task_new: inactive, given away";
        }
        else
        {
            versions = versions.SetItem(task, versions[task] == LastVersion ? 1 : versions[task] + 1);
            var first = Blank(caller, mine << 24 | (uint)task << 16 | versions[task]);
            left = left.Add(
                task * Lthreads,
                first with
                {
                    Mcp = Math.Min(caller.Mcp, given.Eax),
                    Esp = given.Ecx,
                    Eip = InSpace(given.Edx),
                    Pager = given.Ebx,
                }
            );
        }

        if (clan.Count > 1)
            name += ", a clan";
        var codes = waiters.ToImmutableDictionary(thread => thread.Key, _ => NoPartner);
        return (this with { Threads = left, Chiefs = chiefs, Versions = versions }).Done(
            name,
            given with
            {
                Esi = chiefs[task] << 24 | (uint)task << 16 | versions[task],
            },
            codes
        );
    }

    /// <summary>thread_schedule: ESI thread, EAX parameter or FFFFFFFFh to read, EBX external preempter.</summary>
    public TasksModel Schedule(int me, Arguments given)
    {
        var (thread, sets) = (Named(given.Esi), given.Eax != None);
        if (thread == Nobody)
            return Done("schedule: no thread", given with { Eax = None });
        var (old, mcp) = (Threads[thread], Threads[me].Mcp);
        if (old.Priority > mcp || (sets && (given.Eax & 0xFF) > mcp))
            return Done("schedule: above the mcp", given with { Eax = None });
        var next = old with { External = Or(given.Ebx, old.External) };
        if (sets)
            next = next with { Priority = given.Eax & 0xFF, Quantum = Ticks(given.Eax >> 24, given.Eax >> 20 & 0xF) };
        var state = old.Waiting switch
        {
            Waiting.Sends => 0xDu,
            Waiting.Receives => 0xCu,
            _ => 0u,
        };
        var partner = old.Waiting == Waiting.No ? 0 : Threads[old.Partner].Id;
        return (this with { Threads = Threads.SetItem(thread, next) }).Done(
            sets ? "schedule: sets" : "schedule: reads",
            new(Length(old.Quantum) | state << 16 | old.Priority, 0, 0, old.External, partner)
        );
    }

    /// <summary>id_nearest: ESI any id.</summary>
    public TasksModel Nearest(int me, Arguments given) =>
        Done("id_nearest", given with { Eax = 0, Esi = given.Esi == 0 ? Threads[me].Id : given.Esi });

    /// <summary>
    /// A send to a thread that does not wait, or a closed receive from a thread that does not send. Both without
    /// timeout.
    /// </summary>
    public TasksModel Wait(int me, int partner, bool sends) =>
        (
            this with
            {
                Threads = Threads.SetItem(
                    me,
                    Threads[me] with
                    {
                        Waiting = sends ? Waiting.Sends : Waiting.Receives,
                        Partner = partner,
                    }
                ),
            }
        ).Done(sends ? "waits to send" : "waits to receive", Results);

    private TasksModel Done(string name, Arguments results, ImmutableDictionary<int, uint>? codes = null) =>
        this with
        {
            Case = name,
            Results = results,
            Codes = codes ?? NoCodes,
        };

    private static readonly ImmutableDictionary<int, uint> NoCodes = ImmutableDictionary<int, uint>.Empty;

    // A started thread has its starter's priority, mcp and slice length.
    private static Attributes Blank(Attributes by, uint id) =>
        new(id, by.Priority, by.Mcp, by.Quantum, 0, 0, 0, 0, 0, Waiting.No, Nobody);

    private static uint Or(uint given, uint old) => given == None ? old : given;

    // An EIP beyond a large space counts as its last address.
    private static uint InSpace(uint eip) => Math.Min(eip, 0xF03FFFFF);

    // m * 4^(15-e) microseconds in ticks of 1,024; an infinite time counts as 256.
    private static uint Ticks(uint m, uint e) =>
        e == 0 ? 256
        : m == 0 ? 0
        : (uint)Math.Clamp(((long)m << (int)(30 - 2 * e)) / 1024, 1, 255);

    private static uint Length(uint ticks) => ticks == 256 ? 0 : ticks << 24 | 10 << 20;
}
