using Iced.Intel;
using Verified.Machine.Processor;

namespace Verified.Proofs.Oracle;

/// <summary>
/// The results that the manual leaves undefined after an instruction: SDM vol. 2, "Flags Affected" of each.
/// </summary>
public static class UndefinedResults
{
    private const uint C = Flag.Carry,
        P = Flag.Parity,
        A = Flag.Adjust,
        Z = Flag.Zero,
        S = Flag.Sign,
        O = Flag.Overflow;

    /// <summary>The flags that are undefined after the case's instruction completed.</summary>
    public static uint Flags(Case c) => Flags(c.Instruction, c.Registers[1]);

    /// <summary>The flags that are undefined after an instruction that started with this ECX.</summary>
    public static uint Flags(in Instruction i, uint ecx) =>
        i.Mnemonic switch
        {
            Mnemonic.And or Mnemonic.Or or Mnemonic.Xor or Mnemonic.Test => A,
            Mnemonic.Mul or Mnemonic.Imul => S | Z | A | P,
            Mnemonic.Div or Mnemonic.Idiv => Flag.Status,
            Mnemonic.Aaa or Mnemonic.Aas => O | S | Z | P,
            Mnemonic.Daa or Mnemonic.Das => O,
            Mnemonic.Aad or Mnemonic.Aam => O | A | C,
            Mnemonic.Bsf or Mnemonic.Bsr => C | O | S | A | P,
            Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc => O | S | A | P,
            // SAL/SAR/SHL/SHR: CF is undefined if the count is at least the operand's width, for SHL and SHR only.
            Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr => Shift(Count(i, ecx), Width(i)),
            Mnemonic.Sar => Shift(Count(i, ecx), int.MaxValue),
            Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr => Count(i, ecx) is 0 or 1 ? 0 : O,
            Mnemonic.Shld or Mnemonic.Shrd => Count(i, ecx) switch
            {
                0 => 0,
                1 => A,
                var count => count > Width(i) ? Flag.Status : A | O,
            },
            Mnemonic.Mov when IsOfSystem(i.Op0Register) || IsOfSystem(i.Op1Register) => Flag.Status,
            _ => 0,
        };

    /// <summary>True if the destination is undefined too.</summary>
    /// <remarks>BSF and BSR of 0; SHLD and SHRD by more than the operand's width.</remarks>
    public static bool Destination(Case c, bool zero) => Destination(c.Instruction, c.Registers[1], zero);

    /// <inheritdoc cref="Destination(Case, bool)"/>
    public static bool Destination(in Instruction i, uint ecx, bool zero) =>
        i.Mnemonic switch
        {
            Mnemonic.Bsf or Mnemonic.Bsr => zero,
            Mnemonic.Shld or Mnemonic.Shrd => Count(i, ecx) > Width(i),
            _ => false,
        };

    /// <summary>The undefined bits of a general register, if the destination as a whole may be undefined.</summary>
    /// <remarks>LAR leaves bits 16 to 19 undefined (SDM vol. 2, LAR).</remarks>
    public static uint Bits(Case c, int register, bool destination) =>
        c.Instruction.Op0Kind != OpKind.Register
        || c.Instruction.Op0Register.GetFullRegister32() != Iced.Intel.Register.EAX + register
            ? 0
        : destination ? uint.MaxValue
        : c.Instruction.Mnemonic == Mnemonic.Lar ? 0x000F0000u
        : 0;

    private static uint Shift(int count, int width) =>
        count switch
        {
            0 => 0,
            1 => count >= width ? A | C : A,
            _ => count >= width ? A | O | C : A | O,
        };

    /// <summary>The masked count of a shift or rotation: in CL or immediate.</summary>
    internal static int Count(in Instruction i, uint ecx)
    {
        var last = i.OpCount - 1;
        var count = i.GetOpKind(last) == OpKind.Register ? (byte)ecx : i.Immediate8;
        return count & 31;
    }

    private static bool IsOfSystem(Iced.Intel.Register register) => register.IsCR() || register.IsDR();

    private static int Width(in Instruction i) =>
        8 * (i.Op0Kind == OpKind.Register ? i.Op0Register.GetSize() : i.MemorySize.GetSize());
}
