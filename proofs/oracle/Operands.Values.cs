using System.Buffers.Binary;
using Iced.Intel;
using Verified.Machine.Processor;
using IcedRegister = Iced.Intel.Register;
using Register = Verified.Machine.Processor.Register;

namespace Verified.Proofs.Oracle;

/// <summary>
/// Writes the values that the operands have: in registers, in memory, and in the instruction's displacement.
/// </summary>
internal sealed partial class Operands
{
    private ConstantOffsets Offsets()
    {
        var decoder = Decoder.Create(
            Arena.Of(segments[SegmentRegister.Cs])!.Value.Big ? 32 : 16,
            new ByteArrayCodeReader(bytes)
        );
        decoder.Decode(out var instruction);
        return decoder.GetConstantOffsets(instruction);
    }

    private void PatchDisplacement(uint offset)
    {
        var offsets = Offsets();
        if (offsets.HasDisplacement)
            Write(offsets.DisplacementOffset, offsets.DisplacementSize, offset);
    }

    private void Write(int at, int size, uint value)
    {
        for (var i = 0; i < size; i++)
            bytes[at + i] = (byte)(value >> 8 * i);
    }

    private uint Value(IcedRegister register) =>
        register.GetSize() switch
        {
            0 => 0,
            4 => Registers[register - IcedRegister.EAX],
            2 => Registers[register - IcedRegister.AX] & 0xFFFF,
            _ => register < IcedRegister.AH
                ? Registers[register - IcedRegister.AL] & 0xFF
                : Registers[register - IcedRegister.AH] >> 8 & 0xFF,
        };

    private void SetRegister(IcedRegister register, uint value)
    {
        if (register.GetSize() == 4)
            Registers[register - IcedRegister.EAX] = value;
        else if (register.GetSize() == 2)
            Merge(register - IcedRegister.AX, 0xFFFF, value);
        else if (register < IcedRegister.AH)
            Merge(register - IcedRegister.AL, 0xFF, value);
        else
            Merge(register - IcedRegister.AH, 0xFF00, value << 8);
    }

    private void Merge(int number, uint mask, uint value) =>
        Registers[number] = Registers[number] & ~mask | value & mask;

    private void PokeStack(uint depth, uint value, uint size = 4)
    {
        var segment = Arena.Of(segments[SegmentRegister.Ss])!.Value;
        var offset = Registers[Register.Esp] + depth;
        Poke(segment.Base + (segment.Big ? offset : offset & 0xFFFF), value, (int)size);
    }

    /// <summary>Puts a value of 1 to 4 bytes into memory, if that is writable: as words, over the background.</summary>
    private void Poke(uint linear, uint value, int size)
    {
        for (var i = 0; i < size; i++)
        {
            var at = linear + (uint)i;
            if (at < Arena.Data || at >= Arena.WritableEnd)
                continue;
            var word = at & ~3u;
            var index = _pokes.FindIndex(poke => poke.Item1 == word);
            if (index < 0)
            {
                if (_pokes.Count == Case.MostPokes)
                    return;
                index = _pokes.Count;
                _pokes.Add(
                    (word, BinaryPrimitives.ReadUInt32LittleEndian(Arena.Background.AsSpan((int)(word - Arena.Data))))
                );
            }

            var shift = 8 * (int)(at & 3);
            _pokes[index] = (word, _pokes[index].Item2 & ~(0xFFu << shift) | (value >> 8 * i & 0xFF) << shift);
        }
    }
}
