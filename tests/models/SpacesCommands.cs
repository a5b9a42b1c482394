using FsCheck;
using FsCheck.Fluent;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;

namespace Verified.Tests.Models;

/// <summary>Commands on address spaces: map items, fpage_unmap, and task_new.</summary>
public abstract record SpacesCommand : ICommand<SpacesModel>
{
    private const uint Infinite = Timeouts.Infinite,
        No = Descriptor.None;

    public abstract bool Fits(SpacesModel model);

    public abstract SpacesModel Next(SpacesModel model);

    public abstract void Do(SpecSubject subject);

    /// <summary>The spec's spaces, the page tables and the codes must agree with the model.</summary>
    public virtual string? Difference(SpecSubject subject, SpacesModel after)
    {
        var (s, spaces) = (subject.State, after.ToSpaces());
        var roots = Enumerable.Range(1, (int)s.Limits.Paging.Roots - 1).Select(frame => (uint)frame);
        if (spaces.Difference(Spaces.Of(s, roots)) is { } difference)
            return difference;
        foreach (var task in SpacesModel.Mappers.Where(task => task != SpacesModel.Sigma0))
            for (var page = 0u; page < s.Limits.Paging.Pages; page++)
                if (s.NodeOf(task, page).Value is var node && Wrong(s, spaces, new(task, page), node) is { } wrong)
                    return wrong;
        return null;
    }

    private static string? Wrong(State<Concrete> s, Spaces spaces, Place place, uint node)
    {
        if (spaces.Has(place) != (node != 0))
            return $"the page tables have {place}: {node != 0}";
        return node != 0 && spaces.IsWritable(place) != s.Mappings.IsWritable(node).Known
            ? $"the page tables let {place} be written: {!spaces.IsWritable(place)}"
            : null;
    }

    /// <summary>A message with a map item from one task's thread to another task's thread.</summary>
    /// <param name="From">The giver's task.</param>
    /// <param name="To">The taker's task.</param>
    /// <param name="Hot">The first word: the hot spot.</param>
    /// <param name="Item">The second word: the send fpage.</param>
    /// <param name="Window">The fpage of the receive descriptor.</param>
    /// <param name="Answers">True if it answers a page fault of the receiver.</param>
    /// <param name="FromMcp">The mcp of the giver; 0 confines its task.</param>
    /// <param name="ToMcp">The mcp of the taker; 0 confines its task.</param>
    /// <param name="Ticks">The number of steps on mappings before a tick; null for no tick.</param>
    public sealed record Map(
        uint From,
        uint To,
        uint Hot,
        uint Item,
        uint Window,
        bool Answers,
        uint FromMcp,
        uint ToMcp,
        uint? Ticks
    ) : SpacesCommand
    {
        private uint _ecx;

        public override bool Fits(SpacesModel model) =>
            From != To && model.Alive.Contains(From) && model.Alive.Contains(To);

        // A confined task gives nothing, and takes only what its chief answers to its faults.
        public override SpacesModel Next(SpacesModel model) =>
            FromMcp == 0 || (ToMcp == 0 && !(Answers && model.Chiefs[To] == From))
                ? model.TakesNothing()
                : model.Map(From, To, Hot, Item, Window, Answers);

        public override void Do(SpecSubject subject)
        {
            var s = subject.State;
            (s.Mcp[From], s.Mcp[To]) = (FromMcp, ToMcp);
            _ecx = s.Ecx[To].Value;
            if (Answers)
                Fault(subject);
            else
            {
                (s.Eax[To], s.Ecx[To], s.Ebp[To], s.Esi[To]) = (No, Infinite, Window & ~1u | 2, s.Id[From]);
                subject.Call(To, Entry.Ipc);
            }

            (s.Eax[From], s.Ecx[From], s.Ebp[From], s.Esi[From]) = (2, Infinite, No, s.Id[To]);
            (s.Edx[From], s.Ebx[From]) = (Hot, Item);
            subject.Call(From, Entry.Ipc);
            var between = Ticks is { } steps ? new InterruptBetweenSteps(steps) : null;
            while (s.Status[To].Value == ThreadStatus.Mapping)
            {
                s.Esi[SpacesModel.Driver] = s.Id[To];
                subject.Enter(Entry.ThreadSwitch, between: between);
                between = null;
            }
        }

        // The receiver faults, and its pager takes the report.
        private void Fault(SpecSubject subject)
        {
            var s = subject.State;
            s.Pager[To] = s.Id[From];
            subject.Let(To);
            subject.Enter(Entry.PageFault, 0x5000, 4);
            (s.Eax[From], s.Ecx[From], s.Ebp[From], s.Esi[From]) = (No, Infinite, 0, s.Id[To]);
            subject.Call(From, Entry.Ipc);
        }

        public override string? Difference(SpecSubject subject, SpacesModel after)
        {
            var (s, (giver, taker)) = (subject.State, after.Answer!.Value);
            if (s.Status[From].Value != ThreadStatus.Ready || s.Status[To].Value != ThreadStatus.Ready)
                return "giver and taker are ready when the item is mapped";
            if (s.Eax[From].Value != giver)
                return $"the giver has {s.Eax[From]}, and must have {giver:X}h";
            if (!Answers && s.Eax[To].Value != taker)
                return $"the taker has {s.Eax[To]}, and must have {taker:X}h";
            if (Answers && s.Ecx[To].Value != _ecx)
                return "a fault and its answer change no register";
            return base.Difference(subject, after);
        }

        public override string ToString() =>
            $"{(Answers ? "fault of" : "map to")} {To} from {From}: hot {Hot:X}h item "
            + $"{Item:X}h window {Window:X}h, mcp {ToMcp} from {FromMcp}"
            + (Ticks is { } steps ? $", a tick after {steps} steps" : "");
    }

    /// <summary>fpage_unmap.</summary>
    public sealed record Unmap(uint Task, uint Page, uint Mask) : SpacesCommand
    {
        public override bool Fits(SpacesModel model) => model.Alive.Contains(Task);

        public override SpacesModel Next(SpacesModel model) => model.Unmap(Task, Page, Mask);

        public override void Do(SpecSubject subject)
        {
            (subject.State.Eax[Task], subject.State.Ecx[Task]) = (Page, Mask);
            subject.Call(Task, Entry.FpageUnmap);
        }

        public override string ToString() => $"unmap by {Task}: {Page:X}h mask {Mask:X8}h";
    }

    /// <summary>task_new, by the driver.</summary>
    public sealed record Renew(uint Task) : SpacesCommand
    {
        public override bool Fits(SpacesModel model) => true;

        public override SpacesModel Next(SpacesModel model) => model.Renew(Task);

        public override void Do(SpecSubject subject)
        {
            var (s, driver) = (subject.State, SpacesModel.Driver);
            (s.Eax[driver], s.Ecx[driver], s.Edx[driver], s.Ebx[driver]) = (0, 0x2000, 0x1000, s.Id[driver]);
            s.Esi[driver] = ThreadId.Make<Concrete>(0, Task, 0, 0);
            subject.Call(driver, Entry.TaskNew);

            // A new thread has its creator's priority: it must not compete with the driver.
            if (s.Esi[driver].Value != ThreadId.Nil)
                s.Priority[s.Row(s.Esi[driver])] = 1;
        }

        public override string? Difference(SpecSubject subject, SpacesModel after)
        {
            var (s, refused) = (subject.State, after.Case == "renew: another's task");
            return s.Esi[SpacesModel.Driver].Value == ThreadId.Nil != refused
                ? "task_new returns nil for another's task"
                : base.Difference(subject, after);
        }

        public override string ToString() => $"task_new of {Task}";
    }
}

/// <summary>Useful commands: valid commands near mapped pages, boundaries, and hostile words.</summary>
public static class SpacesSuite
{
    private const uint Ports = 0xF0000000,
        PageBits = 12;

    // Words of ports that the small spaces do not have would be read as pages of memory there.
    private static readonly Gen<uint> Word = Gen.Choose(int.MinValue, int.MaxValue)
        .Select(word => (uint)word)
        .Where(word => word >> 24 != Fpage.PortsTag);

    public static Suite<SpacesModel> Make() => new(Start, () => SpacesModel.Of(Initial()), Next);

    private static SpecSubject Start(Action<State<Concrete>, Entry>? damage)
    {
        var subject = new SpecSubject(Initial(), SpacesModel.Driver, damage);
        subject.Settle();
        return subject;
    }

    private static State<Concrete> Initial()
    {
        uint[] tasks = [.. SpacesModel.Mappers, SpacesModel.Driver];
        var s = Boot.Initial(
            SpacesModel.Limits,
            tasks.Select(task => new BootThread(
                ThreadId.Make<Concrete>(4, task, 0, 1).Value,
                task == SpacesModel.Driver ? 3u : 1u,
                ScheduleParam.Infinite,
                0x1000,
                0x2000
            )),
            frame => SpacesModel.IsFrame(frame)
        );
        s.Mappings.Chief[6] = 5;
        return s;
    }

    private static Gen<ICommand<SpacesModel>> Next(SpacesModel model) =>
        Gen.Frequency((15, Maps(model)), (4, Unmaps(model)), (1, Renews));

    private static Gen<ICommand<SpacesModel>> Maps(SpacesModel model) =>
        from giver in Gen.Elements(
            model
                .Links.Keys.Select(place => place.Task)
                .Append(SpacesModel.Sigma0)
                .Where(model.Alive.Contains)
                .ToArray()
        )
        from taker in Gen.Elements(Takers.Where(model.Alive.Contains).ToArray())
        from item in Fpages(model, giver)
        from window in Gen.Frequency((3, Gen.Constant(Fpage.Whole)), (5, Fpages(model, taker)))
        from hot in Gen.Frequency((3, Gen.Choose(0, 63).Select(page => (uint)page << (int)PageBits)), (1, Word))
        from answers in Gen.Frequency((5, Gen.Constant(false)), (1, Gen.Constant(true)))
        from fromMcp in Gen.Frequency((7, Gen.Constant(1u)), (1, Gen.Constant(0u)))
        from toMcp in Gen.Frequency((5, Gen.Constant(1u)), (1, Gen.Constant(0u)))
        from ticks in Gen.Frequency((4, Gen.Constant((uint?)null)), (1, Gen.Choose(1, 6).Select(n => (uint?)n)))
        select (ICommand<SpacesModel>)
            new SpacesCommand.Map(
                giver,
                taker,
                hot,
                item,
                window,
                answers && taker != SpacesModel.Sigma0,
                fromMcp,
                toMcp,
                ticks
            );

    private static Gen<ICommand<SpacesModel>> Unmaps(SpacesModel model) =>
        from task in Gen.Elements(SpacesModel.Mappers.Where(model.Alive.Contains).ToArray())
        from fpage in Fpages(model, task)
        from mask in Gen.Frequency(
            (8, Gen.Elements<uint>(Fpage.Unmap, Fpage.Unmap | Fpage.Own, 0, Fpage.Own)),
            (1, Word)
        )
        select (ICommand<SpacesModel>)new SpacesCommand.Unmap(task, fpage, mask);

    // σ0 takes nothing, so requests to it are rare.
    private static readonly uint[] Takers = [5, 5, 5, 6, 6, 6, 7, 7, 7, SpacesModel.Sigma0];

    private static readonly Gen<ICommand<SpacesModel>> Renews = Gen.Elements<uint>(5, 5, 7, 6, 2, 4, 0, 255)
        .Select(task => (ICommand<SpacesModel>)new SpacesCommand.Renew(task));

    // Around a page that the task has; at the ends of the space; of ports; or any word.
    private static Gen<uint> Fpages(SpacesModel model, uint task)
    {
        uint[] near =
        [
            .. model.Links.Keys.Where(place => place.Task == task && place.Page < 60).Select(place => place.Page),
        ];
        if (task == SpacesModel.Sigma0 || near.Length == 0)
            near = [1, 2, 4, 7];
        var own =
            from page in Gen.Elements<uint>(near)
            from size in Gen.Choose(0, 3)
            from bits in Gen.Choose(0, 3)
            select Of(page >> size << size, (uint)size, (uint)bits);
        var edge =
            from page in Gen.Elements<uint>(0, 8, 56, 58, 59)
            from size in Gen.Choose(0, 2)
            from bits in Gen.Choose(0, 3)
            select Of(page, (uint)size, (uint)bits);
        var ports =
            from port in Gen.Choose(0, 3)
            from size in Gen.Choose(0, 2)
            from bits in Gen.Choose(0, 3)
            let first = (uint)(60 + (port >> size << size))
            select Ports | first << (int)PageBits | (uint)(size + 4) << 2 | (uint)bits;
        var whole = Gen.Choose(0, 3).Select(bits => Fpage.Whole | (uint)bits);
        var hostile = Gen.Elements<uint>(0, 2, 0xFFFFFFFF, 11 << 2, 33 << 2, 0x1000 | 13 << 2, Ports | 17 << 2);
        return Gen.Frequency((14, own), (3, edge), (3, ports), (2, whole), (1, hostile), (1, Word));
    }

    private static uint Of(uint page, uint size, uint bits) => page << (int)PageBits | (PageBits + size) << 2 | bits;
}
