using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Which bits of a key determine the value of a cell, and which registers of a thread are in the key.
/// </summary>
public sealed partial class Codec
{
    /// <summary>
    /// The bits of a thread's own cells. For <see cref="State{W}.Nobody"/>, the bits of the processor and the
    /// priorities.
    /// </summary>
    public Key MaskOf(uint row) => ~_parts[Array.IndexOf(Rows, row) + 1].Others;

    /// <summary>The bits of the mappings.</summary>
    public Key MaskOfMappings => _mappings is null ? default : ~_parts[^1].Others;

    /// <summary>The bits of a cell that is packed.</summary>
    public Key MaskOf(string column, uint row) => _slots[_tables.Start(column) + (int)row].Mask;

    /// <summary>
    /// Whether in the present state, which has a key, the masked bits of the key determine the value of a cell. If the
    /// state has no stale values of the mappings (<see cref="HasStale"/>), they determine more cells.
    /// </summary>
    public bool Tells(Key mask, int cell, bool isUnpacked = false)
    {
        if (_partOf[cell] == Constant)
            return true;
        if (IsRelative(cell))
            return false;
        if (_mappings is not null && cell >= _tables.MappingsStart)
            return (MaskOfMappings & mask) == MaskOfMappings && (isUnpacked || !_mappings.IsMeaningless(cell));
        if (!_slots.TryGetValue(cell, out var slot) || (slot.Mask & mask) != slot.Mask)
            return false;
        if (_parts[_partOf[cell]].Phase is not { } phase || !phase.Slots.Any(register => register.Cell == cell))
            return true;
        var status = MaskOf(nameof(State<Concrete>.Status), phase.Row);
        var faulting = MaskOf(nameof(State<Concrete>.Faulting), phase.Row);
        return ((status | faulting) & mask) == (status | faulting)
            && _mappings is null
            && _status[phase.Row].Value == ThreadStatus.Sending
            && Needed(phase.Row) != 0;
    }

    // The registers of a thread that are in the key, as bits by their place in Registers. They are the registers of its
    // receive phase, as long as that is still to come. In models with mappings they include its item, window or
    // request, until an operation has taken them over.
    private uint Needed(uint row)
    {
        const uint window = 2,
            partner = 4,
            receive = 1 | window | partner,
            send = 8,
            item = 16,
            request = 1 | 8;
        var s = _tables.State;
        var own = s.Faulting[row].Value == 0;
        if (_handles && _status[row].Value == ThreadStatus.Sleeping)
            return partner;
        var needed = _status[row].Value switch
        {
            ThreadStatus.Sending => !own ? 0
            : _mappings is not null && Descriptor.HasItem(s.Eax[row]).Known ? receive | send | item
            : receive | send,
            ThreadStatus.Resuming => s.Stage.Value != Stages.Accept || s.Current.Value != row ? receive : window,
            ThreadStatus.ReceivingAny or ThreadStatus.ReceivingFrom => own ? window : 0,
            ThreadStatus.Giving => IsBegun(s.Partner[row].Value) ? receive : receive | item,
            ThreadStatus.Mapping => IsBegun(row)
                ? s.Mappings.Operation == Operations.Delete
                    ? send | item
                    : 0
                : s.Partner[row].Value == State<Concrete>.Nobody
                    ? request
                    : own
                        ? window
                        : 0,
            _ => 0u,
        };
        return _mappings is not null || (needed & receive) == receive ? needed : 0;
    }

    private bool IsBegun(uint owner) =>
        _tables.State.Mappings.Operation.Value != Operations.None && _tables.State.Mappings.Owner.Value == owner;
}
