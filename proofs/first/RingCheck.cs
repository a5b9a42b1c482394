using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Proofs.First;

/// <summary>
/// Finds every transfer from ring 3 to ring 0. For the tables that boot leaves, the processor's own text executes each
/// far transfer with every selector, and each INT n and event with every vector. Only the declared gates lead to ring
/// 0, each to its entry.
/// </summary>
/// <remarks>
/// GDT, IDT and TSS change in three places after boot: the users' descriptors, ESP0, and the offset of the map of
/// ports, which no transfer reads. Therefore each check runs three times: with the descriptors of large spaces, of the
/// first small space, and of the last one.
/// </remarks>
public sealed class RingCheck
{
    private const uint Code = 0x100,
        Pointer = 0x400,
        Stack = 0x800,
        Flags = 0x202;

    private const uint AllSelectors = 0x10000;

    /// <summary>
    /// The number of selectors that name the descriptors of the GDT, and the first descriptors of an LDT.
    /// </summary>
    public const uint NamedSelectors = 0x40;

    // For each kind of instruction: the opcode, whether the instruction contains the far pointer, whether it is a
    // return.
    private static readonly (string Name, byte[] Opcode, bool Immediate, bool Returns)[] Transfers =
    [
        ("CALL FAR ptr", [0x9A], true, false),
        ("JMP FAR ptr", [0xEA], true, false),
        ("CALL FAR mem", [0xFF, 0x1D], false, false),
        ("JMP FAR mem", [0xFF, 0x2D], false, false),
        ("RETF", [0xCB], false, true),
        ("RETF n", [0xCA, 0x04, 0x00], false, true),
        ("IRET", [0xCF], false, true),
    ];

    private readonly KernelImage _image;
    private readonly uint _selectors;
    private readonly RingBus _bus;
    private readonly Ia32<Concrete, RingBus> _user,
        _cpu;

    private RingCheck(KernelImage image, Pc pc, (uint Low, uint High) data, uint selectors)
    {
        var isFlat = data.High == UserSegments.FlatHigh;
        (_image, _bus, _selectors) = (image, new(pc), isFlat ? selectors : NamedSelectors);
        (_user, _cpu) = (new(_bus), new(_bus));
        var layout = image.Layout;
        foreach (
            var (descriptor, (low, high)) in ((uint, (uint, uint))[])
                [
                    (Layout.UserCode, (data.Low, data.High | UserSegments.Code)),
                    (Layout.UserData, data),
                    (Layout.FlatData, Flat(data)),
                ]
        )
        {
            if (isFlat)
                break;
            _bus.Instead[layout.Gdt + (descriptor & ~7u)] = low;
            _bus.Instead[layout.Gdt + (descriptor & ~7u) + 4] = high;
        }

        var (from, to) = (pc.Cpu, _user);
        (to.Cr0, to.Cr3, to.Cr4) = (from.Cr0, from.Cr3, from.Cr4);
        (to.GdtBase, to.GdtLimit, to.IdtBase, to.IdtLimit) = (from.GdtBase, from.GdtLimit, from.IdtBase, from.IdtLimit);
        (to.TaskRegister, to.LocalTable, to.Model) = (from.TaskRegister, from.LocalTable, from.Model);
        to.Cpl = 3;
        to.Eflags = Flags;
        for (var segment = 0; segment < 6; segment++)
            to.S[segment] = Loaded(
                segment == SegmentRegister.Cs
                    ? (Layout.UserCode, (data.Low, data.High | UserSegments.Code))
                    : (Layout.UserData, data)
            );
        to.Eip = Code;
        to.R[Register.Esp] = Stack;
    }

    /// <summary>Transfers and vectors tried so far.</summary>
    public long Cases { get; private set; }

    /// <summary>
    /// The first transfer of the booted machine that differs from the declared one, or null; and the number of
    /// transfers tried.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="pc">The machine at the first cut point.</param>
    /// <param name="selectors">The number of selectors to try with the segments of large spaces, from 0 on.</param>
    public static (string? Wrong, long Cases) Of(KernelImage image, Pc pc, uint selectors = AllSelectors)
    {
        (uint, uint)[] spaces =
        [
            (UserSegments.Low, UserSegments.FlatHigh),
            Small(1),
            Small(Math.Min(image.Limits.Tasks, Spec.UserSpace.SmallTasks) - 1),
        ];
        List<(RingCheck Check, Func<string?> Wrong)> parts = [];
        foreach (var data in spaces)
        {
            foreach (var transfer in Transfers)
            foreach (var size in (int[])[4, 2])
                Add(check => check.WrongTransfer(transfer, size));
            Add(check => check.WrongNested());
            Add(check =>
                Enumerable
                    .Range(0, (int)DeclaredTables.Vectors)
                    .SelectMany(check.WrongVectors)
                    .FirstOrDefault(each => each is not null)
            );

            void Add(Func<RingCheck, string?> part)
            {
                var check = new RingCheck(image, pc, data, selectors);
                parts.Add((check, () => part(check)));
            }
        }

        var wrong = new string?[parts.Count];
        Parallel.For(0, parts.Count, i => wrong[i] = parts[i].Wrong());
        return (wrong.FirstOrDefault(each => each is not null), parts.Sum(part => part.Check.Cases));
    }

    private static (uint Low, uint High) Small(uint task) =>
        (UserSegments.Low, UserSegments.HighOf<Concrete>(task).Value);

    // The flat segment cannot be loaded from a small space.
    private static (uint Low, uint High) Flat((uint Low, uint High) data) =>
        (
            UserSegments.FlatLow,
            data.High == UserSegments.FlatHigh ? data.High : UserSegments.FlatHigh & ~UserSegments.Present
        );

    private static Segment<Concrete> Loaded((uint Selector, (uint Low, uint High) Dwords) descriptor) =>
        Segment<Concrete>.Unpack(
            descriptor.Selector,
            descriptor.Dwords.Low,
            descriptor.Dwords.High,
            descriptor.Dwords.High & Descriptor.Mask
        );

    private string? WrongTransfer((string Name, byte[] Opcode, bool Immediate, bool Returns) transfer, int size)
    {
        byte[] prefix = size == 2 ? [0x66] : [];
        byte[] address = transfer.Opcode is [0xFF, _] ? BitConverter.GetBytes(Pointer) : [];
        var operation = transfer.Immediate ? default : Decoded([.. prefix, .. transfer.Opcode, .. address]);
        for (var selector = 0u; selector < _selectors; selector++)
        {
            // A far pointer has its offset first, and a return's frame too; IRET's flags follow.
            byte[] pointer = size == 4 ? BitConverter.GetBytes(Code) : BitConverter.GetBytes((ushort)Code);
            pointer = [.. pointer, .. BitConverter.GetBytes((ushort)selector)];
            _bus.Put(Pointer, BitConverter.ToUInt32(pointer));
            _bus.Put(Stack, BitConverter.ToUInt32(pointer));
            if (size == 4)
            {
                _bus.Put(Pointer + 4, selector);
                _bus.Put(Stack + 4, selector);
                _bus.Put(Stack + 8, Flags);
            }
            else
                _bus.Put(Stack + 4, Flags);

            if (transfer.Immediate)
                operation = Decoded([.. prefix, .. transfer.Opcode, .. pointer]);
            var seen = After(operation);
            var right =
                (selector & ~3u) == (Layout.UserCode & ~3u) && (!transfer.Returns || (selector & 3) == 3)
                    ? "ring 3"
                    : Fault.Protection(selector & ~3u).Message;
            if (seen != right)
                return $"{transfer.Name} of {size * 8} bits with selector {selector:X4}h: {seen}, not {right}";
        }

        return null;
    }

    /// <summary>
    /// A user may set NT: IRET would then return to the task that the TSS links to, and there is none.
    /// </summary>
    private string? WrongNested()
    {
        _user.Eflags = Flags | Flag.NestedTask;
        var seen = After(Decoded([0xCF]));
        _user.Eflags = Flags;
        var right = Fault.TaskState(0).Message;
        return seen == right ? null : $"IRET with NT: {seen}, not {right}";
    }

    private IEnumerable<string?> WrongVectors(int vector)
    {
        var gate = DeclaredTables.Gate((uint)vector);
        var entered = gate is null ? "" : $"ring 0 at {_image.Name(_image.Symbols[gate.Entry])}";
        var code = (uint)vector * 8 + 2;
        (string Name, string Seen, string Right)[] ways =
        [
            ("INT n", After(Decoded([0xCD, (byte)vector])), gate?.Ring == 3 ? entered : Fault.Protection(code).Message),
            ("an event", After(null, vector), gate is not null ? entered : Fault.Protection(code + 1).Message),
        ];
        return ways.Select(way =>
            way.Seen == way.Right ? null : $"{way.Name} with vector {vector:X2}h: {way.Seen}, not {way.Right}"
        );
    }

    private static Operation Decoded(byte[] code) =>
        Decode.TryDecode(code, 0, code.Length, true, out var operation)
            ? operation
            : throw new ArgumentException("no whole instruction", nameof(code));

    /// <summary>
    /// The result of an instruction, or of an event without one: the ring, and in ring 0 the entry; or the exception's
    /// text.
    /// </summary>
    private string After(Operation? instruction, int vector = 0)
    {
        Cases++;
        _bus.Stored.Clear();
        _cpu.CopyFrom(_user);
        try
        {
            if (instruction is { } operation)
                _cpu.Step(operation);
            else
                _cpu.ExternalInterrupt(vector);
        }
        catch (Fault fault)
        {
            // A task switch may fault when the old task's state is stored already.
            return _bus.Stored.Count == 0 ? fault.Message : $"{fault.Message} in a task switch";
        }

        var entered =
            _cpu.S[SegmentRegister.Cs].Selector.Value == Layout.KernelCode
            && _cpu.TaskRegister.Selector.Value == Layout.TaskState;
        if (_cpu.Cpl == 0)
            return entered && FrameAlone()
                ? $"ring 0 at {_image.Name(_cpu.Eip.Value)}"
                : $"ring 0, with CS {_cpu.S[SegmentRegister.Cs].Selector}";
        return _bus.Stored.Count == 0 && _cpu.S[SegmentRegister.Cs].Selector.Value == Layout.UserCode
            ? $"ring {_cpu.Cpl}"
            : $"ring {_cpu.Cpl}, with CS {_cpu.S[SegmentRegister.Cs].Selector}";
    }

    /// <summary>
    /// True if the processor has stored nothing but the frame on the kernel's stack, and no task state.
    /// </summary>
    private bool FrameAlone() =>
        _bus.Stored.All(at =>
            at - (_image.Layout.Threads.Base + Layout.Eip.Offset) < Layout.ThreadSize - Layout.Eip.Offset
        );
}
