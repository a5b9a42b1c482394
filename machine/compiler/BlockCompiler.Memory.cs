using System.Reflection;
using System.Reflection.Emit;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Compiler;

/// <summary>
/// Loads and stores of a trace. Each first tries the TLB in place, and then asks the bus after the trace's end.
/// </summary>
internal sealed partial class BlockCompiler
{
    /// <summary>
    /// Emits a load of the present operation. If <paramref name="write"/> is set, a store to the same address follows.
    /// </summary>
    public Code Load(Code linear, int size, bool write)
    {
        var value = _emitter.NewLocal();
        var local = value.Node!.Local!;
        var (slow, end) = (_il.DefineLabel(), _il.DefineLabel());
        var address = Probe(linear, size, write, slow);
        _il.Emit(
            size == 4 ? OpCodes.Ldind_U4
            : size == 2 ? OpCodes.Ldind_U2
            : OpCodes.Ldind_U1
        );
        _il.Emit(OpCodes.Stloc, local);
        _il.MarkLabel(end);
        AtExit(slow, end, () =>
        {
            _emitter.Push(address);
            _il.Emit(OpCodes.Ldc_I4, size);
            _il.Emit(OpCodes.Ldc_I4, write ? 1 : 0);
            _il.Emit(OpCodes.Ldc_I4, _user ? 1 : 0);
            _il.Emit(OpCodes.Ldloca, local);
            _il.Emit(
                OpCodes.Call,
                typeof(BlockCompiler).GetMethod(nameof(TryLoad), BindingFlags.NonPublic | BindingFlags.Static)!
            );
        });
        return value;
    }

    /// <summary>Emits a store of the present operation.</summary>
    public void Store(Code linear, int size, Code value)
    {
        value = _emitter.Fixed(value);
        var (slow, end) = (_il.DefineLabel(), _il.DefineLabel());
        var address = Probe(linear, size, write: true, slow);
        _emitter.Push(value);
        _il.Emit(
            size == 4 ? OpCodes.Stind_I4
            : size == 2 ? OpCodes.Stind_I2
            : OpCodes.Stind_I1
        );
        _il.MarkLabel(end);
        AtExit(slow, end, () =>
        {
            _emitter.Push(address);
            _il.Emit(OpCodes.Ldc_I4, size);
            _emitter.Push(value);
            _il.Emit(OpCodes.Ldc_I4, _user ? 1 : 0);
            _il.Emit(
                OpCodes.Call,
                typeof(BlockCompiler).GetMethod(nameof(TryStore), BindingFlags.NonPublic | BindingFlags.Static)!
            );
        });
    }

    private static bool TryLoad(
        Ia32<Concrete, PcBus> cpu,
        uint linear,
        int size,
        bool write,
        bool user,
        ref uint value
    ) => cpu.Bus.TryLoad(linear, size, write, user, ref value);

    private static bool TryStore(Ia32<Concrete, PcBus> cpu, uint linear, int size, uint value, bool user) =>
        cpu.Bus.TryStore(linear, size, value, user);

    private static bool TryLoadSegment(Ia32<Concrete, PcBus> cpu, int register, uint selector, uint reach)
    {
        var former = cpu.S[register];
        try
        {
            cpu.LoadSegment(register, selector);
        }
        catch (Fault)
        {
            return false;
        }
        if (register is SegmentRegister.Fs or SegmentRegister.Gs || cpu.S[register].ReachToWrite >= reach)
            return true;
        cpu.S[register] = former;
        return false;
    }

    // A segment load does not change the method's locals. A load that would fault, or would leave a segment that ends
    // earlier, is interpreted.
    private void WriteSegmentLoad(in Operation operation)
    {
        var (exit, before, done) = (_il.DefineLabel(), Capture(), _done);
        var selector = _emitter.Fixed(_text.R[operation.SourceRegister] & 0xFFFF);
        _il.Emit(OpCodes.Ldarg_0);
        _il.Emit(OpCodes.Ldc_I4, (int)operation.TargetRegister);
        _emitter.Push(selector);
        _il.Emit(OpCodes.Ldc_I4, (int)_reach);
        _il.Emit(
            OpCodes.Call,
            typeof(BlockCompiler).GetMethod(nameof(TryLoadSegment), BindingFlags.NonPublic | BindingFlags.Static)!
        );
        _il.Emit(OpCodes.Brfalse, exit);
        _exits.Add(() =>
        {
            _il.MarkLabel(exit);
            WriteExit(before, done);
        });
        _text.Eip += operation.Length;
        Fix();
        _done++;
    }

    /// <summary>
    /// Pushes the host address of a linear address if the TLB allows the access; otherwise jumps to
    /// <paramref name="slow"/>.
    /// </summary>
    /// <returns>The linear address, in a local.</returns>
    private unsafe Code Probe(Code linear, int size, bool write, Label slow)
    {
        linear = _emitter.Fixed(linear);
        LeaveBeyond(linear, size);
        var entry = _il.DeclareLocal(typeof(nint));
        var layout = _mmu.TlbLayout(write, _user);

        // entry = TLB + (linear >> 12 & entries - 1) * size of an entry
        _il.Emit(OpCodes.Ldc_I8, (long)layout.Tlb);
        _il.Emit(OpCodes.Conv_I);
        _emitter.Push(linear);
        _il.Emit(OpCodes.Ldc_I4, 12);
        _il.Emit(OpCodes.Shr_Un);
        _il.Emit(OpCodes.Ldc_I4, layout.Entries - 1);
        _il.Emit(OpCodes.And);
        _il.Emit(OpCodes.Conv_U);
        _il.Emit(OpCodes.Ldc_I4, sizeof(Translation));
        _il.Emit(OpCodes.Mul);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, entry);

        // The tag must be the page of the last byte. The entry is that of the first byte, so an access to two pages is
        // slow.
        _il.Emit(OpCodes.Ldloc, entry);
        _il.Emit(OpCodes.Ldc_I4, layout.TagOffset);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Ldind_U4);
        _emitter.Push(linear + (uint)(size - 1));
        _il.Emit(OpCodes.Ldc_I4, unchecked((int)0xFFFFF000));
        _il.Emit(OpCodes.And);
        _il.Emit(OpCodes.Bne_Un, slow);

        _il.Emit(OpCodes.Ldloc, entry);
        _il.Emit(OpCodes.Ldc_I4, layout.HostOffset);
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Ldind_I);
        _emitter.Push(linear);
        _il.Emit(OpCodes.Conv_U);
        _il.Emit(OpCodes.Add);
        return linear;
    }

    // An access beyond the segments is interpreted. Flat segments have no byte beyond them, and wrap.
    private void LeaveBeyond(Code linear, int size)
    {
        if (_reach == uint.MaxValue)
            return;
        var (exit, before, done) = (_il.DefineLabel(), _before, _done);
        _emitter.Push(linear);
        _il.Emit(OpCodes.Ldc_I4, (int)(_reach - (uint)(size - 1)));
        _il.Emit(OpCodes.Bgt_Un, exit);
        _exits.Add(() =>
        {
            _il.MarkLabel(exit);
            WriteExit(before, done);
        });
    }

    /// <summary>
    /// Emits code after the trace that tries an access that the TLB did not allow. If it succeeds, the code continues
    /// at the end of the access; otherwise the method returns.
    /// </summary>
    private void AtExit(Label slow, Label end, Action attempt)
    {
        var (before, done) = (_before, _done);
        _exits.Add(() =>
        {
            _il.MarkLabel(slow);
            _il.Emit(OpCodes.Ldarg_0);
            attempt();
            _il.Emit(OpCodes.Brtrue, end);
            WriteExit(before, done);
        });
    }
}
