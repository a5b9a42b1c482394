using System.Runtime.InteropServices;
using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>The image on the machine beside the spec, step by step from any state at stage pick.</summary>
internal sealed class Lockstep : IMachine<Concrete>
{
    private readonly KernelImage _image;
    private readonly Pc _pc;
    private List<uint> _compared = [],
        _cells = [];

    public Lockstep(KernelImage image)
    {
        _image = image;
        // A number of instructions per second with which the timer never ticks by itself.
        _pc = new Pc(32 << 20) { ClockRate = 1_000_000_000_000_000 };
        Multiboot.Load(_pc, image.ToElf());
        RunTo([image.Symbols["pick"]], 100_000);
    }

    /// <summary>The address of every kernel instruction that ran.</summary>
    public HashSet<uint> Reached { get; } = [];

    public uint Stage { get; private set; } = Stages.Pick;

    public Concrete Eip => _pc.Cpu.Eip;

    public Concrete Eflags => _pc.Cpu.Eflags;

    public Concrete Cr3 => _pc.Cpu.Cr3;

    public Concrete Masks => _pc.Interrupts.Masks;

    public Concrete Load(Concrete linear) => _pc.Peek(linear.Value);

    public Concrete Register(int number) => _pc.Cpu.R[number];

    public Concrete Selector(int number) => _pc.Cpu.S[number].Selector;

    public (Concrete Base, Concrete Limit) Hidden(int number) => (_pc.Cpu.S[number].Base, _pc.Cpu.S[number].Limit);

    /// <summary>Puts a state of stage pick into the memory; the machine must be at that stage.</summary>
    public void Begin(State<Concrete> state)
    {
        Encode.Memory(_image.Layout, state, (linear, dword) => _pc.Memory.Store(Layout.Physical(linear), 4, dword));
        _pc.Interrupts.Write(0x21, (byte)state.Masked.Value);
        _pc.Interrupts.Write(0xA1, (byte)(state.Masked.Value >> 8));
        _pc.Cpu.R[Verified.Machine.Processor.Register.Esp] = 0;
        _pc.Cpu.Eip = _image.Symbols["pick"];
    }

    private const uint Code = 0x1236,
        Address = 0x12345678;

    /// <summary>One entry on both sides. The current thread's registers are those of the spec.</summary>
    public void Step(State<Concrete> state, Entry entry, int exception, int interrupt)
    {
        var cpu = _pc.Cpu;
        if (Stage == Stages.User)
        {
            var t = state.Current;
            Concrete[] registers =
            [
                state.Eax[t],
                state.Ecx[t],
                state.Edx[t],
                state.Ebx[t],
                state.Esp[t],
                state.Ebp[t],
                state.Esi[t],
                state.Edi[t],
            ];
            for (var i = 0; i < 8; i++)
                cpu.R[i] = registers[i];
            (cpu.Eip, cpu.Eflags) = (state.Eip[t], state.Eflags[t]);
        }
        // The processor is past the HLT that it waits in.
        else if (Stage == Stages.Idle)
            cpu.Eip = _image.Symbols["idle_halt"] + 1;

        // A thread in a small space loses it by some exceptions, and the linear address of a page fault is not its own.
        var data = Load(_image.Layout.DataSegment.Base);
        if (entry == Entry.Exception && Stage == Stages.User && data.Value != UserSegments.FlatHigh)
            entry = UserSegments.Outgrows.Contains((uint)exception) ? Entry.Outgrow : entry;
        var kernel = new Kernel<Concrete>(state);
        var hasCode = entry == Entry.PageFault || WaysIn.Of((uint)exception) is { PushesErrorCode: true };
        var argument = entry switch
        {
            Entry.PageFault => UserSegments.AddressOf<Concrete>(data, Address).Value,
            Entry.Interrupt => (uint)interrupt,
            _ => (uint)exception,
        };
        kernel.Step(entry, argument, hasCode ? Code : 0);
        switch (entry)
        {
            case var _ when WaysIn.Call(entry) is { } call:
                cpu.SoftwareInterrupt((int)call.Vector);
                break;
            case Entry.Tick:
                cpu.ExternalInterrupt((int)Layout.TickVector);
                break;
            case Entry.Interrupt:
                cpu.ExternalInterrupt((int)Layout.TickVector + interrupt - 1);
                break;
            case Entry.PageFault:
                cpu.FaultOfInstruction(Fault.Page(Code, Address));
                break;
            case Entry.Exception when exception is 1 or 3 or 4:
                cpu.Deliver(exception, null);
                break;
            case Entry.Exception or Entry.Outgrow:
                cpu.DeliverFault(exception, hasCode ? (Concrete)Code : null);
                break;
        }

        if (Kernel<Concrete>.OwnStep(Stage) is not null)
            RunOne();
        RunTo([.. Cuts.Select(cut => _image.Symbols[cut.Symbol])], 400);
        Stage = cpu.Cpl == 3 ? Stages.User : Cuts.Single(cut => _image.Symbols[cut.Symbol] == cpu.Eip.Value).Stage;

        // The fast path passes a cut point.
        while (state.Stage.Value != Stage && Kernel<Concrete>.OwnStep(state.Stage.Value) is { } own)
            kernel.Step(own);
    }

    /// <summary>
    /// Every column at every row, and every representation invariant at every row, or at every few rows if there are
    /// many. A value that depends on mappings alone is compared again when memory or spec has changed there.
    /// </summary>
    public void Compare(State<Concrete> state, string where)
    {
        var view = new View<Concrete>(_image.Layout, this);
        ReadMappings(state);
        var isSame = _cells.SequenceEqual(_compared);
        (_compared, _cells) = (_cells, _compared);
        foreach (var (info, column) in state.Columns)
        {
            if (isSame && OfMappings.Contains(info.Table))
                continue;
            var (rows, image) = (State<Concrete>.Rows(info.Table, state.Limits), view.Reader(info));
            for (var row = 0u; row < rows; row++)
                if (column[row].Value != image(row).Value)
                    Assert.Fail($"{where}: {info.Name}[{row}] is {column[row]} in the spec, {image(row)} in the image");
        }

        var stride = 1 + state.Limits.Threads / 37;
        var representation = new Representation<Concrete>(view, state);
        foreach (var invariant in Representation<Concrete>.All)
        {
            if (isSame && OfMappings.Contains(invariant.I))
                continue;
            var (rows, columns) = (
                Representation<Concrete>.Count(invariant.I, _image.Layout),
                Representation<Concrete>.Count(invariant.J, _image.Layout)
            );
            for (var i = 0u; i < rows; i += stride)
            for (var j = 0u; j < columns; j++)
                if (!invariant.Holds(representation, i, j).Known)
                    Assert.Fail($"{where}: {invariant.Name} fails at {i}, {j}: {invariant.Why}");
        }
    }

    // All cells of the tables of mappings: the values of the spec, then the image's memory.
    private void ReadMappings(State<Concrete> state)
    {
        _cells.Clear();
        foreach (var (info, column) in state.Columns)
            if (OfMappings.Contains(info.Table))
                for (var row = 0u; row < State<Concrete>.Rows(info.Table, state.Limits); row++)
                    _cells.Add(column[row].Value);
        var tables = _image.Layout.Mappings;
        foreach (
            var area in (Area[])
                [
                    tables.Nodes,
                    tables.Tables,
                    tables.Slots,
                    tables.Pages,
                    tables.Directories,
                    tables.PageTables,
                    tables.SmallTables,
                ]
        )
            for (var page = area.Base & ~(Layout.PageSize - 1); page < area.End; page += Layout.PageSize)
                _cells.AddRange(
                    MemoryMarshal.Cast<byte, uint>(_pc.Memory.Page(Layout.Physical(page) / Layout.PageSize))
                );
    }

    private static readonly Table[] OfMappings = [Table.Node, Table.PageTable, Table.Slot, Table.Page, Table.SmallPage];

    private static readonly (string Symbol, uint Stage)[] Cuts =
    [
        ("pick", Stages.Pick),
        ("receive", Stages.Receive),
        ("accept", Stages.Accept),
        ("leave", Stages.Leave),
        ("wake", Stages.Wake),
        ("idle_halt", Stages.Idle),
    ];

    private void RunTo(uint[] cuts, int most)
    {
        for (var count = 0; _pc.Cpu.Cpl == 0 && !cuts.Contains(_pc.Cpu.Eip.Value); count++)
        {
            if (count >= most)
                Assert.Fail($"no cut point after {most} instructions, at {_image.Name(_pc.Cpu.Eip.Value)}");
            RunOne();
        }
    }

    private void RunOne()
    {
        Reached.Add(_pc.Cpu.Eip.Value);
        _pc.Run(1);
    }
}
