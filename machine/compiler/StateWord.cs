using System.Reflection;
using System.Runtime.CompilerServices;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Compiler;

/// <summary>A word of the processor's state, as compiled code addresses it.</summary>
/// <param name="Field">The field of <see cref="Ia32{W, TBus}"/>.</param>
/// <param name="Offset">Bytes from the field's start to the word.</param>
internal readonly record struct StateWord(FieldInfo Field, int Offset = 0)
{
    public static readonly StateWord Eip = new(Named("Eip"));

    /// <summary>EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI.</summary>
    public static readonly StateWord[] Registers =
    [
        .. Enumerable.Range(0, 8).Select(i => new StateWord(Named("R"), i * sizeof(uint))),
    ];

    /// <summary>The selectors of the segment registers, in the order of the encoding.</summary>
    public static readonly StateWord[] Selectors =
    [
        .. Enumerable.Range(0, 6).Select(i => new StateWord(Named("S"), SelectorOffset(i))),
    ];

    /// <summary>In the order of <see cref="Ia32{W, TBus}.FlagWords"/>.</summary>
    public static readonly StateWord[] FlagWords =
    [
        new(Named("_left")),
        new(Named("_right")),
        new(Named("_result")),
        new(Named("_carry")),
        new(Named("_overflow")),
        new(Named("_stored")),
    ];

    public static readonly FieldInfo FlagRule = Named("_rule"),
        FlagSize = Named("_size");

    private static int SelectorOffset(int register)
    {
        var segments = default(Segments<Concrete>);
        return (int)
            Unsafe.ByteOffset(
                ref Unsafe.As<Segments<Concrete>, byte>(ref segments),
                ref Unsafe.As<Concrete, byte>(ref segments[register].Selector)
            );
    }

    private static FieldInfo Named(string name) =>
        typeof(Ia32<Concrete, PcBus>).GetField(
            name,
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic
        ) ?? throw new MissingFieldException(nameof(Ia32<Concrete, PcBus>), name);
}
