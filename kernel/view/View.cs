using System.Runtime.CompilerServices;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>The state of the spec that a machine at a cut point means: the refinement relation.</summary>
public sealed class View<W>(Layout layout, IMachine<W> machine)
    where W : struct, IWord<W>
{
    public Layout Layout => layout;

    public IMachine<W> Machine => machine;

    public W Current => Get(layout.TssStack, 0, layout.StackTop);

    /// <summary>The value of a column of the spec at a row.</summary>
    public W Column(ColumnInfo column, W row) => Reader(column)(row);

    /// <summary>Reads a column of the spec: gives its value at each row.</summary>
    public Func<W, W> Reader(ColumnInfo column) =>
        column.Name switch
        {
            nameof(State<W>.Stage) => _ => machine.Stage,
            nameof(State<W>.Current) => _ => Current,
            nameof(State<W>.Clock) => _ => Get(layout.Clock, 0, Layout.ClockTicks),
            nameof(State<W>.Time) => _ => Get(layout.InfoClock, 0, Layout.Time),
            nameof(State<W>.TimeHigh) => _ => Get(layout.InfoClock, 0, Layout.TimeHigh),
            nameof(State<W>.Examined) => _ => Get(layout.Examined, 0, layout.ExaminedNumber),
            nameof(State<W>.Heir) => _ => Get(layout.Heir, 0, layout.HeirPointer),
            nameof(State<W>.Masked) => _ => Get(layout.Masked, 0, Layout.MaskedLines),
            nameof(State<W>.Handler) => row => Get(layout.Interrupts, row, layout.HandlerPointer),
            nameof(State<W>.Pending) => row => Get(layout.Interrupts, row, Layout.PendingNumber),
            nameof(State<W>.Status) => row => Thread(row, Layout.Status) & Layout.StatusMask,
            nameof(State<W>.Timed) => row => StatusBit(row, Layout.TimedStatus),
            nameof(State<W>.Faulting) => row => StatusBit(row, Layout.FaultingStatus),
            nameof(State<W>.Picked) => row => Get(layout.Picked, row, layout.PickedNumber),
            _ when FieldOf(column) is { } field => row => Thread(row, field),
            _ when (SavedRegister(column), LiveRegister(column)) is ({ } saved, { } live) => row =>
                User(row, live(), saved),
            _ => Mapped(layout.Mappings.Place(column.Name)),
        };

    /// <summary>
    /// The field of a thread's row that always has the column's value; null for columns of other tables, user registers
    /// and parts of a field.
    /// </summary>
    public Field? FieldOf(ColumnInfo column) =>
        column.Name switch
        {
            nameof(State<W>.Id) => Layout.Id,
            nameof(State<W>.Pager) => Layout.Pager,
            nameof(State<W>.Preempter) => Layout.Preempter,
            nameof(State<W>.Fault) => Layout.Fault,
            nameof(State<W>.Deadline) => Layout.Deadline,
            nameof(State<W>.Partner) => layout.Partner,
            nameof(State<W>.Served) => layout.Served,
            nameof(State<W>.Priority) => Layout.Priority,
            nameof(State<W>.Mcp) => Layout.Mcp,
            nameof(State<W>.ExternalPreempter) => Layout.ExternalPreempter,
            nameof(State<W>.Consumed) => Layout.Consumed,
            nameof(State<W>.Handles) => Layout.Handles,
            nameof(State<W>.TrapAddress) => Layout.TrapAddress,
            nameof(State<W>.Slice) => Layout.Slice,
            nameof(State<W>.Quantum) => Layout.Quantum,
            _ => null,
        };

    /// <summary>
    /// The field of a thread's row that has the column's value while the thread does not run; null if the column is no
    /// user register.
    /// </summary>
    public static Field? SavedRegister(ColumnInfo column) =>
        column.Name switch
        {
            nameof(State<W>.Eax) => Layout.Eax,
            nameof(State<W>.Ecx) => Layout.Ecx,
            nameof(State<W>.Edx) => Layout.Edx,
            nameof(State<W>.Ebx) => Layout.Ebx,
            nameof(State<W>.Esp) => Layout.Esp,
            nameof(State<W>.Ebp) => Layout.Ebp,
            nameof(State<W>.Esi) => Layout.Esi,
            nameof(State<W>.Edi) => Layout.Edi,
            nameof(State<W>.Eip) => Layout.Eip,
            nameof(State<W>.Eflags) => Layout.Eflags,
            _ => null,
        };

    /// <summary>
    /// The register of the machine that has the column's value while the thread runs; null if the column is no user
    /// register.
    /// </summary>
    private Func<W>? LiveRegister(ColumnInfo column) =>
        column.Name switch
        {
            nameof(State<W>.Eax) => () => machine.Register(0),
            nameof(State<W>.Ecx) => () => machine.Register(1),
            nameof(State<W>.Edx) => () => machine.Register(2),
            nameof(State<W>.Ebx) => () => machine.Register(3),
            nameof(State<W>.Esp) => () => machine.Register(4),
            nameof(State<W>.Ebp) => () => machine.Register(5),
            nameof(State<W>.Esi) => () => machine.Register(6),
            nameof(State<W>.Edi) => () => machine.Register(7),
            nameof(State<W>.Eip) => () => machine.Eip,
            nameof(State<W>.Eflags) => () => machine.Eflags,
            _ => null,
        };

    /// <summary>A field of a row, decoded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public W Get(Area area, W row, Field field) => field.Decode(machine.Load(area.Address(row, field)));

    private Func<W, W> Mapped((Area Area, Field Field) place) => row => Get(place.Area, row, place.Field);

    public W Thread(W row, Field field) => Get(layout.Threads, row, field);

    private W StatusBit(W row, uint bit) =>
        Thread(row, Layout.Status) >> (uint)System.Numerics.BitOperations.Log2(bit) & 1;

    // A user register is in the processor while the thread runs; otherwise it is in the thread's row. Thread 0 is
    // nobody and has no registers.
    private W User(W row, W register, Field saved)
    {
        var value = Thread(row, saved);
        if (machine.InUserMode)
            value = W.Select(row == Current, register, value);
        return W.Select(row == State<W>.Nobody, 0, value);
    }
}
