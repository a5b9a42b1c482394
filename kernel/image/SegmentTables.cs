using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>GDT, IDT and TSS as the image contains them (SDM 3A, 3.4.5, 6.11, 7.2.1).</summary>
internal static class SegmentTables
{
    /// <summary>The offsets of the operands of LGDT and LIDT in the tables' pages.</summary>
    public const uint GdtPointer = 0x40,
        IdtPointer = 0xF00;

    private const uint InterruptGate = 0x8E;
    private const int RingShift = 5;

    /// <summary>
    /// The kernel's flat segments of 4 GB, marked as accessed so that no load writes the table, and the TSS. The users'
    /// segments have only their low dwords here; the high ones are tables with a field (<see cref="UserSegments"/>).
    /// </summary>
    public static byte[] Gdt(Layout layout)
    {
        var table = new byte[GdtPointer + 6];
        Segment(table, Layout.KernelCode, 0, 0xFFFFF, 0x9B, 0xC);
        Segment(table, Layout.KernelData, 0, 0xFFFFF, 0x93, 0xC);
        Put(table, Layout.UserCode & ~7u, UserSegments.Low);
        Put(table, Layout.UserData & ~7u, UserSegments.Low);
        Put(table, Layout.FlatData & ~7u, UserSegments.FlatLow);
        Segment(table, Layout.TaskState, layout.Tss, Layout.TssLimit, 0x89, 0);
        Pointer(table, GdtPointer, Layout.GdtLimit, layout.Gdt);
        return table;
    }

    /// <summary>
    /// All gates are interrupt gates, so that the kernel runs with interrupts off. Ring 3 may use those of the system
    /// calls, INT3 and INTO.
    /// </summary>
    public static byte[] Idt(Layout layout, IReadOnlyDictionary<string, uint> symbols)
    {
        var table = new byte[IdtPointer + 6];
        foreach (var gate in WaysIn.Gates)
        {
            var (vector, target) = (gate.Vector, symbols[gate.Symbol]);
            Put(table, vector * 8, Layout.KernelCode << 16 | target & 0xFFFF);
            Put(table, vector * 8 + 4, target & 0xFFFF0000 | (InterruptGate | gate.Ring << RingShift) << 8);
        }

        Pointer(table, IdtPointer, Layout.IdtLimit, layout.Idt);
        return table;
    }

    /// <summary>The ring-0 stack, the offset of the I/O bitmap, and the byte that ends the bitmap.</summary>
    public static byte[] Tss(Layout layout)
    {
        var segment = new byte[Layout.TssLimit + 1];
        Put(segment, Layout.TssStackTop, layout.StackTop.Encode<Concrete>(0));
        Put(segment, Layout.TssStackSegment, Layout.KernelData);
        Put(segment, Layout.TssPortMapBase, UserSegments.Ports);
        segment[Layout.TssLimit] = 0xFF;
        return segment;
    }

    private static void Segment(byte[] table, uint selector, uint start, uint limit, byte access, uint flags)
    {
        Put(table, selector & ~7u, start << 16 | limit & 0xFFFF);
        Put(
            table,
            (selector & ~7u) + 4,
            start & 0xFF000000 | flags << 20 | limit & 0xF0000 | (uint)access << 8 | start >> 16 & 0xFF
        );
    }

    private static void Pointer(byte[] table, uint offset, uint limit, uint start)
    {
        BitConverter.TryWriteBytes(table.AsSpan((int)offset), (ushort)limit);
        Put(table, offset + 2, start);
    }

    private static void Put(byte[] table, uint offset, uint dword) =>
        BitConverter.TryWriteBytes(table.AsSpan((int)offset), dword);
}
