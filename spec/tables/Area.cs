using System.Runtime.CompilerServices;
using Verified.Spec.Values;

namespace Verified.Spec.Tables;

/// <summary>How a field's dword holds its value, if the dword is not the value itself.</summary>
/// <remarks>
/// The kinds are a closed list, because a generic virtual call is slow, and comparisons read fields millions of times.
/// </remarks>
public abstract class FieldEncoding
{
    private FieldEncoding() { }

    /// <summary>The dword that holds a value.</summary>
    public W Encode<W>(W value)
        where W : struct, IWord<W> =>
        this switch
        {
            Pointer pointer => pointer.Area.Offset(value) + pointer.Start,
            Shifted shifted => (value ^ shifted.Flip) << shifted.Shift,
            Scaled scaled => value * scaled.Size,
            Constant constant => constant.Dword,
            _ => throw new InvalidOperationException("an encoding of no kind"),
        };

    /// <summary>The value that a dword holds.</summary>
    public W Decode<W>(W dword)
        where W : struct, IWord<W> =>
        this switch
        {
            Pointer pointer => pointer.Area.Row(dword - pointer.Start),
            Shifted shifted => dword >> shifted.Shift ^ shifted.Flip,
            Scaled scaled => dword >> (uint)System.Numerics.BitOperations.Log2(scaled.Size),
            Constant => 0,
            _ => throw new InvalidOperationException("an encoding of no kind"),
        };

    /// <summary>The address of a row, plus some bytes; the value is the row.</summary>
    /// <param name="area">The rows' area.</param>
    /// <param name="past">How many bytes past the row's start.</param>
    public static FieldEncoding RowPointer(Func<Area> area, uint past = 0) => new Pointer(area, past);

    /// <summary>The offset of one of many things of a size; the value is its number.</summary>
    /// <param name="size">Bytes; a power of two.</param>
    public static FieldEncoding Multiple(uint size) => new Scaled(size);

    /// <summary>A value with some bits flipped, and shifted to the left.</summary>
    public static FieldEncoding FlippedAndShifted(uint flip, uint shift) => new Shifted(flip, shift);

    /// <summary>A dword that always has one value; its field has no value of interest.</summary>
    public static FieldEncoding Always(uint dword) => new Constant(dword);

    private sealed class Constant(uint dword) : FieldEncoding
    {
        public uint Dword => dword;
    }

    private sealed class Pointer(Func<Area> area, uint past) : FieldEncoding
    {
        private Area? _area;

        public Area Area => _area ??= area();

        public uint Start => Area.Base + past;
    }

    private sealed class Scaled(uint size) : FieldEncoding
    {
        public uint Size => size;
    }

    private sealed class Shifted(uint flip, uint shift) : FieldEncoding
    {
        public uint Flip => flip;

        public uint Shift => shift;
    }
}

/// <summary>A dword of every row of an area.</summary>
/// <param name="Name">Symbol name; unique within the area.</param>
/// <param name="Offset">Bytes from the row's start; a multiple of 4.</param>
/// <param name="Bits">Width of the value; the bits above are always 0.</param>
/// <param name="Encoding">How the dword holds the value; null if the dword is the value.</param>
public sealed record Field(string Name, uint Offset, uint Bits = 32, FieldEncoding? Encoding = null)
{
    /// <summary>The dword that holds a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public W Encode<W>(W value)
        where W : struct, IWord<W> => Encoding is null ? value : Encoding.Encode(value);

    /// <summary>The value that the field's dword holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public W Decode<W>(W dword)
        where W : struct, IWord<W> => Encoding is null ? dword : Encoding.Decode(dword);

    /// <summary>
    /// Whether a dword holds a value of the field's width, and is the only dword that holds it. Decoding alone drops
    /// bits.
    /// </summary>
    public bool HoldsValue(uint dword)
    {
        var value = Decode<Concrete>(dword);
        return (Bits >= 32 || value.Value >> (int)Bits == 0) && Encode(value).Value == dword;
    }
}

/// <summary>
/// A table in a kernel's memory that its code may write: <paramref name="Rows"/> rows of <paramref name="Stride"/>
/// bytes.
/// </summary>
/// <param name="Name">Symbol name.</param>
/// <param name="Base">Linear address of row 0.</param>
/// <param name="Rows">Number of rows; a power of two.</param>
/// <param name="Stride">Bytes from row to row; a power of two.</param>
/// <param name="Fields">The dwords that are in use.</param>
public sealed record Area(string Name, uint Base, uint Rows, uint Stride, IReadOnlyList<Field> Fields)
{
    /// <summary>So many rows follow each other; a power of two.</summary>
    public uint RowsOfBlock { get; init; } = Rows;

    /// <summary>Bytes from such a block of rows to the next; a power of two. Between them is nothing.</summary>
    public uint BlockSize { get; init; } = Rows * Stride;

    /// <summary>The table of its rows; without another value, the table of one row.</summary>
    public Table Table { get; init; } = Table.Processor;

    public uint End => Base + Rows / RowsOfBlock * BlockSize;

    /// <summary>The bits of an offset in the area that are 0 at every row.</summary>
    public uint Between => BlockSize - RowsOfBlock * Stride;

    /// <summary>Linear address of a field of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public W Address<W>(W row, Field field)
        where W : struct, IWord<W> => Offset(row) + (Base + field.Offset);

    /// <summary>Bytes from the area's start to a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public W Offset<W>(W row)
        where W : struct, IWord<W> =>
        RowsOfBlock == Rows
            ? row * Stride
            : (row >> Log2(RowsOfBlock)) * BlockSize + (row & (RowsOfBlock - 1)) * Stride;

    /// <summary>The row that is so many bytes from the area's start.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public W Row<W>(W offset)
        where W : struct, IWord<W> =>
        RowsOfBlock == Rows
            ? offset >> Log2(Stride)
            : (offset >> Log2(BlockSize)) * RowsOfBlock + (offset >> Log2(Stride) & (RowsOfBlock - 1));

    private static uint Log2(uint power) => (uint)System.Numerics.BitOperations.Log2(power);
}
