namespace Verified.Machine.Processor;

/// <summary>
/// State that only instructions of ring 0 or of the coprocessor show. Code that compares or sets the whole processor
/// state uses these members.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    /// <summary>The number of words of the x87's state, in the order of FNSAVE with 32-bit operands.</summary>
    public const int CoprocessorItems = CoprocessorState<W>.Items;

    /// <summary>The number of test registers. No model has all of them.</summary>
    public const int TestRegisters = TestData + 1;

    /// <summary>IA32_SYSENTER_CS, ESP and EIP.</summary>
    public (W Code, W Esp, W Eip) Sysenter
    {
        get => _sysenter;
        set => _sysenter = value;
    }

    /// <summary>
    /// The difference between the time-stamp counter and the bus's counter. A write of the time-stamp counter sets it.
    /// </summary>
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

    /// <summary>Whether a word of the x87's state or a test register may differ from 0.</summary>
    public bool UsesRareState => _coprocessorUsed || _testUsed;

    /// <summary>TR0..TR7; 0 for a register that the model does not have.</summary>
    public uint TestRegister(int number) => _test.Registers[number];
}
