using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>The ports that an instruction uses, and whether the current task may use them.</summary>
internal sealed partial class Judge
{
    /// <summary>The ports that an instruction uses, with any prefixes; null if it uses none.</summary>
    private static (uint First, uint Last, bool IsOut)? UsesPorts(UserInstruction code, uint edx)
    {
        var (at, isSmall) = (0, false);
        for (
            ;
            at < code.Length && code[at] is 0x26 or 0x2E or 0x36 or 0x3E or (>= 0x64 and <= 0x67) or 0xF2 or 0xF3;
            at++
        )
            isSmall |= code[at] == 0x66;
        if (at == code.Length)
            return null;
        var opcode = code[at];
        var (isString, isImmediate, isByDx) = (
            opcode is >= 0x6C and <= 0x6F,
            opcode is >= 0xE4 and <= 0xE7,
            opcode is >= 0xEC and <= 0xEF
        );
        if (!(isString || isByDx || isImmediate) || code.Length != at + (isImmediate ? 2 : 1))
            return null;
        var first = isImmediate ? code[at + 1] : edx & 0xFFFF;
        return (
            first,
            first
                + (
                    (opcode & 1) == 0 ? 0u
                    : isSmall ? 1u
                    : 3u
                ),
            !isString && (opcode & 2) != 0
        );
    }

    // A byte of ones follows the bit of the last port.
    private bool MayNotUse(uint port) =>
        port > 0xFFFF
        || port >> 4 >= state.Limits.Paging.Ports
        || state
            .NodeOf(
                state.Task(state.Current),
                state.Limits.Paging.Home<Concrete>((port >> 4) + state.Limits.Paging.Frames)
            )
            .Value == 0;
}
