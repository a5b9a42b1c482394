using System.Buffers.Binary;
using Verified.Machine.Computer;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Proofs.Values;
using Verified.Spec.Values;

namespace Verified.Proofs.Oracle;

/// <summary>
/// The machine's processor in ring 3 over the arena, with paging on: <c>Ia32&lt;Concrete&gt;</c>, as in the emulator.
/// </summary>
public sealed partial class OwnProcessor
{
    // Supervisor pages, which no compared case can touch.
    private const uint Directory = 0x100000,
        Table = 0x101000,
        Globals = 0x102000,
        Interrupts = 0x103000,
        Locals = 0x104000,
        TaskState = 0x105000,
        Stack = 0x107000,
        Handlers = 0x108000;

    internal const int MostBursts = 64;

    /// <summary>Instructions after which a sequence is given up.</summary>
    internal const int MostSteps = 200;

    private readonly Pc _pc = new(2 << 20);

    /// <param name="compiles">
    /// True for <see cref="ExecuteInPlace"/>: the page of code is mapped, and code executed there is compiled at once.
    /// </param>
    public OwnProcessor(bool compiles = false)
    {
        if (compiles)
            _pc.HotAfter = 0;
        _pc.Memory.Write(Arena.Data, Arena.Background);
        MapPages(compiles);
        Describe();
        var cpu = _pc.Cpu;
        cpu.Cr0 = ControlBit.ProtectionEnable | ControlBit.WriteProtect | ControlBit.AlignmentMask | ControlBit.Paging;
        cpu.Cr3 = Directory;
        cpu.Bus.PagingChanged(cpu.Cr0, cpu.Cr4);
        cpu.Bus.PageDirectoryLoaded(Directory);
        cpu.Cpl = 3;
        _pc.Snapshot();
    }

    /// <summary>Executes the case from the arena's state.</summary>
    public Outcome Execute(Case c)
    {
        var cpu = _pc.Cpu;
        Place(c);
        if (c.Sequence is not null)
            return ExecuteSequence(c);
        try
        {
            if (!Decode.TryDecode(c.Bytes, 0, c.Bytes.Length, c.CodeSegment.Big, out var operation))
                return After(missing: "does not decode");
            // A repeated string instruction sometimes stops for interrupts, and then continues.
            for (var bursts = 0; bursts < MostBursts; bursts++)
            {
                cpu.Step(operation);
                if (!c.Instruction.IsStringInstruction || cpu.Eip != c.Eip)
                    break;
            }
        }
        catch (Fault fault)
        {
            return After(fault);
        }
        catch (UnimplementedInstruction e)
        {
            return After(missing: e.Message);
        }

        return cpu.Cpl == 3 ? After() : InHandler();
    }

    /// <summary>
    /// Executes the case at its place in memory, like the PC, until the instruction after it, an INT3, or a fault.
    /// </summary>
    public Outcome ExecuteInPlace(Case c)
    {
        const byte int3 = 0xCC;
        Place(c);
        _pc.Memory.Write(c.At, [.. c.Bytes, int3]);
        _pc.Run(100 * MostSteps);
        var outcome = InHandler();
        return outcome.Vector == Vectors.Breakpoint ? outcome with { Vector = null, Eip = outcome.Eip - 1 } : outcome;
    }

    private void Place(Case c)
    {
        var cpu = _pc.Cpu;
        _pc.Restore();
        for (var i = 0; i < 8; i++)
            cpu.R[i] = c.Registers[i];
        for (var i = 0; i < 6; i++)
            cpu.S[i] = Load<Concrete>(c.Segments[i]);
        cpu.Eip = c.Eip;
        cpu.Eflags = c.Eflags;
        cpu.UpdateAlignment();
        foreach (var (address, value) in c.Pokes)
            _pc.Memory.Store(address, 4, value);
    }

    private Outcome ExecuteSequence(Case c)
    {
        var cpu = _pc.Cpu;
        var undefined = default(Undefinedness);
        var steps = 0;
        Fault? fault = null;
        while (fault is null && steps < MostSteps && c.Includes(cpu.Eip))
        {
            var at = (int)(cpu.Eip.Value - c.Eip);
            steps++;
            if (
                !Decode.TryDecode(c.Bytes, at, c.Bytes.Length - at, big: true, out var operation)
                || !CaseGenerator.TryDecode(c.Bytes[at..], true, cpu.Eip, out var instruction)
            )
                return After(missing: "does not decode");
            var ecx = cpu.R[Register.Ecx];
            undefined.Begin(instruction);
            try
            {
                cpu.Step(operation);
                undefined.End(instruction, ecx, (cpu.Eflags & Flag.Zero) != 0 ? true : false);
            }
            catch (Fault raised)
            {
                fault = raised;
            }
        }

        return After(fault) with
        {
            Undefined = undefined.Flags,
            IsOpen = undefined.Spoils || steps == MostSteps,
            Steps = steps,
        };
    }

    private Outcome After(Fault? fault = null, string? missing = null)
    {
        var cpu = _pc.Cpu;
        return new Outcome
        {
            Vector = fault?.Vector,
            Error = fault?.ErrorCode ?? 0,
            Address = fault?.Address ?? 0,
            Registers = [cpu.R[0], cpu.R[1], cpu.R[2], cpu.R[3], cpu.R[4], cpu.R[5], cpu.R[6], cpu.R[7]],
            Eip = cpu.Eip,
            Eflags = cpu.Eflags,
            Segments = [.. Enumerable.Range(0, 6).Select(i => (ushort)cpu.S[i].Selector.Value)],
            Changes = Changes(),
            Missing = missing,
        };
    }

    /// <summary>
    /// The outcome of an instruction that went through a gate. The interrupted state is on the kernel's stack.
    /// </summary>
    private Outcome InHandler()
    {
        var cpu = _pc.Cpu;
        var vector = (int)(cpu.Eip.Value - Handlers >> 4);
        var code = vector
            is Vectors.DoubleFault
                or Vectors.AlignmentCheck
                or (>= Vectors.InvalidTaskState and <= Vectors.PageFault)
            ? 4u
            : 0;
        uint Frame(uint at) => _pc.Memory.Load(cpu.R[Register.Esp] + code + at, 4);
        var after = After();
        after.Registers[Register.Esp] = Frame(12);
        after.Segments[SegmentRegister.Cs] = (ushort)Frame(4);
        after.Segments[SegmentRegister.Ss] = (ushort)Frame(16);
        return after with
        {
            Vector = vector,
            Error = code > 0 ? Frame(0 - code) : 0,
            Address = vector == Vectors.PageFault ? cpu.Cr2.Value : 0,
            Eip = Frame(0),
            Eflags = Frame(8) & ~Flag.Resume,
        };
    }

    private (uint, uint)[] Changes()
    {
        List<(uint, uint)>? changes = null;
        for (var page = Arena.Data; page < Arena.WritableEnd; page += PhysicalMemory.PageSize)
        {
            var now = _pc.Memory.Page(page / PhysicalMemory.PageSize);
            var then = Arena.Background.AsSpan((int)(page - Arena.Data), (int)PhysicalMemory.PageSize);
            for (
                var at = now.CommonPrefixLength(then) & ~3;
                at < now.Length;
                at += 4 + (now[(at + 4)..].CommonPrefixLength(then[(at + 4)..]) & ~3)
            )
                (changes ??= []).Add((page + (uint)at, BinaryPrimitives.ReadUInt32LittleEndian(now[at..])));
        }

        return changes?.ToArray() ?? [];
    }

    /// <summary>The segment register that holds a selector of the arena.</summary>
    internal static Segment<W> Load<W>(ushort selector)
        where W : struct, IWord<W> =>
        Arena.Of(selector) is { } s
            ? Segment<W>.Load(selector, s.Base, s.Limit, s.Attributes)
            : Segment<W>.Load(selector, 0, 0, 0);

    /// <summary>The word at an address of the descriptor tables or of the task's state.</summary>
    internal uint System(uint address) => _pc.Memory.Load(address, 4);

    /// <summary>Copies this reading's system registers to another reading.</summary>
    internal void CopySystemTo<TBus>(Ia32<Symbolic, TBus> cpu)
        where TBus : IBus<Symbolic>
    {
        var from = _pc.Cpu;
        (cpu.Cr0, cpu.Cr3, cpu.Cr4, cpu.Cpl, cpu.Model) = (
            from.Cr0.Value,
            from.Cr3.Value,
            from.Cr4.Value,
            3,
            from.Model
        );
        (cpu.GdtBase, cpu.GdtLimit) = (from.GdtBase.Value, from.GdtLimit.Value);
        (cpu.IdtBase, cpu.IdtLimit) = (from.IdtBase.Value, from.IdtLimit.Value);
        cpu.TaskRegister = Of(from.TaskRegister);
        cpu.LocalTable = Of(from.LocalTable);
    }

    private static Segment<Symbolic> Of(Segment<Concrete> s) =>
        Segment<Symbolic>.Load(s.Selector.Value, s.Base.Value, s.Limit.Value, s.Attributes);
}
