namespace Verified.Machine.Chips;

/// <summary>
/// The 8042 keyboard controller of the PC/AT (ports 60h and 64h) with a keyboard: commands, the A20 gate, and the reset
/// line. No key is ever pressed, but software can send bytes to itself. If the mode says so, the controller translates
/// the keyboard's answers to scan code set 1.
/// </summary>
public sealed class KeyboardController : IDevice
{
    private const byte Acknowledge = 0xFA,
        Resend = 0xFE,
        SetCommand = 0xF0;
    private const int InterruptEnable = 1,
        SystemFlag = 4,
        Disabled = 0x10,
        Translated = 0x40,
        OutputFull = 1,
        CommandLast = 8,
        NotInhibited = 0x10;
    private const int ResetLine = 1,
        AddressLine20 = 2;

    private const byte FirstSet = 1,
        UsualSet = 2,
        LastSet = 3;

    private readonly Queue<byte> _output = new();

    // Cells 1..31 of the controller's memory. Cell 0 is the mode.
    private readonly byte[] _cells = new byte[32];
    private byte _mode,
        _last,
        _port = ResetLine | AddressLine20,
        _expects,
        _keyboardExpects,
        _set = UsualSet,
        _said;
    private bool _commandLast;

    /// <param name="tested">Whether firmware has run the self-test and enabled the interrupt of keys.</param>
    public KeyboardController(bool tested) => _mode = tested ? (byte)(InterruptEnable | SystemFlag) : (byte)0;

    /// <inheritdoc/>
    public Action<bool>? Output { get; set; }

    /// <summary>Called when the controller's output port opens or closes the A20 gate.</summary>
    public Action<bool>? AddressGate { get; set; }

    /// <summary>Called when the processor's reset line is pulsed.</summary>
    public Action? Reset { get; set; }

    /// <summary>Interrupt 1.</summary>
    public bool Interrupts => (_mode & InterruptEnable) != 0 && _output.Count > 0;

    /// <summary>Port 60h or 64h.</summary>
    public byte Read(uint port)
    {
        if (port == 0x60)
            return _last = _output.TryDequeue(out var value) ? value : _last;
        return (byte)(
            (_output.Count > 0 ? OutputFull : 0) | _mode & SystemFlag | (_commandLast ? CommandLast : 0) | NotInhibited
        );
    }

    public void Write(uint port, byte value)
    {
        _commandLast = port == 0x64;
        if (_commandLast)
            Command(value);
        else
            Data(value);
    }

    /// <summary>Sets the output port's A20 bit when another gate (port 92h) changes.</summary>
    public void NoteAddressGate(bool open) => _port = (byte)(open ? _port | AddressLine20 : _port & ~AddressLine20);

    byte IDevice.Read(uint port, long now)
    {
        var value = Read(port);
        // The next byte of the output buffer interrupts again.
        Output?.Invoke(false);
        Output?.Invoke(Interrupts);
        return value;
    }

    void IDevice.Write(uint port, byte value, long now)
    {
        Write(port, value);
        Output?.Invoke(Interrupts);
    }

    void IDevice.CopyFrom(IDevice other) => CopyFrom((KeyboardController)other);

    IDevice IDevice.Copy()
    {
        var copy = new KeyboardController(tested: true);
        copy.CopyFrom(this);
        return copy;
    }

    internal void CopyFrom(KeyboardController other)
    {
        (_mode, _last, _port, _expects, _keyboardExpects, _commandLast) = (
            other._mode,
            other._last,
            other._port,
            other._expects,
            other._keyboardExpects,
            other._commandLast
        );
        (_set, _said) = (other._set, other._said);
        other._cells.CopyTo(_cells, 0);
        _output.Clear();
        foreach (var value in other._output)
            _output.Enqueue(value);
    }

    private void Command(byte command)
    {
        _expects = 0;
        switch (command)
        {
            case 0x20:
                _output.Enqueue(_mode);
                break;
            case > 0x20 and <= 0x3F:
                _output.Enqueue(_cells[command & 31]);
                break;
            case (>= 0x60 and <= 0x7F) or 0xD1 or 0xD2 or 0xD3 or 0xD4:
                _expects = command;
                break;
            case 0xAA:
                _mode |= SystemFlag;
                _output.Enqueue(0x55);
                break;
            case 0xA9 or 0xAB:
                _output.Enqueue(0);
                break;
            case 0xAD:
                _mode |= Disabled;
                break;
            case 0xAE:
                _mode &= unchecked((byte)~Disabled);
                break;
            case 0xC0:
                _output.Enqueue(0x80);
                break;
            case 0xD0:
                _output.Enqueue(_port);
                break;
            case 0xDD or 0xDF:
                WritePort((byte)(_port & ~AddressLine20 | (command & AddressLine20)));
                break;
            case 0xE0:
                _output.Enqueue(0);
                break;
            case >= 0xF0 when (command & ResetLine) == 0:
                Reset?.Invoke();
                break;
            default:
                // The other commands are for the auxiliary device, which does not exist.
                break;
        }
    }

    private void Data(byte value)
    {
        var expected = _expects;
        _expects = 0;
        switch (expected)
        {
            case 0x60:
                _mode = value;
                break;
            case > 0x60 and <= 0x7F:
                _cells[expected & 31] = value;
                break;
            case 0xD1:
                WritePort(value);
                break;
            case 0xD2:
                _output.Enqueue(value);
                break;
            case 0xD3 or 0xD4:
                break;
            default:
                ToKeyboard(value);
                break;
        }
    }

    private void WritePort(byte value)
    {
        _port = value;
        AddressGate?.Invoke((value & AddressLine20) != 0);
        if ((value & ResetLine) == 0)
            Reset?.Invoke();
    }

    private void ToKeyboard(byte value)
    {
        var expected = _keyboardExpects;
        _keyboardExpects = 0;
        if (expected == SetCommand)
            ChooseSet(value);
        else if (expected != 0)
            // The parameter of the commands for LEDs and repeat rate.
            Say(Acknowledge);
        else
            KeyboardCommand(value);
    }

    private void KeyboardCommand(byte command)
    {
        switch (command)
        {
            case 0xED or SetCommand or 0xF3:
                _keyboardExpects = command;
                Say(Acknowledge);
                break;
            case 0xEE:
                Say(0xEE);
                break;
            case 0xF2:
                Say(Acknowledge, 0xAB, 0x83);
                break;
            case 0xF4:
                Say(Acknowledge);
                break;
            case 0xF5 or 0xF6:
                _set = UsualSet;
                Say(Acknowledge);
                break;
            case 0xFE:
                Say(_said);
                break;
            case 0xFF:
                _set = UsualSet;
                Say(Acknowledge, 0xAA);
                break;
            default:
                Say(Resend);
                break;
        }
    }

    // Parameter 0 asks for the present set.
    private void ChooseSet(byte set)
    {
        if (set > LastSet)
        {
            Say(Resend);
            return;
        }
        Say(Acknowledge);
        if (set == 0)
            Say(_set);
        else
            _set = set;
    }

    private void Say(params ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            _said = value;
            _output.Enqueue((_mode & Translated) == 0 ? value : Translate(value));
        }
    }

    /// <summary>
    /// Translates answers that are also scan codes of set 2 to set 1. Other answers are above these codes and do not
    /// change.
    /// </summary>
    private static byte Translate(byte value) =>
        value switch
        {
            FirstSet => 0x43,
            UsualSet => 0x41,
            LastSet => 0x3F,
            0x83 => 0x41,
            _ => value,
        };
}
