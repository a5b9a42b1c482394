using System.Buffers.Binary;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Machine.Boot;

/// <summary>
/// The services of a BIOS that setup code and kernels call in real mode (INT 10h to 1Ah; Ralf Brown's interrupt list),
/// as code at F000:0000. They print letters on port E9h, and return the sizes of memory, its map and the ticks of the
/// timer. A service without a device fails with CF set.
/// </summary>
internal static class FirmwareServices
{
    private const uint Segment = 0xF000;
    private const ushort DataSegment = 0x40,
        Ticks = 0x6C,
        Midnight = 0x70;
    private const uint SystemMap = 0x534D4150; // "SMAP"
    private const int Rows = 3,
        RowSize = 20,
        MapAt = 0x200;
    private const byte EndOfInterrupt = 0x20,
        Carry = 1,
        Zero = 0x40;

    /// <summary>The code, and the 256 vectors that point to it.</summary>
    /// <param name="memory">Bytes of RAM.</param>
    public static (uint At, byte[] Code, byte[] Vectors) Make(uint memory)
    {
        var c = new Assembler(16);
        Dictionary<int, Label> handlers = [];
        Label Start(int vector)
        {
            var label = c.CreateLabel();
            c.Label(ref label);
            return handlers[vector] = label;
        }

        var (done, failed, unsupported, other) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        WriteInterrupts(c, Start);
        Start(0x10);
        WriteDisplay(c, other);
        Start(0x11);
        WriteWord(c, 0x10);
        Start(0x12);
        WriteWord(c, 0x13);
        Start(0x13);
        c.mov(ah, 1);
        c.jmp(failed);
        Start(0x15);
        WriteMemory(c, memory, done, unsupported);
        Start(0x16);
        WriteKeyboard(c);
        Start(0x1A);
        WriteTime(c, unsupported);

        c.Label(ref unsupported);
        c.mov(ah, 0x86);
        c.Label(ref failed);
        Flags(c, () => c.or(__byte_ptr[bp + 6], Carry));
        c.Label(ref done);
        Flags(c, () => c.and(__byte_ptr[bp + 6], 0xFF & ~Carry));
        c.Label(ref other);
        c.iret();

        using var bytes = new MemoryStream();
        var result = c.Assemble(new StreamCodeWriter(bytes), 0, BlockEncoderOptions.ReturnNewInstructionOffsets);
        if (bytes.Length > MapAt)
            throw new InvalidOperationException("the services are too long");
        bytes.Position = MapAt;
        bytes.Write(Map(memory));
        var vectors = new byte[1024];
        for (var vector = 0; vector < 256; vector++)
        {
            var handler =
                vector is > 8 and < 16 ? handlers[9]
                : vector is >= 0x70 and < 0x78 ? handlers[0x70]
                : handlers.GetValueOrDefault(vector, other);
            BinaryPrimitives.WriteUInt32LittleEndian(
                vectors.AsSpan(4 * vector),
                Segment << 16 | (uint)result.GetLabelRIP(handler)
            );
        }
        return (Segment << 4, bytes.ToArray(), vectors);
    }

    /// <summary>
    /// The timer's interrupt counts ticks. The other interrupts of both controllers only send an end of interrupt.
    /// </summary>
    private static void WriteInterrupts(Assembler c, Func<int, Label> start)
    {
        start(8);
        c.push(ds);
        c.push(DataSegment);
        c.pop(ds);
        c.inc(__dword_ptr[Ticks]);
        c.pop(ds);
        c.@int(0x1C);
        start(9);
        c.push(ax);
        c.mov(al, EndOfInterrupt);
        c.@out(0x20, al);
        c.pop(ax);
        c.iret();
        start(0x70);
        c.push(ax);
        c.mov(al, EndOfInterrupt);
        c.@out(0xA0, al);
        c.@out(0x20, al);
        c.pop(ax);
        c.iret();
    }

    /// <summary>INT 10h: prints letters, and returns the display mode. The cursor does not move.</summary>
    private static void WriteDisplay(Assembler c, Label other)
    {
        var (mode, cursor) = (c.CreateLabel(), c.CreateLabel());
        c.cmp(ah, 0x0E);
        c.jne(mode);
        c.@out(0xE9, al);
        c.iret();
        c.Label(ref mode);
        c.cmp(ah, 0x0F);
        c.jne(cursor);
        c.mov(ax, 80 << 8 | 3);
        c.mov(bh, 0);
        c.iret();
        c.Label(ref cursor);
        c.cmp(ah, 3);
        c.jne(other);
        c.xor(dx, dx);
        c.mov(cx, 0x0607);
        c.iret();
    }

    /// <summary>INT 11h and 12h: return a word of the BIOS data area.</summary>
    private static void WriteWord(Assembler c, ushort at)
    {
        c.push(ds);
        c.push(DataSegment);
        c.pop(ds);
        c.mov(ax, __word_ptr[at]);
        c.pop(ds);
        c.iret();
    }

    /// <summary>INT 15h.</summary>
    private static void WriteMemory(Assembler c, uint memory, Label done, Label unsupported)
    {
        const uint upTo16 = 15 << 10,
            most = 0xFC00;
        var extended = (memory >> 10) - 1024;
        var (rows, sizes, size, gate, more) = (
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel()
        );
        c.cmp(ax, 0xE820);
        c.je(rows);
        c.cmp(ax, 0xE801);
        c.je(sizes);
        c.cmp(ah, 0x88);
        c.je(size);
        c.cmp(ax, 0x2401);
        c.je(gate);
        c.jmp(unsupported);

        c.Label(ref size);
        c.mov(ax, (ushort)Math.Min(extended, most));
        c.jmp(done);

        c.Label(ref sizes);
        c.mov(ax, (ushort)Math.Min(extended, upTo16));
        c.mov(bx, (ushort)(memory > 16 << 20 ? memory - (16 << 20) >> 16 : 0));
        c.mov(cx, ax);
        c.mov(dx, bx);
        c.jmp(done);

        // Opens address line 20. The reset bit in the same port stays 0.
        c.Label(ref gate);
        c.@in(al, 0x92);
        c.or(al, 2);
        c.and(al, 0xFE);
        c.@out(0x92, al);
        c.mov(ah, 0);
        c.jmp(done);

        // Copies a row of the map to ES:DI. EBX is the row's number, and then the number of the next row, or 0.
        c.Label(ref rows);
        c.cmp(edx, SystemMap);
        c.jne(unsupported);
        c.cmp(ebx, Rows);
        c.jae(unsupported);
        c.cmp(ecx, RowSize);
        c.jb(unsupported);
        c.push(ds);
        c.push(si);
        c.push(di);
        c.push(cs);
        c.pop(ds);
        c.imul(si, bx, RowSize);
        c.add(si, (short)MapAt);
        c.mov(cx, RowSize / 2);
        c.cld();
        c.rep.movsw();
        c.pop(di);
        c.pop(si);
        c.pop(ds);
        c.inc(ebx);
        c.cmp(ebx, Rows);
        c.jb(more);
        c.xor(ebx, ebx);
        c.Label(ref more);
        c.mov(eax, SystemMap);
        c.mov(ecx, RowSize);
        c.jmp(done);
    }

    private static byte[] Map(uint memory)
    {
        var rows = new byte[Rows * RowSize];
        var areas = Firmware.Areas(memory);
        for (var i = 0; i < Rows; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rows.AsSpan(i * RowSize), areas[i].Start);
            BinaryPrimitives.WriteUInt32LittleEndian(rows.AsSpan(i * RowSize + 8), areas[i].End - areas[i].Start);
            BinaryPrimitives.WriteUInt32LittleEndian(rows.AsSpan(i * RowSize + 16), areas[i].Type);
        }
        return rows;
    }

    /// <summary>INT 16h: no key was pressed. A program that waits for a key waits for ever.</summary>
    private static void WriteKeyboard(Assembler c)
    {
        var (wait, state, none) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        c.test(ah, 0xEF);
        c.jne(state);
        c.Label(ref wait);
        c.sti();
        c.hlt();
        c.jmp(wait);
        c.Label(ref state);
        c.cmp(ah, 1);
        c.je(none);
        c.cmp(ah, 0x11);
        c.je(none);
        c.mov(al, 0);
        c.iret();
        c.Label(ref none);
        Flags(c, () => c.or(__byte_ptr[bp + 6], Zero));
    }

    /// <summary>INT 1Ah: returns the ticks since midnight. There is no other clock.</summary>
    private static void WriteTime(Assembler c, Label unsupported)
    {
        c.cmp(ah, 0);
        c.jne(unsupported);
        c.push(ds);
        c.push(DataSegment);
        c.pop(ds);
        c.mov(dx, __word_ptr[Ticks]);
        c.mov(cx, __word_ptr[Ticks + 2]);
        c.mov(al, 0);
        c.xchg(__byte_ptr[Midnight], al);
        c.pop(ds);
        c.iret();
    }

    /// <summary>Changes the caller's flags and returns to the caller.</summary>
    private static void Flags(Assembler c, Action change)
    {
        c.push(bp);
        c.mov(bp, sp);
        change();
        c.pop(bp);
        c.iret();
    }
}
