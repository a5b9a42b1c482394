using Verified.Machine.Chips;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Computer;

/// <summary>
/// A snapshot of the whole machine, including the TLB, and optionally an inner snapshot. A restore undoes only the
/// later stores, which are in the memory's <see cref="PhysicalMemory.Log"/>.
/// </summary>
public sealed partial class Pc
{
    private Saved? _saved,
        _outer,
        _spare;

    // Whether a device may differ from the snapshot.
    private bool _devicesChanged;

    /// <summary>
    /// Makes the present state the snapshot to which <see cref="Restore"/> returns. It replaces an earlier snapshot.
    /// </summary>
    public void Snapshot()
    {
        _saved ??= new Saved(new Ia32<Concrete, PcBus>(Cpu.Bus), _devices);
        Save();
        Memory.Log.Begin();
        Mmu.RecheckStores();
    }

    /// <summary>
    /// Makes the present state the snapshot to which <see cref="Restore"/> returns. It keeps the earlier snapshot for
    /// <see cref="LeaveInner"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no snapshot, or already an inner one.</exception>
    public void SnapshotInner()
    {
        if (_saved is null || _outer is not null)
            throw new InvalidOperationException("an inner snapshot needs one outer snapshot");
        (_outer, _saved) = (_saved, _spare ??= new Saved(new Ia32<Concrete, PcBus>(Cpu.Bus), _devices));
        Save();
        Memory.Log.Nest();
        Mmu.RecheckStores();
    }

    /// <summary>Returns to the outer snapshot and discards the inner one.</summary>
    /// <exception cref="InvalidOperationException">There is no inner snapshot.</exception>
    public void LeaveInner()
    {
        (_saved, _outer) = (_outer ?? throw new InvalidOperationException("there is no inner snapshot"), null);
        Memory.Restore();
        Memory.Log.Leave();
        _devicesChanged = true;
        Restore();
    }

    private void Save()
    {
        _saved!.Cpu.CopyFrom(Cpu);
        for (var i = 0; i < _devices.Count; i++)
            _saved.Devices[i].CopyFrom(_devices[i]);
        _saved.Translations = Mmu.Save();
        _saved.State = (
            Instructions,
            Time,
            _nextEvent,
            _interruptPending,
            _nonMaskablePending,
            ExitStatus,
            _stop,
            Mmu.AddressLine20,
            _system
        );
        _devicesChanged = false;
    }

    /// <summary>Makes the log report only later changes. The snapshot stays.</summary>
    public void Mark()
    {
        if (Memory.Log.Mark())
            Mmu.RecheckStores();
    }

    /// <summary>Returns to the snapshot. Output that the guest has printed is not undone.</summary>
    /// <exception cref="InvalidOperationException">There is no snapshot.</exception>
    public void Restore()
    {
        var saved = _saved ?? throw new InvalidOperationException("restore without a snapshot");
        Memory.Restore();
        Cpu.CopyFrom(saved.Cpu);
        if (_devicesChanged)
            RestoreDevices(saved);
        (
            Instructions,
            Time,
            _nextEvent,
            _interruptPending,
            _nonMaskablePending,
            ExitStatus,
            _stop,
            Mmu.AddressLine20,
            _system
        ) = saved.State;
        Mmu.Restore(saved.Translations, Cpu.Cr0, Cpu.Cr3, Cpu.Cr4);
    }

    private void RestoreDevices(Saved saved)
    {
        for (var i = 0; i < _devices.Count; i++)
            _devices[i].CopyFrom(saved.Devices[i]);
        _devicesChanged = false;
    }

    private sealed class Saved(Ia32<Concrete, PcBus> cpu, IReadOnlyList<IDevice> devices)
    {
        public readonly Ia32<Concrete, PcBus> Cpu = cpu;
        public readonly IDevice[] Devices = [.. devices.Select(device => device.Copy())];
        public Translation[] Translations = [];
        public (
            long Instructions,
            long Time,
            long NextEvent,
            bool Pending,
            bool NonMaskable,
            int? Exit,
            StopReason? Stop,
            bool Gate,
            byte System
        ) State;
    }
}
