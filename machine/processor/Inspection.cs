namespace Verified.Machine.Processor;

/// <summary>
/// State that only instructions of ring 0 or of the coprocessor show. Whoever accounts for the whole processor reads it
/// here, and starts a processor from it.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    /// <summary>Words of the x87's state, in the order of FNSAVE with 32-bit operands.</summary>
    public const int CoprocessorItems = CoprocessorState<W>.Items;

    /// <summary>Test registers, some of which no model has.</summary>
    public const int TestRegisters = TestData + 1;

    /// <summary>IA32_SYSENTER_CS, ESP and EIP.</summary>
    public (W Code, W Esp, W Eip) Sysenter
    {
        get => _sysenter;
        set => _sysenter = value;
    }

    /// <summary>What the time-stamp counter is ahead of the bus's: a write of the counter sets it.</summary>
    public (W Low, W High) TimeStampOffset
    {
        get => _timeStampOffset;
        set => _timeStampOffset = value;
    }

    /// <summary>Whether a misaligned access raises #AC: CR0.AM and EFLAGS.AC are set in ring 3.</summary>
    public bool ChecksAlignment => _checksAlignment;

    /// <summary>A word of the x87's state.</summary>
    public W CoprocessorItem(int item) => _coprocessor[item];

    /// <inheritdoc cref="CoprocessorItem"/>
    public void SetCoprocessorItem(int item, W value) => SetCoprocessor(item, value);

    /// <summary>TR0..TR7; 0 where the model has none.</summary>
    public uint TestRegister(int number) => _test.Registers[number];
}
