using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>How a field's dword stores its value.</summary>
public enum Encoding
{
    /// <summary>The value itself.</summary>
    Number,

    /// <summary>A status with its flags (<see cref="StoredStatus"/>).</summary>
    Status,

    /// <summary>The address of a row of the thread table; the value is the row.</summary>
    ThreadPointer,

    /// <summary>The address just past a row of the thread table (a stack top); the value is the row.</summary>
    ThreadTop,

    /// <summary>The offset of a row in the table of mappings; the value is the row.</summary>
    NodeOffset,

    /// <summary>The address of a page, or its offset in an area of pages; the value is the page's number.</summary>
    PageAddress,
}

/// <summary>A dword of every row of an area.</summary>
/// <param name="Name">Symbol name; unique within the area.</param>
/// <param name="Offset">Bytes from the row's start; a multiple of 4.</param>
/// <param name="Bits">Width of the value; the bits above are always 0.</param>
/// <param name="Encoding">How the dword holds the value.</param>
public sealed record Field(string Name, uint Offset, uint Bits = 32, Encoding Encoding = Encoding.Number);

/// <summary>A table in the kernel's memory that the kernel's code may write: <paramref name="Rows"/> rows of</summary>
/// <paramref name="Stride"/> bytes.
/// <param name="Name">Symbol name.</param>
/// <param name="Base">Linear address of row 0.</param>
/// <param name="Rows">Number of rows; a power of two.</param>
/// <param name="Stride">Bytes from row to row; a power of two.</param>
/// <param name="Fields">The dwords that are in use.</param>
public sealed record Area(string Name, uint Base, uint Rows, uint Stride, IReadOnlyList<Field> Fields)
{
    /// <summary>The number of rows that directly follow each other; a power of two.</summary>
    public uint RowsOfBlock { get; init; } = Rows;

    /// <summary>
    /// Bytes from one block of such rows to the next; a power of two. The memory between two blocks is unused.
    /// </summary>
    public uint BlockSize { get; init; } = Rows * Stride;

    public uint End => Base + Rows / RowsOfBlock * BlockSize;

    /// <summary>The bits of an offset in the area that are 0 in every row.</summary>
    public uint Between => BlockSize - RowsOfBlock * Stride;

    /// <summary>Linear address of a field of a row.</summary>
    public W Address<W>(W row, Field field)
        where W : struct, IWord<W> => Offset(row) + (Base + field.Offset);

    /// <summary>Bytes from the area's start to a row.</summary>
    public W Offset<W>(W row)
        where W : struct, IWord<W> =>
        RowsOfBlock == Rows
            ? row * Stride
            : (row >> Log2(RowsOfBlock)) * BlockSize + (row & (RowsOfBlock - 1)) * Stride;

    /// <summary>The row at a distance in bytes from the area's start.</summary>
    public W Row<W>(W offset)
        where W : struct, IWord<W> =>
        RowsOfBlock == Rows
            ? offset >> Log2(Stride)
            : (offset >> Log2(BlockSize)) * RowsOfBlock + (offset >> Log2(Stride) & (RowsOfBlock - 1));

    private static uint Log2(uint power) => (uint)System.Numerics.BitOperations.Log2(power);
}
