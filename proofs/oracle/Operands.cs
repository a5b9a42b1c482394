using Iced.Intel;
using Verified.Machine.Processor;
using IcedRegister = Iced.Intel.Register;
using Register = Verified.Machine.Processor.Register;

namespace Verified.Proofs.Oracle;

/// <summary>
/// Registers and memory for one instruction: random values. Most addresses hit the arena and its edges, far pointers
/// name segments, and half of the quotients fit.
/// </summary>
internal sealed partial class Operands(Instruction instruction, ushort[] segments, byte[] bytes, ushort[] selectors)
{
    private readonly Instruction _instruction = instruction;
    private readonly List<(uint, uint)> _pokes = [];
    private uint? _operand;

    public uint[] Registers { get; } = new uint[8];

    public IReadOnlyList<(uint Address, uint Value)> Pokes => _pokes;

    public void Choose(ref Dice dice, ref uint eflags, uint eip)
    {
        for (var i = 0; i < 8; i++)
            Registers[i] = dice.Word();
        if (dice.Chance(50))
            Registers[Register.Ecx] = Registers[Register.Ecx] & ~0xFFu | (uint)dice.Below(40);
        Registers[Register.Esp] = Offset(SegmentRegister.Ss, 4, ref dice);
        if (_instruction.Mnemonic is Mnemonic.Enter or Mnemonic.Leave)
            Registers[Register.Ebp] = Offset(SegmentRegister.Ss, 4, ref dice);
        if (_instruction.IsStringInstruction)
            ChooseStrings(ref dice);
        ChooseBitOffset(ref dice);
        if (HasMemory())
            ChooseAddress(ref dice);
        ChooseValues(ref dice);
        ChooseTransfer(ref dice, ref eflags, eip);
    }

    private uint CodeBase => Arena.Of(segments[SegmentRegister.Cs])!.Value.Base;

    private bool HasMemory()
    {
        for (var i = 0; i < _instruction.OpCount; i++)
            if (_instruction.GetOpKind(i) == OpKind.Memory)
                return true;
        return false;
    }

    /// <summary>
    /// An offset in a segment: usually on writable memory, otherwise at an edge of memory or of the segment's limit.
    /// </summary>
    private uint Offset(int register, int size, ref Dice dice)
    {
        var segment = Arena.Of(segments[register]) ?? Arena.Of(Arena.FlatData)!.Value;
        if (segment.Limit != uint.MaxValue && dice.Chance(30))
            return segment.Limit + (uint)dice.Below(11) - 5;
        var linear = dice.Below(100) switch
        {
            < 68 => Arena.Data + (uint)dice.Below((int)(Arena.WritableEnd - Arena.Data - 16)),
            < 76 => Arena.Data + (uint)dice.Below(0x1F00) & ~3u,
            < 84 => Arena.Data + 0x1000 - (uint)dice.Below(size + 4),
            < 90 => Arena.WritableEnd - (uint)dice.Below(size + 4),
            < 92 => Arena.WritableEnd + (uint)dice.Below(0x1000),
            < 94 => Arena.End - (uint)dice.Below(size + 4),
            < 97 => Arena.Data - (uint)dice.Below(size + 4),
            < 98 => 0u - (uint)dice.Below(40),
            _ => (uint)dice.Below(40),
        };
        return linear - segment.Base;
    }

    private void ChooseStrings(ref Dice dice)
    {
        Registers[Register.Esi] = Offset(
            _instruction.SegmentPrefix == IcedRegister.None
                ? SegmentRegister.Ds
                : _instruction.SegmentPrefix - IcedRegister.ES,
            4,
            ref dice
        );
        Registers[Register.Edi] = Offset(SegmentRegister.Es, 4, ref dice);
        if (dice.Chance(80))
            Registers[Register.Ecx] = (uint)dice.Below(24);
    }

    /// <summary>
    /// BT and its kin with an offset in a register reach far from the operand: a few hundred bytes are enough.
    /// </summary>
    private void ChooseBitOffset(ref Dice dice)
    {
        if (
            _instruction.Mnemonic is not (Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc)
            || _instruction.Op1Kind != OpKind.Register
        )
            return;
        if (dice.Chance(90))
            SetRegister(_instruction.Op1Register, (uint)(dice.Below(4096) - 2048));
    }

    /// <summary>
    /// Makes the memory operand hit a chosen offset by its base, its index, or the displacement in the bytes.
    /// </summary>
    private void ChooseAddress(ref Dice dice)
    {
        var narrow = IsNarrow(_instruction);
        var mask = narrow ? 0xFFFFu : uint.MaxValue;
        var offset = Offset(_instruction.MemorySegment - IcedRegister.ES, 4, ref dice) & mask;
        var (@base, index, scale) = (_instruction.MemoryBase, _instruction.MemoryIndex, _instruction.MemoryIndexScale);
        var displacement = _instruction.MemoryDisplacement32;
        if (
            @base != IcedRegister.None
            && @base.GetFullRegister32() != index.GetFullRegister32()
            && !IsStackPointer(@base)
        )
        {
            SetRegister(@base, offset - displacement - Value(index) * (uint)scale);
        }
        else if (index != IcedRegister.None && @base.GetFullRegister32() != index.GetFullRegister32())
        {
            SetRegister(index, (offset - displacement - Value(@base)) / (uint)scale);
        }
        else if (index != IcedRegister.None)
        {
            SetRegister(index, (offset - displacement) / (uint)(scale + 1));
        }
        else if (@base == IcedRegister.None)
        {
            PatchDisplacement(offset);
            displacement = offset;
        }
        else if (dice.Chance(50))
        {
            SetRegister(@base, offset - displacement);
        }

        var ea = displacement + Value(@base) + Value(index) * (uint)scale;
        _operand = (Arena.Of(segments[_instruction.MemorySegment - IcedRegister.ES])?.Base ?? 0) + (ea & mask);
    }

    /// <summary>Values for instructions that otherwise only fault or do nothing.</summary>
    private void ChooseValues(ref Dice dice)
    {
        var operandSize = HasMemory() ? _instruction.MemorySize.GetSize() : 4;
        switch (_instruction.Mnemonic)
        {
            case Mnemonic.Div or Mnemonic.Idiv when dice.Chance(60):
                var high = _instruction.Mnemonic == Mnemonic.Div ? 0 : (uint)((int)Registers[Register.Eax] >> 31);
                if (dice.Chance(50))
                    high += (uint)dice.Below(16);
                Registers[Register.Edx] = high;
                if (dice.Chance(50))
                    Registers[Register.Eax] = Registers[Register.Eax] & ~0xFF00u | (uint)dice.Below(16) << 8;
                break;
            case Mnemonic.Bound when _operand is { } at && dice.Chance(70):
                var index = Value(_instruction.Op0Register);
                var width = (uint)_instruction.Op0Register.GetSize();
                Poke(at, index - (uint)dice.Below(3), (int)width);
                Poke(at + width, index + (uint)dice.Below(3) - (dice.Chance(20) ? 2u : 0), (int)width);
                break;
            case Mnemonic.Cmpxchg when dice.Chance(50):
                if (_operand is { } place)
                    Poke(place, Registers[Register.Eax], operandSize);
                else
                    SetRegister(_instruction.Op0Register, Registers[Register.Eax]);
                break;
            case Mnemonic.Cmpxchg8b when _operand is { } pair && dice.Chance(60):
                Poke(pair, Registers[Register.Eax], 4);
                Poke(pair + 4, Registers[Register.Edx], 4);
                break;
            case Mnemonic.Bsf
            or Mnemonic.Bsr
            or Mnemonic.Mul
            or Mnemonic.Imul when _operand is { } source && dice.Chance(30):
                Poke(source, dice.Word(), operandSize);
                break;
            case Mnemonic.Verr or Mnemonic.Verw or Mnemonic.Lar or Mnemonic.Lsl or Mnemonic.Arpl:
                ChooseSelector(ref dice, _instruction.Mnemonic is Mnemonic.Lar or Mnemonic.Lsl ? 1 : 0);
                break;
            case Mnemonic.Mov
                when _instruction.Op0Kind == OpKind.Register && _instruction.Op0Register.IsSegmentRegister():
                ChooseSelector(ref dice, 1);
                break;
            case Mnemonic.Pop
                when _instruction.Op0Kind == OpKind.Register && _instruction.Op0Register.IsSegmentRegister():
                PokeStack(0, dice.Pick<ushort>(selectors) | dice.Next() & 0xFFFF0000);
                break;
            case Mnemonic.Lds
            or Mnemonic.Les
            or Mnemonic.Lss
            or Mnemonic.Lfs
            or Mnemonic.Lgs when _operand is { } pointer:
                Poke(pointer + (uint)operandSize - 2, dice.Pick<ushort>(selectors), 2);
                break;
            case Mnemonic.Popf or Mnemonic.Popfd:
                PokeStack(0, dice.Next() & 0x3FFFFF & (dice.Chance(80) ? ~Flag.Trap : uint.MaxValue));
                break;
        }
    }

    private void ChooseSelector(ref Dice dice, int operand)
    {
        var selector = dice.Pick<ushort>(selectors);
        if (_instruction.GetOpKind(operand) == OpKind.Register)
            SetRegister(_instruction.GetOpRegister(operand), dice.Next() & 0xFFFF0000 | selector);
        else if (_operand is { } at)
            Poke(at, selector, 2);
    }

    /// <summary>Targets for jumps, calls and returns in the page of code; code segments for the far ones.</summary>
    private void ChooseTransfer(ref Dice dice, ref uint eflags, uint eip)
    {
        var target = dice.Chance(75)
            ? Arena.Code + (uint)dice.Below(0x1000) - CodeBase
            : dice.Word() & (dice.Chance(80) ? Arena.QuietEnd - 1 : uint.MaxValue);
        switch (_instruction.FlowControl)
        {
            case FlowControl.ConditionalBranch
            or FlowControl.UnconditionalBranch
            or FlowControl.Call when _instruction.Op0Kind is OpKind.NearBranch16 or OpKind.NearBranch32:
                var offsets = Offsets();
                if (offsets.ImmediateSize >= 2)
                    Write(offsets.ImmediateOffset, offsets.ImmediateSize, target - eip - (uint)_instruction.Length);
                break;
            case FlowControl.UnconditionalBranch
            or FlowControl.Call when _instruction.Op0Kind is OpKind.FarBranch16 or OpKind.FarBranch32:
                var far = Offsets();
                var selector = dice.Pick<ushort>(selectors);
                Write(far.ImmediateOffset, far.ImmediateSize, Target(selector, ref dice));
                Write(far.ImmediateOffset2, 2, selector);
                break;
            case FlowControl.IndirectBranch or FlowControl.IndirectCall:
                if (_instruction.IsJmpFarIndirect || _instruction.IsCallFarIndirect)
                {
                    if (_operand is not { } pointer)
                        break;
                    var size = _instruction.MemorySize.GetSize() - 2;
                    var into = dice.Pick<ushort>(selectors);
                    Poke(pointer, Target(into, ref dice), size);
                    Poke(pointer + (uint)size, into, 2);
                }
                else if (_operand is { } at)
                {
                    Poke(at, target, _instruction.MemorySize.GetSize());
                }
                else if (!IsStackPointer(_instruction.Op0Register))
                {
                    SetRegister(_instruction.Op0Register, target);
                }

                break;
            case FlowControl.Return:
                ChooseReturn(target, ref dice, ref eflags);
                break;
        }
    }

    private void ChooseReturn(uint target, ref Dice dice, ref uint eflags)
    {
        var code = _instruction.Code;
        var step = code is Code.Retnw or Code.Retnw_imm16 or Code.Retfw or Code.Retfw_imm16 or Code.Iretw ? 2u : 4u;
        if (_instruction.Mnemonic == Mnemonic.Ret)
        {
            PokeStack(0, target, step);
            return;
        }

        var selector = dice.Pick<ushort>(selectors);
        PokeStack(0, Target(selector, ref dice), step);
        PokeStack(step, selector, step);
        if (_instruction.Mnemonic is Mnemonic.Iret or Mnemonic.Iretd)
        {
            eflags &= ~Flag.NestedTask;
            PokeStack(2 * step, dice.Next() & 0x3FFFFF & ~Flag.Trap, step);
        }
    }

    /// <summary>
    /// An offset in the page of code, or anywhere, in the segment that <paramref name="selector"/> names.
    /// </summary>
    private static uint Target(ushort selector, ref Dice dice) =>
        dice.Chance(85)
            ? Arena.Code + 0x100 + (uint)dice.Below(0xE00) - (Arena.Of((ushort)(selector | 3))?.Base ?? 0)
            : dice.Word() & (dice.Chance(80) ? Arena.QuietEnd - 1 : uint.MaxValue);

    private static bool IsStackPointer(IcedRegister register) => register is IcedRegister.ESP or IcedRegister.SP;

    internal static bool IsNarrow(in Instruction i) =>
        i.MemoryBase is >= IcedRegister.AX and <= IcedRegister.DI
        || i.MemoryIndex is >= IcedRegister.AX and <= IcedRegister.DI
        || (i.MemoryBase == IcedRegister.None && i.MemoryIndex == IcedRegister.None && i.MemoryDisplSize == 2);
}
