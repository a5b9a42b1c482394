using System.Runtime.CompilerServices;
using Verified.Spec.Values;

namespace Verified.Machine.Processor;

/// <summary>
/// EFLAGS. The six status flags are stored as the operands and result of the last instruction that set them. They are
/// computed when a flag is read. This is cheap concretely, and symbolically CMP followed by JB is simply <c>a &lt;
/// b</c>.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    /// <summary>The rule that computes carry, overflow and adjust flag from the operands and the result.</summary>
    private enum FlagRule : byte
    {
        /// <summary>All six flags are in <see cref="_stored"/>, at their places in EFLAGS.</summary>
        Stored,
        Add,
        Subtract,

        /// <summary>Like Add and Subtract, but the carry was computed at once.</summary>
        AddCarry,
        SubtractBorrow,

        /// <summary>The carry keeps its earlier value.</summary>
        Increment,
        Decrement,

        /// <summary>Carry and overflow are 0; adjust is undefined.</summary>
        Logic,

        /// <summary>
        /// The carry is in <see cref="_carry"/>, the overflow in <see cref="_overflow"/>; adjust is undefined.
        /// </summary>
        Shift,
    }

    private FlagRule _rule;
    private int _size;
    private W _left,
        _right,
        _result,
        _carry,
        _overflow,
        _stored;

    // The flags that are not status flags, and the reserved bit.
    private W _system;

    /// <summary>The whole EFLAGS register. Reading it fixes the values of undefined flags.</summary>
    public W Eflags
    {
        get
        {
            Materialise();
            return _stored | _system;
        }
        set
        {
            StoreFlags(value);
            Virtual = W.TryValue(value & Flag.Virtual8086, out var mode) && mode != 0;
        }
    }

    private void StoreFlags(W value)
    {
        _stored = value & Flag.Status;
        _system = value & ~(W)Flag.Status | Flag.Reserved;
        _rule = FlagRule.Stored;
    }

    public Truth InterruptsEnabled => (_system & Flag.Interrupt) != 0;

    /// <summary>TF: a debug trap follows each instruction.</summary>
    public Truth SingleStep => (_system & Flag.Trap) != 0;

    /// <summary>TF or RF: the events after the next instruction depend on it.</summary>
    public Truth StepsSingly => (_system & (Flag.Trap | Flag.Resume)) != 0;

    /// <summary>RF: instruction breakpoints do not stop the next instruction.</summary>
    public Truth Resumes => (_system & Flag.Resume) != 0;

    /// <summary>Clears RF, as the end of an instruction does (SDM vol. 3, 2.3).</summary>
    public void Resume() => _system &= ~(W)Flag.Resume;

    private W PrivilegeLevel => _system >> 12 & 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static W Mask(W value, int size) => size == 4 ? value : value & (size == 1 ? 0xFFu : 0xFFFFu);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static W SignExtend(W value, int size) =>
        size == 4 ? value
        : size == 1 ? W.ShiftRightSigned(value << 24, 24)
        : W.ShiftRightSigned(value << 16, 16);

    /// <summary>The truth as 1 or 0.</summary>
    private static W Bit(Truth condition) => W.Select(condition, 1, 0);

    private static W SignBit(W value, int size) => value >> (uint)(size * 8 - 1) & 1;

    private static Truth Negative(W value, int size) =>
        size == 4 ? W.LessSigned(value, 0) : (value & (size == 1 ? 0x80u : 0x8000u)) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W SetFlags(FlagRule rule, W left, W right, W result, int size)
    {
        _rule = rule;
        _left = left;
        _right = right;
        _result = result;
        _size = size;
        return result;
    }

    private Truth CarryFlag() =>
        _rule switch
        {
            FlagRule.Add => _result < _left,
            FlagRule.Subtract => _left < _right,
            FlagRule.Logic => false,
            FlagRule.Stored => (_stored & Flag.Carry) != 0,
            _ => _carry != 0,
        };

    /// <summary>The carry flag as 1 or 0.</summary>
    private W CarryIn() =>
        _rule switch
        {
            FlagRule.Stored => _stored & Flag.Carry,
            FlagRule.Add or FlagRule.Subtract or FlagRule.Logic => Bit(CarryFlag()),
            _ => _carry,
        };

    private Truth ZeroFlag() =>
        _rule switch
        {
            FlagRule.Stored => (_stored & Flag.Zero) != 0,
            FlagRule.Subtract => _left == _right,
            _ => _result == 0,
        };

    private Truth SignFlag() => _rule == FlagRule.Stored ? (_stored & Flag.Sign) != 0 : Negative(_result, _size);

    private Truth ParityFlag() => _rule == FlagRule.Stored ? (_stored & Flag.Parity) != 0 : W.EvenParity(_result);

    private Truth OverflowFlag() =>
        _rule switch
        {
            FlagRule.Stored => (_stored & Flag.Overflow) != 0,
            FlagRule.Add or FlagRule.AddCarry => Negative((_left ^ _result) & (_right ^ _result), _size),
            FlagRule.Subtract or FlagRule.SubtractBorrow => Negative((_left ^ _right) & (_left ^ _result), _size),
            FlagRule.Increment => _result == 1u << _size * 8 - 1,
            FlagRule.Decrement => _result == (1u << _size * 8 - 1) - 1,
            FlagRule.Shift => _overflow != 0,
            _ => false,
        };

    private W AdjustBit() =>
        _rule switch
        {
            FlagRule.Logic => W.Arbitrary(0) & Flag.Adjust,
            // The 386 sets it.
            FlagRule.Shift => W.Arbitrary(Model == ProcessorModel.I386 ? Flag.Adjust : 0) & Flag.Adjust,
            FlagRule.Increment => W.Select((_result & 15) == 0, Flag.Adjust, 0),
            FlagRule.Decrement => W.Select((_result & 15) == 15, Flag.Adjust, 0),
            _ => (_left ^ _right ^ _result) & Flag.Adjust,
        };

    private void Materialise()
    {
        if (_rule == FlagRule.Stored)
            return;
        _stored =
            CarryIn()
            | W.Select(ParityFlag(), Flag.Parity, 0)
            | AdjustBit()
            | W.Select(ZeroFlag(), Flag.Zero, 0)
            | W.Select(SignFlag(), Flag.Sign, 0)
            | W.Select(OverflowFlag(), Flag.Overflow, 0);
        _rule = FlagRule.Stored;
    }

    /// <summary>
    /// The condition of Jcc and SETcc number <paramref name="code"/>, 0..15 (SDM vol. 2, appendix B.1.4.7).
    /// </summary>
    private Truth Holds(int code)
    {
        var holds = (code >> 1) switch
        {
            0 => OverflowFlag(),
            1 => CarryFlag(),
            2 => ZeroFlag(),
            3 => _rule == FlagRule.Subtract ? _left <= _right : CarryFlag() | ZeroFlag(),
            4 => SignFlag(),
            5 => ParityFlag(),
            6 => Less(),
            _ => _rule == FlagRule.Subtract ? !GreaterAfterSubtract() : Less() | ZeroFlag(),
        };
        return (code & 1) == 0 ? holds : !holds;
    }

    private Truth GreaterAfterSubtract() => W.LessSigned(SignExtend(_right, _size), SignExtend(_left, _size));

    private Truth Less() =>
        _rule switch
        {
            FlagRule.Subtract => W.LessSigned(SignExtend(_left, _size), SignExtend(_right, _size)),
            FlagRule.Logic => SignFlag(),
            _ => SignFlag() != OverflowFlag(),
        };
}
