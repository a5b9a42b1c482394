using Iced.Intel;
using Verified.Machine.Computer;
using Verified.Machine.Processor;

namespace Verified.Proofs.Diff;

/// <summary>
/// Runs an event again with one conditional jump the other way: taken where it was not taken, and the reverse. If image
/// and spec then agree, the jump is wrong, or what it compares. No rule about the look of the code finds this.
/// </summary>
/// <param name="run">
/// Begins the event anew with the given function called before each instruction. Returns whether image and spec agree
/// after it.
/// </param>
/// <param name="length">The number of instructions of the event as it was found.</param>
internal sealed class TurnedJumps(Func<Action<Pc>, bool> run, long length)
{
    /// <summary>A run takes the other way for so many instructions more than the event that was found.</summary>
    private const long MostMore = 20_000;

    /// <summary>The flag that decides each condition if all other status flags are 0.</summary>
    private static readonly Dictionary<ConditionCode, (uint Flag, bool Negated)> Flags = new()
    {
        [ConditionCode.o] = (Flag.Overflow, false),
        [ConditionCode.no] = (Flag.Overflow, true),
        [ConditionCode.b] = (Flag.Carry, false),
        [ConditionCode.ae] = (Flag.Carry, true),
        [ConditionCode.e] = (Flag.Zero, false),
        [ConditionCode.ne] = (Flag.Zero, true),
        [ConditionCode.be] = (Flag.Carry, false),
        [ConditionCode.a] = (Flag.Carry, true),
        [ConditionCode.s] = (Flag.Sign, false),
        [ConditionCode.ns] = (Flag.Sign, true),
        [ConditionCode.p] = (Flag.Parity, false),
        [ConditionCode.np] = (Flag.Parity, true),
        [ConditionCode.l] = (Flag.Sign, false),
        [ConditionCode.ge] = (Flag.Sign, true),
        [ConditionCode.le] = (Flag.Zero, false),
        [ConditionCode.g] = (Flag.Zero, true),
    };

    /// <summary>Whether this class can turn a jump: one whose condition is a condition of flags.</summary>
    public static bool CanTurn(in Instruction jump) => Flags.ContainsKey(jump.ConditionCode);

    /// <summary>Whether image and spec agree if one jump goes the other way.</summary>
    /// <param name="number">The number of the executed instruction in the event, from 0 on.</param>
    /// <param name="jump">The jump.</param>
    /// <param name="taken">Whether it was taken.</param>
    public bool Agrees(long number, in Instruction jump, bool taken)
    {
        var (flag, negated) = Flags[jump.ConditionCode];
        var turned = taken == negated ? flag : 0;
        var address = jump.IP32;
        var (executed, flags, isTurned) = (0L, (uint?)null, false);
        var agrees = run(pc =>
        {
            // The code after the jump finds the flags that the comparison left.
            if (flags is { } former)
                pc.Cpu.Eflags = former;
            flags = null;
            if (executed == number && pc.Cpu.Eip.Value == address)
            {
                flags = pc.Cpu.Eflags.Value;
                pc.Cpu.Eflags = flags.Value & ~Flag.Status | turned;
                isTurned = true;
            }

            if (++executed > length + MostMore)
                throw new MachineException("the kernel does not come to an end after the turned jump");
        });
        return isTurned && agrees;
    }
}
