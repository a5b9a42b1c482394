using Verified.Spec;

namespace Verified.Proofs.Fuzz;

/// <summary>Random arguments of system calls: descriptors, timeouts and masks.</summary>
public sealed partial class Generator
{
    private uint Mask() => Chance(90) ? Pick([0u, Fpage.Unmap, Fpage.Own, Fpage.Own | Fpage.Unmap]) : Word();

    private uint Send() =>
        EventWeights.Sends.Draw(_random) switch
        {
            SendKind.None => Descriptor.None,
            SendKind.Words => 0,
            SendKind.SmallNumber => 1 + Below(4),
            SendKind.AnyWord => Word(),
            _ => 0xFFFFFFFC + Below(3),
        };

    private uint Receive() =>
        EventWeights.Receives.Draw(_random) switch
        {
            ReceiveKind.None => Descriptor.None,
            ReceiveKind.FromThread => 0,
            ReceiveKind.FromAnyone => 1,
            ReceiveKind.Window => Pages.Window(_random) & ~1u | 2 | Below(2),
            ReceiveKind.SmallNumber => 2 + Below(4),
            ReceiveKind.AnyWindow => Word() | 2,
            ReceiveKind.AnyWord => Word(),
            _ => 0xFFFFFFFC + Below(3),
        };

    // Most of these exponents make the mantissa's unit 1 ms (10), a quarter of 1 ms (11) or 64 ms (7). The deadline
    // falls within the few ticks of a program, in this round of slots or in a later one.
    private uint Exponent() => Pick([0u, 7u, 10u, 10u, 11u, 11u, 12u]);

    private uint Timeout() =>
        EventWeights.Timeouts.Draw(_random) switch
        {
            TimeoutKind.Infinite => Timeouts.Infinite,
            TimeoutKind.ZeroReceive => Timeouts.ZeroReceiveOnly,
            TimeoutKind.ShortReceive => 0x10,
            TimeoutKind.ZeroBoth => Timeouts.ZeroBoth,
            TimeoutKind.FewTicks => Chance(30) ? Word() : Word() & 0xFFFF0000 | Exponent() | Exponent() << 4,
            _ => Word() & 0x00FF00FF,
        };

    private uint OrInvalid(uint word) => Chance(30) ? ThreadId.Invalid : word;
}
