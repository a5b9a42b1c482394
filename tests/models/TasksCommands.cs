using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Tests.Models;

/// <summary>A system call on tasks and threads, or a wait that a system call may end.</summary>
/// <param name="Me">The caller, a ready thread.</param>
public abstract record TasksCommand(int Me) : ICommand<TasksModel>
{
    public virtual bool Fits(TasksModel model) => model.Threads.TryGetValue(Me, out var me) && me.Waiting == Waiting.No;

    public abstract TasksModel Next(TasksModel model);

    public abstract void Do(SpecSubject subject);

    /// <summary>The threads, tasks and results must agree with the model.</summary>
    public virtual string? Difference(SpecSubject subject, TasksModel after)
    {
        var (s, m) = (subject.State, subject.State.Mappings);
        for (var task = 1; task < TasksModel.Tasks; task++)
        {
            var (now, must) = (
                (m.Chief[(uint)task].Value, m.Version[(uint)task].Value),
                (after.Chiefs[task], after.Versions[task])
            );
            if (now != must)
                return $"task {task} has chief and version {now}, and must have {must}";
        }

        for (var thread = TasksModel.Lthreads; thread < TasksModel.Tasks * TasksModel.Lthreads; thread++)
        {
            var (now, must) = (Of(s, (uint)thread), after.Threads.GetValueOrDefault(thread));
            if (now != must)
                return $"thread {thread} is {now}, and must be {must}";
        }

        foreach (var (thread, code) in after.Codes)
            if (s.Eax[(uint)thread].Value is var now && now != code)
                return $"thread {thread} has code {now:X}h, and must have {code:X}h";
        return null;
    }

    public static Attributes? Of(State<Concrete> s, uint thread) =>
        s.Status[thread].Value == ThreadStatus.Inactive
            ? null
            : new(
                s.Id[thread],
                s.Priority[thread],
                s.Mcp[thread],
                s.Quantum[thread],
                s.Esp[thread],
                s.Eip[thread],
                s.Pager[thread],
                s.Preempter[thread],
                s.ExternalPreempter[thread],
                s.Status[thread].Value switch
                {
                    ThreadStatus.Sending => Waiting.Sends,
                    ThreadStatus.ReceivingFrom => Waiting.Receives,
                    _ => Waiting.No,
                },
                s.Partner[thread].Value == 0 ? -1 : (int)s.Partner[thread].Value
            );

    /// <summary>A call with any arguments.</summary>
    public sealed record Call(Entry Entry, int Me, Arguments Given) : TasksCommand(Me)
    {
        public override TasksModel Next(TasksModel model) =>
            Entry switch
            {
                Entry.LthreadExRegs => model.ExRegs(Me, Given),
                Entry.TaskNew => model.TaskNew(Me, Given),
                Entry.ThreadSchedule => model.Schedule(Me, Given),
                _ => model.Nearest(Me, Given),
            };

        public override void Do(SpecSubject subject)
        {
            var (s, me) = (subject.State, (uint)Me);
            (s.Eax[me], s.Ecx[me], s.Edx[me], s.Ebx[me], s.Esi[me]) = (
                Given.Eax,
                Given.Ecx,
                Given.Edx,
                Given.Ebx,
                Given.Esi
            );
            subject.Call(me, Entry);
        }

        public override string? Difference(SpecSubject subject, TasksModel after)
        {
            var (s, me) = (subject.State, (uint)Me);
            Arguments results = new(s.Eax[me], s.Ecx[me], s.Edx[me], s.Ebx[me], s.Esi[me]);
            return results != after.Results
                ? $"the caller gets {results}, and must get {after.Results}"
                : base.Difference(subject, after);
        }

        public override string ToString() =>
            $"{Entry} of {Me}: EAX {Given.Eax:X} ECX {Given.Ecx:X} EDX {Given.Edx:X} EBX {Given.Ebx:X} "
            + $"ESI {Given.Esi:X}";
    }

    /// <summary>A wait without timeout.</summary>
    public sealed record Wait(int Me, int Partner, bool Sends) : TasksCommand(Me)
    {
        // A wait for a thread that waits for this one would end at once. The other suite covers that case.
        public override bool Fits(TasksModel model) =>
            base.Fits(model)
            && Me != Partner
            && model.Threads.TryGetValue(Partner, out var partner)
            && (partner.Waiting == Waiting.No || partner.Partner != Me);

        public override TasksModel Next(TasksModel model) => model.Wait(Me, Partner, Sends);

        public override void Do(SpecSubject subject)
        {
            var (s, me) = (subject.State, (uint)Me);
            (s.Eax[me], s.Ecx[me], s.Ebp[me]) = Sends ? (0u, 0u, Descriptor.None) : (Descriptor.None, 0u, 0u);
            s.Esi[me] = s.Id[(uint)Partner];
            subject.Call(me, Entry.Ipc);
        }

        public override string ToString() => $"{Me} {(Sends ? "sends to" : "receives from")} {Partner}";
    }
}

/// <summary>Useful calls: on the caller's own tasks and threads, on those of others, and with hostile words.</summary>
public static class TasksSuite
{
    private const uint None = 0xFFFFFFFF,
        Root = 0x04040001;

    private const int Driver = 3 * TasksModel.Lthreads;

    public static readonly Limits Limits = new(TasksModel.Tasks, TasksModel.Lthreads, 4);

    private static readonly Gen<uint> Word = Gen.Choose(int.MinValue, int.MaxValue).Select(word => (uint)word);

    public static Suite<TasksModel> Make() => new(Start, () => Model(Initial()), Next);

    private static SpecSubject Start(Action<State<Concrete>, Entry>? damage)
    {
        var subject = new SpecSubject(Initial(), Driver, damage);
        subject.Settle();
        return subject;
    }

    // The root task has two threads and the tasks from 5 on, of which task 7 had its last version; the driver is apart.
    private static State<Concrete> Initial()
    {
        const uint driver = 0x04030001;
        var s = Boot.Initial(
            Limits,
            new[] { Root, Root + 0x400, driver }.Select(id => new BootThread(
                id,
                id == driver ? 3u : 1u,
                id == driver ? ScheduleParam.Infinite : 10,
                0x1000,
                0x2000,
                id == driver ? 0 : driver
            ))
        );
        for (var lthread = 0u; lthread < 2; lthread++)
            s.Mcp[4 * Limits.Lthreads + lthread] = 2;
        s.Mappings.Version[7] = 0x3FF;
        return s;
    }

    private static TasksModel Model(State<Concrete> s) =>
        new(
            Enumerable
                .Range(1, (int)Limits.Threads - 1)
                .Where(thread => TasksCommand.Of(s, (uint)thread) is not null)
                .ToImmutableSortedDictionary(thread => thread, thread => TasksCommand.Of(s, (uint)thread)!),
            [.. Enumerable.Range(0, TasksModel.Tasks).Select(task => s.Mappings.Chief[(uint)task].Value)],
            [.. Enumerable.Range(0, TasksModel.Tasks).Select(task => s.Mappings.Version[(uint)task].Value)],
            "",
            new(0, 0, 0, 0, 0),
            ImmutableDictionary<int, uint>.Empty
        );

    private static Gen<ICommand<TasksModel>> Next(TasksModel model)
    {
        int[] ready =
        [
            .. model
                .Threads.Where(thread => thread.Key != Driver && thread.Value.Waiting == Waiting.No)
                .Select(thread => thread.Key),
        ];
        var waits =
            from me in Gen.Elements(ready)
            from partner in Gen.Elements(model.Threads.Keys.ToArray())
            from sends in Gen.Elements(true, false)
            select (ICommand<TasksModel>)new TasksCommand.Wait(me, partner, sends);
        int[] chiefs = [.. ready.Where(me => model.Chiefs.Contains((uint)TasksModel.TaskOf(me)))];
        if (chiefs.Length == 0)
            chiefs = ready;
        return Gen.Frequency([
            (6, Of(Entry.LthreadExRegs, ready, me => ExRegs)),
            (5, Of(Entry.TaskNew, chiefs, me => TaskNew(model, me))),
            (1, Of(Entry.TaskNew, ready, me => TaskNew(model, me))),
            (5, Of(Entry.ThreadSchedule, ready, _ => Schedule(model))),
            (1, Of(Entry.IdNearest, ready, _ => Schedule(model))),
            // At least one thread is always left to act.
            .. ready.Length > 1 ? [(4, waits)] : ((int, Gen<ICommand<TasksModel>>)[])[],
        ]);
    }

    private static Gen<ICommand<TasksModel>> Of(Entry entry, int[] ready, Func<int, Gen<Arguments>> arguments) =>
        from me in Gen.Elements(ready)
        from given in arguments(me)
        select (ICommand<TasksModel>)new TasksCommand.Call(entry, me, given);

    private static readonly Gen<uint> Value = Gen.Frequency((3, Gen.Elements(None, 0u, 0x1000u)), (3, Word));

    private static readonly Gen<Arguments> ExRegs =
        from lthread in Gen.Frequency(
            (12, Gen.Choose(0, TasksModel.Lthreads - 1).Select(n => (uint)n)),
            (1, Gen.Elements(4u, 64u, None)),
            (1, Word)
        )
        from esp in Value
        from eip in Value
        from preempter in Value
        from pager in Value
        select new Arguments(lthread, esp, eip, preempter, pager);

    private static Gen<Arguments> TaskNew(TasksModel model, int me)
    {
        uint[] mine =
        [
            .. Enumerable
                .Range(1, TasksModel.Tasks - 1)
                .Select(task => (uint)task)
                .Where(task => model.Chiefs[(int)task] == TasksModel.TaskOf(me)),
        ];
        if (mine.Length == 0)
            mine = [5];

        // Chiefs are rare, so they have a higher weight.
        var chiefs = mine.Where(model.Chiefs.Contains);
        mine = [.. mine, .. chiefs, .. chiefs, .. chiefs];
        return from task in Gen.Frequency((8, Gen.Elements(mine)), (2, Gen.Choose(0, 255).Select(n => (uint)n)))
            from rest in Word
            from pager in Gen.Frequency((4, Gen.Elements(Root, None, 1u)), (3, Gen.Constant(0u)), (1, Word))
            from mcp in Gen.Frequency((3, Gen.Elements(0u, 1u, 2u, 3u, 255u, None)), (3, Id(model)), (1, Word))
            from esp in Value
            from eip in Value
            select new Arguments(mcp, esp, eip, pager, rest & 0xFF00FFFF | task << 16);
    }

    private static Gen<Arguments> Schedule(TasksModel model) =>
        from id in Id(model)
        from param in Gen.Frequency(
            (2, Gen.Constant(None)),
            (5, Word.Select(word => word & 0xFFF00003)),
            (1, Gen.Elements(0x00A00001u, 0x01F00001u, 0x0AA00002u)),
            (1, Word.Select(word => word & 0xFFFF00FF))
        )
        from preempter in Value
        select new Arguments(param, 0, 0, preempter, id);

    private static Gen<uint> Id(TasksModel model) =>
        Gen.Frequency(
            (10, Gen.Elements(model.Threads.Values.Select(thread => thread.Id).ToArray())),
            (2, Gen.Elements(0u, None, Root + 1, Root ^ 1 << 24, 0x04040801u)),
            (1, Word)
        );
}
