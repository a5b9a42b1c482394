using System.Runtime.CompilerServices;

namespace Verified.Machine.Processor;

/// <summary>
/// The part of the x87 that software needs to detect it and to switch it between programs: the control instructions
/// (SDM vol. 1, 8.1 and 8.3.11). Computing instructions raise #UD, after #NM if CR0 says so (vol. 3, 2.5). Because
/// nothing computes, no exception is ever pending, and pointers and registers keep the values that were loaded.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    private const int ControlWord = 0,
        StatusWord = 1,
        TagWord = 2,
        EnvironmentItems = 7;
    private const uint InitialControl = 0x37F,
        Masks = 0x3F,
        Empty = 0xFFFF,
        Exceptions = 0x80FF;

    // In the order of FNSAVE with 32-bit operands: control, status and tag word, four words of pointers, and eight
    // registers of ten bytes.
    private CoprocessorState<W> _coprocessor;

    // If no program uses the x87, its state need not be copied.
    private bool _coprocessorUsed;

    private void ResetCoprocessor()
    {
        // SDM vol. 3, table 9-1.
        _coprocessor = default;
        _coprocessor[ControlWord] = 0x40;
        _coprocessor[TagWord] = 0x5555;
        _coprocessorUsed = true;
    }

    private void CopyCoprocessor(Ia32<W, TBus> other)
    {
        if (_coprocessorUsed || other._coprocessorUsed)
            (_coprocessor, _coprocessorUsed) = (other._coprocessor, other._coprocessorUsed);
    }

    private void Coprocessor(in Operation op)
    {
        if ((Known(Cr0, "CR0") & (ControlBit.Emulation | ControlBit.TaskSwitched)) != 0)
            throw new Fault(Vectors.DeviceNotAvailable);
        if (!_model.HasCoprocessor)
        {
            WithoutCoprocessor(op);
            return;
        }
        switch ((CoprocessorUse)op.Extra)
        {
            case CoprocessorUse.Nothing:
                break;
            case CoprocessorUse.Initialise:
                InitialiseCoprocessor();
                break;
            case CoprocessorUse.ClearExceptions:
                SetCoprocessor(StatusWord, _coprocessor[StatusWord] & ~(W)Exceptions);
                break;
            case CoprocessorUse.StoreControl:
                Write(op, _coprocessor[ControlWord]);
                break;
            case CoprocessorUse.StoreStatus:
                Write(op, _coprocessor[StatusWord]);
                break;
            case CoprocessorUse.LoadControl:
                SetCoprocessor(ControlWord, Target(op));
                break;
            case CoprocessorUse.StoreEnvironment:
                StoreCoprocessor(op, EnvironmentItems);
                SetCoprocessor(ControlWord, _coprocessor[ControlWord] | Masks);
                break;
            case CoprocessorUse.LoadEnvironment:
                LoadCoprocessor(op, EnvironmentItems);
                break;
            case CoprocessorUse.Save:
                StoreCoprocessor(op, CoprocessorState<W>.Items);
                InitialiseCoprocessor();
                break;
            case CoprocessorUse.Restore:
                LoadCoprocessor(op, CoprocessorState<W>.Items);
                break;
            default:
                throw Fault.UndefinedOpcode();
        }
    }

    /// <summary>
    /// Without a coprocessor no device drives the bus, so a store writes ones. Programs detect its absence in this way.
    /// </summary>
    private void WithoutCoprocessor(in Operation op)
    {
        switch ((CoprocessorUse)op.Extra)
        {
            case CoprocessorUse.Nothing or CoprocessorUse.Initialise or CoprocessorUse.ClearExceptions:
                break;
            case CoprocessorUse.StoreControl or CoprocessorUse.StoreStatus:
                Write(op, 0xFFFF);
                break;
            default:
                throw new Fault(Vectors.DeviceNotAvailable);
        }
    }

    private void InitialiseCoprocessor()
    {
        for (var i = 0; i < EnvironmentItems; i++)
            SetCoprocessor(
                i,
                i switch
                {
                    ControlWord => InitialControl,
                    TagWord => Empty,
                    _ => 0,
                }
            );
    }

    private void SetCoprocessor(int item, W value) => (_coprocessor[item], _coprocessorUsed) = (value, true);

    /// <summary>The environment has 14 or 28 bytes, depending on the operand size. The registers follow it.</summary>
    private void StoreCoprocessor(in Operation op, int items)
    {
        for (var i = 0; i < items; i++)
        {
            // The upper halves of the words in the 32-bit environment are stored as ones.
            var upper = i <= TagWord && op.Size == 4 ? 0xFFFF0000 : 0;
            WriteMemory(op.Segment, CoprocessorOffset(op, i), ItemSize(op, i), _coprocessor[i] | upper);
        }
    }

    private void LoadCoprocessor(in Operation op, int items)
    {
        var loaded = _coprocessor;
        for (var i = 0; i < items; i++)
        {
            var value = ReadMemory(op.Segment, CoprocessorOffset(op, i), ItemSize(op, i));
            loaded[i] = i <= TagWord ? value & 0xFFFF : value;
        }
        (_coprocessor, _coprocessorUsed) = (loaded, true);
    }

    private static int ItemSize(in Operation op, int item) => item < EnvironmentItems ? op.Size : 4;

    private W CoprocessorOffset(in Operation op, int item) =>
        Beyond(
            op,
            EffectiveAddress(op),
            Math.Min(item, EnvironmentItems) * op.Size + Math.Max(item - EnvironmentItems, 0) * 4
        );

    private void WaitForCoprocessor()
    {
        const uint both = ControlBit.MonitorCoprocessor | ControlBit.TaskSwitched;
        if ((Known(Cr0, "CR0") & both) == both)
            throw new Fault(Vectors.DeviceNotAvailable);
    }
}

/// <summary>The x87's state in 32-bit words.</summary>
[InlineArray(Items)]
internal struct CoprocessorState<W>
    where W : struct
{
    public const int Items = 27;

    private W _first;
}

/// <summary>The effect of an escape instruction.</summary>
internal enum CoprocessorUse : ushort
{
    Arithmetic,

    /// <summary>FNOP, and instructions that only earlier coprocessors used: FNDISI, FNENI, FNSETPM.</summary>
    Nothing,
    Initialise,
    ClearExceptions,
    StoreControl,
    StoreStatus,
    LoadControl,
    StoreEnvironment,
    LoadEnvironment,
    Save,
    Restore,
}
