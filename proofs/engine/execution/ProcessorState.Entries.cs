using Verified.Machine.Processor;
using Verified.Proofs.Paths;

namespace Verified.Proofs.Execution;

/// <summary>How each kind of entry reads and writes the processor.</summary>
public static partial class ProcessorState<W, TBus>
{
    private delegate ref T Place<T>(Ia32<W, TBus> cpu);

    private static W One(bool value) => value ? 1u : 0u;

    private static string Column(string register) => register[0] + register[1..].ToLowerInvariant();

    private static ProcessorField<W, TBus> Control(string name, string why, string member, Place<W> place) =>
        new(name, Accounting.Constant, why, [member], cpu => place(cpu), (cpu, value) => place(cpu) = value);

    private static ProcessorField<W, TBus> Debug(int number, Accounting accounting, string why) =>
        new(
            $"DR{number}",
            accounting,
            why,
            [nameof(Ia32<W, TBus>.D)],
            cpu => cpu.D[number],
            (cpu, value) => cpu.D[number] = value
        );

    private static ProcessorField<W, TBus> Flag(string name, uint mask) =>
        new(
            name,
            (mask & ProcessorNames.UserFlags) != 0 ? Accounting.Compared : Accounting.Constant,
            (mask & ProcessorNames.UserFlags) != 0
                ? "column Eflags; in the kernel as the contract of the cut point says"
                : "ring 3 cannot change it without I/O privilege",
            mask == Machine.Processor.Flag.Virtual8086 ? [.. Flags, nameof(Ia32<W, TBus>.Virtual)] : Flags,
            cpu => cpu.Eflags & mask,
            (cpu, value) => cpu.Eflags = cpu.Eflags & ~mask | value
        );

    private static ProcessorField<W, TBus> Plain(
        string name,
        string why,
        string member,
        Func<Ia32<W, TBus>, W> read,
        Action<Ia32<W, TBus>, uint> write
    ) =>
        new(name, Accounting.Constant, why, [member], read, (cpu, value) =>
            write(
                cpu,
                W.TryValue(value, out var known)
                    ? known
                    : throw new ProverException($"{name} starts with a value that is known")
            )
        );

    /// <summary>A selector and its hidden part; whether an access needs no check follows from it.</summary>
    private static IEnumerable<ProcessorField<W, TBus>> Segment(
        string name,
        Accounting accounting,
        string why,
        string member,
        Place<Segment<W>> place
    )
    {
        string[] flat =
        [
            member,
            nameof(Segment<W>.FlatToRead),
            nameof(Segment<W>.FlatToWrite),
            nameof(Segment<W>.ReachToRead),
            nameof(Segment<W>.ReachToWrite),
        ];
        yield return new(
            $"{name} selector",
            accounting,
            why,
            [member, nameof(Segment<W>.Selector)],
            cpu => place(cpu).Selector,
            (cpu, value) => place(cpu).Selector = value
        );
        yield return new(
            $"{name} base",
            accounting,
            why,
            [.. flat, nameof(Segment<W>.Base)],
            cpu => place(cpu).Base,
            (cpu, value) => Load(ref place(cpu), value, place(cpu).Limit, place(cpu).Attributes)
        );
        yield return new(
            $"{name} limit",
            accounting,
            why,
            [.. flat, nameof(Segment<W>.Limit)],
            cpu => place(cpu).Limit,
            (cpu, value) => Load(ref place(cpu), place(cpu).Base, value, place(cpu).Attributes)
        );
        yield return new(
            $"{name} attributes",
            accounting,
            why,
            [.. flat, nameof(Segment<W>.Attributes)],
            cpu => place(cpu).Attributes,
            (cpu, value) =>
                Load(
                    ref place(cpu),
                    place(cpu).Base,
                    place(cpu).Limit,
                    W.TryValue(value, out var known)
                        ? known
                        : throw new ProverException("a segment's attributes are known")
                )
        );
    }

    private static void Load(ref Segment<W> segment, W @base, W limit, uint attributes) =>
        segment = Segment<W>.Load(segment.Selector, @base, limit, attributes);
}
