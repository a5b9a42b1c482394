using Iced.Intel;
using Verified.Kernel;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>The values of executed instructions in words, with the names of the kernel's tables and threads.</summary>
internal sealed class ValueWords(KernelImage image)
{
    private readonly Layout _layout = image.Layout;

    /// <summary>The values that an instruction read or wrote, in a line; empty if there is none to tell.</summary>
    public string Of(Seen seen)
    {
        var instruction = seen.Instruction;
        if (seen.Invalidated is { } address)
            return $"invalidates address {Page(address)}";
        if (instruction.FlowControl != FlowControl.Next)
            return "";
        if (instruction.Mnemonic is Mnemonic.Cmp or Mnemonic.Test)
            return Operand(seen, 0) is { } left && Operand(seen, 1) is { } right
                ? left == right
                    ? left
                    : $"{left}, {right}"
                : "";
        if (seen.Memory.FirstOrDefault(memory => memory.Writes) is { } written)
            return written.After is { } stored ? Cell(written.Address, stored) : "";
        var register = instruction.OpCount > 0 ? instruction.GetOpRegister(0) : Register.None;
        if (!seen.Decoded.Written.Contains(register.GetFullRegister32()))
            return instruction.OpCount > 1 && seen.Before(instruction.GetOpRegister(1)) is { } moved
                ? $"{Name(instruction.GetOpRegister(1))} = {Value(moved)}"
                : "";
        var from =
            seen.Memory is not [var read, ..] ? ""
            : IsMove(instruction)
                ? $", from {Place(read.Address)}"
                    + (read.Before is { } word && Status(read.Address, word) is { } status ? $" ({status})" : "")
            : read.Before is { } loaded ? $", with {Cell(read.Address, loaded)}"
            : "";
        return seen.After(register) is { } value
            ? $"{Name(register)} = {(instruction.Mnemonic == Mnemonic.Lea ? Number(value) : Value(value))}{from}"
            : "";
    }

    private static bool IsMove(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Mov or Mnemonic.Pop or Mnemonic.Movzx or Mnemonic.Movsx;

    /// <summary>
    /// What decided a conditional jump: the operands of the comparison, or the result of another instruction; null if
    /// the values are not known.
    /// </summary>
    /// <param name="setter">The instruction that set the flags.</param>
    public string? Compared(Seen setter)
    {
        var instruction = setter.Instruction;
        var (left, right) = (Operand(setter, 0), Operand(setter, 1));
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Cmp when left is not null && right is not null:
                return $"compared {left} with {right}"
                    + (OperandValue(setter, 0) == OperandValue(setter, 1) ? ", which are equal" : "");
            case Mnemonic.Test when left is not null && right is not null:
                return left == right
                    ? $"tested {left}"
                    : $"tested {left} and {right}: "
                        + $"result {Number((OperandValue(setter, 0) & OperandValue(setter, 1))!.Value)}";
            case Mnemonic.Bsf or Mnemonic.Bsr when right is not null:
                return $"searched {right}";

            // In memory, the number of the bit may lead to another dword.
            case Mnemonic.Bt
            or Mnemonic.Bts
            or Mnemonic.Btr
            or Mnemonic.Btc when left is not null && right is not null && setter.Memory.Count == 0:
                return $"looked at bit {right} of {left}";
            case Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc:
                return null;
        }

        var result = setter.Memory.FirstOrDefault(memory => memory.Writes) is { } written
            ? written.After is { } stored
                ? Cell(written.Address, stored)
                : null
            : instruction.OpCount > 0 && setter.After(instruction.GetOpRegister(0)) is { } value
                ? $"{Name(instruction.GetOpRegister(0))} = {Value(value)}"
                : null;
        return result is null ? null : $"result of {instruction.Mnemonic.ToString().ToLowerInvariant()}: {result}";
    }

    /// <summary>
    /// Whether a jump on "less", "greater" or the like compared equal values. There, the condition with equality and
    /// the one without it lead to different ways.
    /// </summary>
    public static bool IsBoundary(Seen setter, in Instruction jump) =>
        setter.Instruction.Mnemonic == Mnemonic.Cmp
        && jump.ConditionCode
            is ConditionCode.a
                or ConditionCode.ae
                or ConditionCode.b
                or ConditionCode.be
                or ConditionCode.g
                or ConditionCode.ge
                or ConditionCode.l
                or ConditionCode.le
        && OperandValue(setter, 0) is { } value
        && value == OperandValue(setter, 1);

    /// <summary>A register with a value that it had.</summary>
    public string OfRegister(Register register, uint value) => $"{Name(register)} = {Value(value)}";

    /// <summary>An address of user code with its page.</summary>
    public static string Page(uint address) => $"{address:X}h (page {address >> Layout.PageShift:X}h)";

    // An operand as the processor reads it: with its name, unless it is a constant.
    private string? Operand(Seen seen, int number) =>
        OperandValue(seen, number) is not { } value
            ? null
            : seen.Instruction.GetOpKind(number) switch
            {
                OpKind.Register => $"{Name(seen.Instruction.GetOpRegister(number))} = {Value(value)}",
                OpKind.Memory => Cell(seen.Memory[0].Address, value),
                _ => IsCompared(seen) ? ValueAt(seen.Memory[0].Address, value) : Value(value),
            };

    // A constant that is compared with a dword in memory has the meaning of that dword.
    private static bool IsCompared(Seen seen) => seen is { Instruction.Mnemonic: Mnemonic.Cmp, Memory.Count: > 0 };

    private static uint? OperandValue(Seen seen, int number)
    {
        var instruction = seen.Instruction;
        if (number >= instruction.OpCount)
            return null;
        return instruction.GetOpKind(number) switch
        {
            OpKind.Register => seen.Before(instruction.GetOpRegister(number)),
            OpKind.Memory => seen.Memory.Count > 0 ? seen.Memory[0].Before : null,
            OpKind.Immediate8
            or OpKind.Immediate16
            or OpKind.Immediate32
            or OpKind.Immediate8to16
            or OpKind.Immediate8to32 => (uint)instruction.GetImmediate(number) & Mask(instruction),
            _ => null,
        };
    }

    private static uint Mask(in Instruction instruction)
    {
        var size =
            instruction.Op0Kind == OpKind.Register
                ? instruction.Op0Register.GetSize()
                : instruction.MemorySize.GetSize();
        return size switch
        {
            1 => 0xFF,
            2 => 0xFFFF,
            _ => uint.MaxValue,
        };
    }

    private string Cell(uint address, uint value) => $"{Place(address)} = {ValueAt(address, value)}";

    private string ValueAt(uint address, uint value) =>
        Status(address, value) is { } status ? $"{(value < 10 ? $"{value}" : $"{value:X}h")} ({status})" : Value(value);

    // The status that is stored with its flags in a dword of a thread, or in a byte of that dword. It is null for
    // another place, and for a value that no status has.
    private string? Status(uint address, uint value)
    {
        var dword = address & ~3u;
        if (
            RowOf(_layout.Threads, dword) is not { } row
            || _layout.Threads.Address<Concrete>(row, Layout.Status).Value != dword
        )
            return null;
        var stored = value << (int)(8 * (address & 3));
        var field = Layout.Status.Decode<Concrete>(stored).Value;
        var status = field & Layout.StatusMask;
        if (!Layout.Status.HoldsValue(stored) || status >= ThreadStatus.Names.Length)
            return null;
        var flags =
            ((field & Layout.TimedStatus) != 0 ? ", timed" : "")
            + ((field & Layout.FaultingStatus) != 0 ? ", faulting" : "");
        return $"{ThreadStatus.Names[status]}{flags}";
    }

    private static string Name(Register register) => $"{register}".ToUpperInvariant();

    // A thread's row is named by its thread.
    private string Value(uint value) =>
        RowOf(_layout.Threads, value) is { } row && _layout.Threads.Address<Concrete>(row, Layout.Id).Value == value
            ? $"{value:X8}h ({(row == State<Concrete>.Nobody ? "nobody" : Words(row))})"
            : Number(value);

    private static string Number(uint value) =>
        value switch
        {
            < 10 => $"{value}",
            < 0x10000 => $"{value:X}h ({value})",
            _ => $"{value:X8}h",
        };

    /// <summary>The name of a dword of the kernel's tables: "priority of 1.15"; any other address in digits.</summary>
    public string Place(uint address)
    {
        var dword = address & ~3u;
        var area = _layout.Areas.FirstOrDefault(area => dword >= area.Base && dword < area.End);
        if (area is null || RowOf(area, dword) is not { } row)
            return $"[{address:X8}h]";
        var field = area.Fields.FirstOrDefault(field => area.Address<Concrete>(row, field).Value == dword);
        return field is null ? $"[{address:X8}h]"
            : area == _layout.Threads ? $"{field.Name} of {(row == State<Concrete>.Nobody ? "nobody" : Words(row))}"
            : area.Rows == 1
                ? area.Fields.Count == 1 ? area.Name
                    : $"{field.Name} of {area.Name}"
            : $"{field.Name} of row {row:X}h of {area.Name}";
    }

    private static uint? RowOf(Spec.Tables.Area area, uint address) =>
        address >= area.Base && address < area.End && ((address - area.Base) & area.Between) == 0
            ? area.Row<Concrete>(address - area.Base).Value
            : null;

    private string Words(uint row) => $"{row / image.Limits.Lthreads}.{row % image.Limits.Lthreads}";
}
