using Verified.Kernel;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>
/// Decides from the manual and the spec's mappings what a user instruction raises. The image has no influence: if its
/// tables let the processor do anything else, that is a difference.
/// </summary>
/// <param name="state">The spec's state.</param>
internal sealed partial class Judge(State<Concrete> state)
{
    private const uint Write = 2;

    /// <summary>
    /// The spec's events for a user-code event. Apply each event before you take the next. Null means that the
    /// instruction just completes; no event means that nothing can arise.
    /// </summary>
    public static IEnumerable<Event?> Arisen(State<Concrete> state, Event e)
    {
        var (judge, task) = (new Judge(state), state.Task(state.Current));
        var isSmall =
            state.Eip[state.Current].Value < UserSegments.SmallSize && PageEntries.OfSmallSpace(state, task).Value != 0;
        if (judge.Of(e, isSmall) is not { } arising)
            yield break;
        yield return arising.Event;
        if (
            arising.Event?.Entry == Entry.Outgrow
            && e.Entry != Entry.Outgrow
            && judge.Of(e, isSmall: false) is { } again
        )
            yield return again.Event;
    }

    // Ports at which no chip of the machine answers: writing to them changes nothing.
    private const uint FirstIdlePort = 0x1000,
        LastIdlePort = 0xFFFF;

    /// <summary>
    /// The effect of an event on a PC; null if the event cannot arise in this state, or its effect is not defined.
    /// </summary>
    /// <param name="e">An event of user code.</param>
    /// <param name="isSmall">True if the current thread runs in its task's small space.</param>
    public Arising? Of(Event e, bool isSmall)
    {
        var registers = e.Registers ?? Registers.Of(state, state.Current.Value);
        if (e.Injected)
        {
            var leaves =
                isSmall
                && (
                    e.Entry == Entry.Protection
                    || (e.Entry == Entry.Exception && UserSegments.Outgrows.Contains(e.Argument))
                    || (e.Entry == Entry.PageFault && e.Argument >= UserSegments.SmallSize)
                );
            return new(
                leaves
                    ? Outgrow(FaultMessage.Protection, registers) with
                    {
                        Injected = true,
                    }
                    : e with
                    {
                        Registers = registers,
                    },
                registers,
                null
            );
        }

        if ((e.By ?? UserInstructions.Usual(e)) is not { } code)
            return e.Entry == Entry.Outgrow && isSmall && registers.Eip >= UserSegments.SmallSize
                ? new(Outgrow(FaultMessage.Protection, registers), registers, null)
                : null;
        var start = registers with { Eip = registers.Eip - UserInstructions.Past(e, code) };
        if (start.Eip + code.Length - 1 is var last && (last < start.Eip || last > UserSpace.Last))
            return null;
        if (OfFetch(start, code, isSmall) is { } fetch)
            return fetch;
        var segment = SelectorOf(e, isSmall);
        return e.Entry switch
        {
            _ when WaysIn.Call(e.Entry) is { } call => code == UserInstructions.SystemCall(call.Vector)
                ? new(e with { Registers = registers }, start, code)
                : null,
            Entry.PageFault => OfAccess(e, start, code, segment, isSmall),
            Entry.Protection => OfProtection(e, start, code, segment, isSmall),
            Entry.Trap => UserInstructions.IsInt(code) && code[code.Length - 1] == UserInstructions.Trap[1]
                ? OfInt(start, code, isSmall)
                : null,
            Entry.Outgrow => OfOutgrow(e, start, code, segment, isSmall),
            Entry.Exception => OfException(e, registers, start, code, segment, isSmall),
            _ => null,
        };
    }

    // The first byte that the processor cannot fetch, if there is one. If an instruction fits into a page, the next
    // page is not looked at.
    private Arising? OfFetch(Registers start, UserInstruction code, bool isSmall)
    {
        for (var i = 0u; i < code.Length; i++)
        {
            var at = start.Eip + i;
            if (isSmall && at >= UserSegments.SmallSize)
                return new(Outgrow(FaultMessage.Protection, start), start, i == 0 ? null : code);
            if (CanRead(at))
                continue;
            return new(new Event(Entry.PageFault, start, at), start, i == 0 ? null : code);
        }

        return null;
    }

    // An access of one byte through a segment register, which may be null or not writable.
    private Arising? OfAccess(Event e, Registers start, UserInstruction code, uint? segment, bool isSmall)
    {
        var writes = (e.Code & Write) != 0;
        var expected =
            code == UserInstructions.Absolute(e.Argument, writes)
            || (code == (writes ? UserInstructions.StoreAtEsi : UserInstructions.LoadAtEsi) && start.Esi == e.Argument);
        if (!expected)
            return null;
        if (IsForbidden(segment, writes) || e.Argument > LastOf(segment, isSmall))
            return Forbidden(start, code, 0, isSmall);
        if (writes ? CanWrite(e.Argument) : CanRead(e.Argument))
            return null;
        return new(new Event(Entry.PageFault, start, e.Argument, e.Code), start, code);
    }

    private Arising? OfProtection(Event e, Registers start, UserInstruction code, uint? segment, bool isSmall)
    {
        if (code.FirstDword != e.Argument)
            return null;
        if (UsesPorts(code, start.Edx) is var (first, last, isOut))
        {
            // In a small space no task's map of ports is valid.
            if (
                isSmall
                || MayNotUse(first)
                || MayNotUse(last)
                || (last > first + 1 && (MayNotUse(first + 1) || MayNotUse(first + 2)))
            )
                return Forbidden(start, code, 0, isSmall);
            var isIdle =
                isOut
                && first >= FirstIdlePort
                && last <= LastIdlePort
                && (start.Eflags & (Machine.Processor.Flag.Trap | Flags.Resume)) == 0;
            return isIdle ? new(null, start, code) : null;
        }

        if (UserInstructions.Privileged.Contains(code))
            return Forbidden(start, code, 0, isSmall);
        if (code == UserInstructions.LoadAtEsi || code == UserInstructions.StoreAtEsi)
            return IsForbidden(segment, code == UserInstructions.StoreAtEsi) || start.Esi > LastOf(segment, isSmall)
                ? Forbidden(start, code, 0, isSmall)
                : null;
        if (UserInstructions.IsInt(code))
            return OfInt(start, code, isSmall);
        if (code.Length == 7 && code[0] is 0x9A or 0xEA)
        {
            var selector = (uint)(code[5] | code[6] << 8);
            return IsOfUsers(selector) ? null : Forbidden(start, code, IsNull(selector) ? 0 : selector & ~3u, isSmall);
        }

        if (
            code.Length == 2
            && code[0] == 0x8E
            && (code[1] & 0xC7) == 0xC0
            && (code[1] >> 3 & 7) is 0 or 2 or 3 or 4 or 5
        )
        {
            var (selector, isStack) = (start.Eax & 0xFFFF, code[1] >> 3 == 0x1A);
            var isAllowed = isStack
                ? selector is Layout.UserData or Layout.FlatData
                : IsNull(selector) || IsOfUsers(selector);
            return isAllowed ? null : Forbidden(start, code, IsNull(selector) ? 0 : selector & ~3u, isSmall);
        }

        return null;
    }

    private Arising? OfInt(Registers start, UserInstruction code, bool isSmall)
    {
        var vector = code[code.Length - 1];
        var errorCode = (uint)vector * 8 + 2;
        return UserInstructions.IsOpen(vector) ? null
            : state.Traps(errorCode) ? new(new Event(Entry.Trap, start), start, code)
            : Forbidden(start, code, errorCode, isSmall);
    }

    private static Arising? OfOutgrow(Event e, Registers start, UserInstruction code, uint? segment, bool isSmall)
    {
        if (!isSmall)
            return null;
        var arises = e.Argument switch
        {
            11 => code.Length == 2
                && code[0] == 0x8E
                && (code[1] >> 3 & 7) is 0 or 3 or 4 or 5
                && (code[1] & 0xC7) == 0xC0
                && (start.Eax & 0xFFFC) == (Layout.FlatData & ~3u),
            12 => (code == UserInstructions.PushEax && start.Esp - 4 >= UserSegments.SmallSize)
                || (
                    code == UserInstructions.LoadSegment(Machine.Processor.SegmentRegister.Ss)
                    && (start.Eax & 0xFFFF) == Layout.FlatData
                ),
            FaultMessage.Protection => (code == UserInstructions.LoadAtEsi || code == UserInstructions.StoreAtEsi)
                && (start.Esi >= UserSegments.SmallSize || IsForbidden(segment, code == UserInstructions.StoreAtEsi)),
            _ => false,
        };
        return arises ? new(Outgrow(e.Argument, start) with { Between = e.Between }, start, code) : null;
    }

    private static Arising? OfException(
        Event e,
        Registers registers,
        Registers start,
        UserInstruction code,
        uint? segment,
        bool isSmall
    )
    {
        const uint trap = Machine.Processor.Flag.Trap,
            nested = Machine.Processor.Flag.NestedTask,
            overflow = Machine.Processor.Flag.Overflow;
        var arises =
            e.Code == 0
            && e.Argument switch
            {
                1 when code == UserInstructions.Nop => (start.Eflags & trap) != 0 && (start.Eflags & Flags.Resume) == 0,
                4 when code == UserInstructions.Into => (start.Eflags & overflow) != 0,
                5 => code == UserInstructions.Bound
                    && !isSmall
                    && !IsForbidden(segment, writes: false)
                    && Window.Contains(start.Esi)
                    && start.Esi % Layout.PageSize == CommonCode.Bounds,
                10 => code == UserInstructions.Iret && (start.Eflags & nested) != 0,
                12 => code == UserInstructions.PushEax && !isSmall && start.Esp - 4 > UserSegments.LastOfData,
                _ => UserInstructions.ThatRaise(e.Argument).Contains(code),
            };
        return arises ? new(e with { Registers = registers }, start, code) : null;
    }

    /// <summary>A general-protection exception; a thread in a small space gets a whole space instead.</summary>
    private static Arising Forbidden(Registers start, UserInstruction code, uint errorCode, bool isSmall) =>
        new(
            isSmall
                ? Outgrow(FaultMessage.Protection, start)
                : new Event(Entry.Protection, start, code.FirstDword, errorCode),
            start,
            code
        );

    private static Event Outgrow(uint vector, Registers start) => new(Entry.Outgrow, start, vector);

    // The segment register that data accesses go through: DS, if the event has loaded another selector into it.
    private static uint? SelectorOf(Event e, bool isSmall) =>
        e.Loaded is { Register: Machine.Processor.SegmentRegister.Ds } loaded
        && !(isSmall && (loaded.Selector & ~3u) == (Layout.FlatData & ~3u))
            ? loaded.Selector
            : null;

    private static bool IsForbidden(uint? selector, bool writes) =>
        selector is { } loaded && (IsNull(loaded) || (writes && (loaded & ~3u) == (Layout.UserCode & ~3u)));

    // The last byte of the data segment: the flat one, unless the event has loaded another selector.
    private static uint LastOf(uint? selector, bool isSmall) =>
        isSmall ? UserSegments.SmallSize - 1
        : selector is null || (selector & ~3u) == (Layout.FlatData & ~3u) ? UserSegments.LastOfData
        : UserSegments.LastOfCode;

    private static bool IsNull(uint selector) => selector < 4;

    private static bool IsOfUsers(uint selector) =>
        (selector & ~3u) is (Layout.UserCode & ~3u) or (Layout.UserData & ~3u) or (Layout.FlatData & ~3u);

    private uint NodeAt(uint address) =>
        address < Layout.KernelBase ? state.NodeOf(state.Task(state.Current), address / Layout.PageSize).Value : 0;

    private bool CanRead(uint address) => Window.Contains(address) || NodeAt(address) != 0;

    private bool CanWrite(uint address) => NodeAt(address) is > 0 and var node && state.Mappings.IsWritable(node).Known;
}
