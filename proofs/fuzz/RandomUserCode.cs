using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;
using Registers = Verified.Proofs.Events.Registers;

namespace Verified.Proofs.Fuzz;

/// <summary>Random instructions of user code that raise exceptions, and their addresses.</summary>
internal sealed class RandomUserCode(Random random)
{
    private static readonly byte[] PortOpcodes =
    [
        0x6C,
        0x6D,
        0x6E,
        0x6F,
        0xE4,
        0xE5,
        0xE6,
        0xE7,
        0xEC,
        0xED,
        0xEE,
        0xEF,
    ];
    private static readonly uint[] Raised = [0, 1, 3, 4, 5, 6, 7, 10];
    private static readonly uint[] Selectors =
    [
        0,
        3,
        Layout.UserCode,
        Layout.UserCode & ~3u,
        Layout.UserData,
        Layout.UserData & ~3u,
        Layout.FlatData,
    ];
    private static readonly uint[] StackSelectors = [Layout.UserData, Layout.FlatData];
    private static readonly int[] DataSegments =
    [
        SegmentRegister.Es,
        SegmentRegister.Ds,
        SegmentRegister.Fs,
        SegmentRegister.Gs,
    ];

    /// <summary>The event with its instruction, usually in a page that the current thread can execute.</summary>
    public Event Placed(Event e, State<Concrete> s)
    {
        if (
            e.Injected
            || e.Entry is Entry.Tick or Entry.Interrupt
            || (e.By ?? UserInstructions.Usual(e)) is not { } code
            || e.Registers is not { } registers
        )
            return WithSegment(e);
        var isSmall =
            s.Eip[s.Current].Value < UserSegments.SmallSize
            && s.Mappings.Small[s.Task(s.Current)].Value != 0
            && PageEntries.OfSmallSpace(s, s.Task(s.Current)).Value != 0;
        var page =
            isSmall
                ? Pages.Mapped(random, s, UserSegments.SmallSize / Layout.PageSize)
                    ?? Word() % (UserSegments.SmallSize / Layout.PageSize)
            : Chance(20) && Pages.Mapped(random, s, uint.MaxValue) is { } mapped ? mapped
            : Chance(98) ? (Window.Base + Word() % (Window.Size - Layout.PageSize)) / Layout.PageSize
            : Word() % (UserSpace.Last / Layout.PageSize);

        // Sometimes the end of the page is inside the instruction.
        var offset =
            e.Entry == Entry.Protection && Chance(25) ? Layout.PageSize - 1 - Word() % 4
            : Chance(2) ? Word() % Layout.PageSize
            : CommonCode.Offset(code, Word());
        return WithSegment(
            e with
            {
                By = code,
                Registers = registers with { Eip = page * Layout.PageSize + offset + UserInstructions.Past(e, code) },
            }
        );
    }

    /// <summary>An access to memory, which may be mapped.</summary>
    public Event PageFault(Registers registers, State<Concrete> s)
    {
        var address = random.Next(10) switch
        {
            < 3 => Word() % UserSegments.SmallSize,
            < 6 when Pages.Mapped(random, s, uint.MaxValue) is { } page => page * Layout.PageSize
                + Word() % (2 * Layout.PageSize),
            < 7 => Layout.KernelBase + Word() % (uint.MaxValue - Layout.KernelBase),
            _ => Word(),
        };
        var writes = Chance(50);
        return new(
            Entry.PageFault,
            registers with
            {
                Esi = address,
            },
            address,
            writes ? 2u : 0,
            By: writes ? UserInstructions.StoreAtEsi : UserInstructions.LoadAtEsi
        );
    }

    /// <summary>
    /// An instruction that ring 3 may not execute: uses of ports, privileged instructions, closed vectors, wrong
    /// selectors.
    /// </summary>
    public Event Protection(Registers registers)
    {
        var (code, errorCode, loaded) = (default(UserInstruction), 0u, (LoadedSegment?)null);
        switch (random.Next(20))
        {
            case < 8:
                code = UseOfPorts();
                registers = registers with { Edx = Chance(80) ? Pages.Port(random) : Word() };
                break;
            case < 10:
                // Usually ports that a thread may use, so the instruction just completes.
                code = UserInstructions.OutByte;
                registers = registers with
                {
                    Edx = Chance(50) ? 0xFFFF - Word() % 16 : Pages.Port(random),
                    Eflags = registers.Eflags & ~(Flag.Trap | Flag.Resume),
                };
                break;
            case < 12:
                code = Pick(UserInstructions.Privileged);
                break;
            case < 15:
                var vector = Chance(50) ? Layout.TickVector + Word() % Interrupts.Lines : Word() % 256;
                if (UserInstructions.IsOpen(vector))
                    vector = Layout.TickVector;
                (code, errorCode) = (UserInstructions.SystemCall(vector), vector * 8 + 2);
                break;
            case < 17:
                var target = AnySelector();
                (code, errorCode) = (UserInstructions.Far(Chance(60), target), target < 4 ? 0 : target & ~3u);
                break;
            case < 19:
                var (selector, register) = (AnySelector(), Pick([.. DataSegments, SegmentRegister.Ss]));
                (code, errorCode) = (UserInstructions.LoadSegment(register), selector < 4 ? 0 : selector & ~3u);
                registers = registers with { Eax = registers.Eax & 0xFFFF0000 | selector };
                break;
            default:
                code = Chance(50) ? UserInstructions.LoadAtEsi : UserInstructions.StoreAtEsi;
                loaded = new(SegmentRegister.Ds, Word() % 4);
                break;
        }

        return new(Entry.Protection, registers, code.FirstDword, errorCode, By: code, Loaded: loaded);
    }

    /// <summary>INT 80h, perhaps with a prefix. It is reported if the thread has no trap address.</summary>
    public Event Trap(Registers registers, bool traps)
    {
        var code = Chance(90)
            ? UserInstructions.Trap
            : UserInstruction.Of(Pick(UserInstructions.Prefixes), UserInstructions.Trap[0], UserInstructions.Trap[1]);
        return traps
            ? new(Entry.Trap, registers, By: code)
            : new(Entry.Protection, registers, code.FirstDword, FaultMessage.TrapCode, By: code);
    }

    /// <summary>Any other exception.</summary>
    public Event Exception(Registers registers)
    {
        if (Chance(15))
        {
            var (unraisable, code) = (Pick(UserInstructions.Unraisable), Word() % 0x10000);
            return new(
                Entry.Exception,
                registers,
                unraisable,
                WaysIn.Of(unraisable) is { PushesErrorCode: true } ? code : 0,
                Injected: true
            );
        }

        var vector = Pick(Raised);
        var by = Pick(UserInstructions.ThatRaise(vector));
        switch (vector)
        {
            case 1 when Chance(50):
                by = UserInstructions.Nop;
                registers = registers with { Eflags = registers.Eflags & ~Flag.Resume | Flag.Trap };
                break;
            case 4 when Chance(50):
                by = UserInstructions.Into;
                registers = registers with { Eflags = registers.Eflags | Flag.Overflow };
                break;
            case 5:
                registers = registers with { Esi = Window.Base + CommonCode.Bounds };
                break;
            case 10:
                registers = registers with { Eflags = registers.Eflags | Flag.NestedTask };
                break;
        }

        return new(Entry.Exception, registers, vector, By: by);
    }

    /// <summary>A thread in a small space uses the flat segment, or memory beyond its own.</summary>
    public Event Outgrow(Registers registers)
    {
        var beyond = UserSegments.SmallSize + Word() % (uint.MaxValue - UserSegments.SmallSize);
        return Pick(UserSegments.Outgrows) switch
        {
            11 => new(
                Entry.Outgrow,
                registers with
                {
                    Eax = registers.Eax & 0xFFFF0000 | Layout.FlatData,
                },
                11,
                By: UserInstructions.LoadSegment(Pick(DataSegments))
            ),
            12 when Chance(25) => new(
                Entry.Outgrow,
                registers with
                {
                    Eax = Layout.FlatData,
                },
                12,
                By: UserInstructions.LoadSegment(SegmentRegister.Ss)
            ),
            12 => new(Entry.Outgrow, registers with { Esp = beyond | 4 }, 12, By: UserInstructions.PushEax),
            var vector => new(
                Entry.Outgrow,
                registers with
                {
                    Esi = beyond,
                },
                vector,
                By: Chance(50) ? UserInstructions.LoadAtEsi : UserInstructions.StoreAtEsi
            ),
        };
    }

    // User code has loaded some segment register.
    private Event WithSegment(Event e) =>
        e.Loaded is not null || !Chance(20)
            ? e
            : e with
            {
                Loaded = Chance(10)
                    ? new(SegmentRegister.Ss, Pick(StackSelectors))
                    : new(Pick(DataSegments), Pick(Selectors)),
            };

    // Entries of the global table or beyond it, or entries of the local table, which no task has.
    private uint AnySelector() => Chance(80) ? Word() % 16 << 3 | (Chance(80) ? 3 : Word() % 8) : Word() % 0x10000;

    private UserInstruction UseOfPorts()
    {
        List<byte> bytes = [];
        for (
            var prefixes = random.Next(8) switch
            {
                < 4 => 0,
                < 6 => 1,
                < 7 => 2,
                _ => 3,
            };
            prefixes > 0;
            prefixes--
        )
            bytes.Add(Pick(UserInstructions.Prefixes));
        bytes.Add(Pick(PortOpcodes));
        if ((bytes[^1] & 0xFC) == 0xE4)
            bytes.Add((byte)Word());
        return UserInstruction.Of([.. bytes]);
    }

    private uint Word() => (uint)random.NextInt64(1L << 32);

    private bool Chance(int percent) => random.Next(100) < percent;

    private T Pick<T>(IReadOnlyList<T> values) => values[random.Next(values.Count)];
}
