using Iced.Intel;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using static Iced.Intel.AssemblerRegisters;
using Register = Verified.Machine.Processor.Register;

namespace Verified.Machine.Boot;

/// <summary>
/// A raw disk whose boot sector does the work of a Multiboot loader, for machines with a BIOS but without a loader.
/// <see cref="Multiboot"/> computes in advance the memory that a loader would leave. The boot sector copies it there,
/// 32 KB at a time, and starts the kernel.
/// </summary>
/// <remarks>
/// So the kernel reads the memory size for which the disk was made. The computer must have at least that much memory.
/// </remarks>
public static class BootDisk
{
    private const uint Sector = 512,
        Most = 64,
        Cylinder = 16 * 63 * Sector;

    // The boot sector and its data, the table of runs, and the buffer from which sectors are copied to their addresses.
    private const uint Start = 0x7C00,
        Packet = 0x7D80,
        Drive = 0x7D90,
        OwnTable = 0x7D92,
        KernelTable = 0x7D98,
        Descriptors = 0x7DA0,
        Runs = 0x8000,
        RunsEnd = 0x9000,
        Buffer = 0x10000,
        BufferEnd = Buffer + Most * Sector;

    /// <summary>
    /// Sectors of the disk that are copied to a physical address. Without a first sector, zeros are written instead.
    /// </summary>
    private readonly record struct Run(uint At, uint Sectors, uint First);

    /// <summary>Makes the disk. Its size is a multiple of a cylinder of 16 heads and 63 sectors.</summary>
    /// <param name="memory">The size of memory that the kernel reads, in bytes.</param>
    /// <param name="kernel">A Multiboot kernel.</param>
    /// <param name="commandLine">The kernel's command line.</param>
    /// <param name="modules">The modules that a loader would load.</param>
    /// <exception cref="MachineException">The kernel cannot be loaded, or it overlaps the boot sector.</exception>
    public static byte[] Make(
        uint memory,
        ReadOnlySpan<byte> kernel,
        string commandLine,
        params ReadOnlySpan<BootModule> modules
    )
    {
        var pc = new Pc(memory);
        var written = Multiboot.Load(pc, kernel, commandLine, modules);
        if (written.Any(area => area.Start < BufferEnd && !(area.Start >= RunsEnd && area.End <= Buffer)))
            throw new MachineException(
                $"the kernel uses memory below {BufferEnd:X}h, where its boot sector is: no disk can be made"
            );
        var runs = new List<Run>();
        using var content = new MemoryStream();
        var next = 1 + (RunsEnd - Runs) / Sector;
        foreach (var (at, sectors, zero) in Pieces(pc, written))
        {
            runs.Add(new(at, sectors, zero ? 0 : next));
            if (zero)
                continue;
            for (var i = 0u; i < sectors; i++)
                content.Write(SectorOf(pc, at + i * Sector));
            next += sectors;
        }
        if ((runs.Count + 1) * 12 > RunsEnd - Runs)
            throw new MachineException("the kernel is in too many pieces for its boot sector: no disk can be made");
        var disk = new byte[(next * Sector + Cylinder - 1) / Cylinder * Cylinder];
        BootSector(pc).CopyTo(disk, 0);
        uint[] table = [.. runs.SelectMany(run => (uint[])[run.At, run.Sectors, run.First])];
        System.Buffer.BlockCopy(table, 0, disk, (int)Sector, table.Length * 4);
        content.ToArray().CopyTo(disk, (int)(Sector + RunsEnd - Runs));
        return disk;
    }

    /// <summary>The written sectors in order; long rows of zeros are not stored.</summary>
    private static List<(uint At, uint Sectors, bool Zero)> Pieces(Pc pc, IEnumerable<(uint Start, uint End)> written)
    {
        var sectors = new SortedSet<uint>(
            written.SelectMany(area =>
                Enumerable
                    .Range((int)(area.Start / Sector), (int)((area.End + Sector - 1) / Sector - area.Start / Sector))
                    .Select(i => (uint)i)
            )
        );
        var pieces = new List<(uint At, uint Sectors, bool Zero)>();
        foreach (var sector in sectors)
        {
            var (at, zero) = (sector * Sector, !SectorOf(pc, sector * Sector).ContainsAnyExcept((byte)0));
            var follows = pieces.Count > 0 && pieces[^1].At + pieces[^1].Sectors * Sector == at;
            if (follows && pieces[^1].Zero == zero)
                pieces[^1] = pieces[^1] with { Sectors = pieces[^1].Sectors + 1 };
            else
                pieces.Add((at, 1, zero));
        }
        // A short run of zeros costs less than another piece.
        for (var i = 1; i < pieces.Count; )
        {
            var (before, piece) = (pieces[i - 1], pieces[i]);
            var joins =
                before.At + before.Sectors * Sector == piece.At
                && (before.Zero == piece.Zero || (before.Zero ? before : piece).Sectors < Most);
            if (joins)
            {
                pieces[i - 1] = (before.At, before.Sectors + piece.Sectors, before.Zero && piece.Zero);
                pieces.RemoveAt(i);
            }
            else
            {
                i++;
            }
        }
        return pieces;
    }

    private static ReadOnlySpan<byte> SectorOf(Pc pc, uint at) =>
        pc.Memory.Page(at / 4096).Slice((int)(at % 4096), (int)Sector);

    private static byte[] BootSector(Pc pc)
    {
        const uint flatCode = 0x00CF9B00,
            flatData = 0x00CF9300;
        var sector = new byte[Sector];
        void Put(uint at, uint value) => BitConverter.TryWriteBytes(sector.AsSpan((int)(at - Start)), value);
        var code = Assemble(16, Start, c => RealMode(c, (uint)Entry(pc).Length));
        var entry = Entry(pc);
        if (code.Length + entry.Length > Packet - Start)
            throw new InvalidOperationException("the boot sector's code is too long");
        code.CopyTo(sector, 0);
        entry.CopyTo(sector, Packet - Start - entry.Length);
        // The packet of INT 13h: its size, the count, the offset and segment of the buffer, and the 64-bit number of
        // the first sector (EDD-3, 6.3).
        Put(Packet, 16);
        Put(OwnTable, 23 | Descriptors << 16);
        Put(OwnTable + 2, Descriptors);
        Put(KernelTable, (uint)pc.Cpu.GdtLimit | (uint)pc.Cpu.GdtBase << 16);
        Put(KernelTable + 2, pc.Cpu.GdtBase);
        Put(Descriptors + 8, 0xFFFF);
        Put(Descriptors + 12, flatCode);
        Put(Descriptors + 16, 0xFFFF);
        Put(Descriptors + 20, flatData);
        (sector[510], sector[511]) = (0x55, 0xAA);
        return sector;
    }

    private static byte[] Assemble(int bitness, uint at, Action<Assembler> program)
    {
        var assembler = new Assembler(bitness);
        program(assembler);
        using var bytes = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(bytes), at);
        return bytes.ToArray();
    }

    /// <summary>The registers of a kernel's entry (Multiboot specification, 3.2).</summary>
    private static byte[] Entry(Pc pc) => Assemble(32, 0, c =>
        {
            c.mov(eax, 16);
            c.mov(ds, eax);
            c.mov(es, eax);
            c.mov(fs, eax);
            c.mov(gs, eax);
            c.mov(ss, eax);
            c.mov(esp, (uint)pc.Cpu.R[Register.Esp]);
            c.mov(eax, Multiboot.LoaderMagic);
            c.mov(ebx, (uint)pc.Cpu.R[Register.Ebx]);
            c.mov(ecx, (uint)pc.Cpu.Eip);
            c.jmp(ecx);
        });

    private static void RealMode(Assembler c, uint entryLength)
    {
        var (next, more, whole, copy, zero, copied, advanced) = (
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel()
        );
        var (go, read, flat, failed) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        c.jmp(0, (ushort)(Start + 5));
        c.xor(ax, ax);
        c.mov(ds, ax);
        c.mov(es, ax);
        c.mov(ss, ax);
        c.mov(sp, (ushort)Start);
        c.cld();
        c.mov(__byte_ptr[Drive], dl);
        // Opens address line 20. The reset bit in the same port stays 0.
        c.@in(al, 0x92);
        c.or(al, 2);
        c.and(al, 0xFE);
        c.@out(0x92, al);

        c.mov(eax, 1);
        c.mov(cx, (ushort)((RunsEnd - Runs) / Sector));
        c.mov(bx, (ushort)(Runs >> 4));
        c.call(read);
        c.mov(bp, (ushort)Runs);
        c.Label(ref next);
        c.mov(edi, __dword_ptr[bp]);
        c.mov(ecx, __dword_ptr[bp + 4]);
        c.mov(eax, __dword_ptr[bp + 8]);
        c.add(bp, 12);
        c.test(ecx, ecx);
        c.je(go);

        c.Label(ref more);
        c.push(ecx);
        c.cmp(ecx, (int)Most);
        c.jbe(whole);
        c.mov(ecx, Most);
        c.Label(ref whole);
        c.push(ecx);
        c.push(eax);
        c.push(edi);
        c.test(eax, eax);
        c.je(copy);
        c.mov(bx, (ushort)(Buffer >> 4));
        c.call(read);
        c.Label(ref copy);
        c.call(flat);
        c.pop(edi);
        c.pop(eax);
        c.pop(ecx);
        c.push(ecx);
        c.shl(ecx, 7);
        c.test(eax, eax);
        c.je(zero);
        c.mov(esi, Buffer);
        c.db(0x67, 0xF3, 0x66, 0xA5); // a32 rep movsd
        c.jmp(copied);
        c.Label(ref zero);
        c.db(0x67, 0xF3, 0x66, 0xAB); // a32 rep stosd
        c.Label(ref copied);
        c.pop(edx);
        c.pop(ecx);
        c.test(eax, eax);
        c.je(advanced);
        c.add(eax, edx);
        c.Label(ref advanced);
        c.sub(ecx, edx);
        c.jne(more);
        c.jmp(next);

        c.Label(ref go);
        c.cli();
        c.lgdt(__[KernelTable]);
        c.mov(eax, cr0);
        c.or(al, 1);
        c.mov(cr0, eax);
        c.db(0x66, 0xEA); // jmp dword 8:entry
        c.dd(Packet - entryLength);
        c.dw(8);

        // EAX is the first sector, CX the count, BX the segment.
        c.Label(ref read);
        c.mov(__word_ptr[Packet + 2], cx);
        c.mov(__word_ptr[Packet + 6], bx);
        c.mov(__dword_ptr[Packet + 8], eax);
        c.mov(si, (ushort)Packet);
        c.mov(dl, __byte_ptr[Drive]);
        c.mov(ah, 0x42);
        c.@int(0x13);
        c.jb(failed);
        c.ret();
        c.Label(ref failed);
        c.mov(ax, 0x0E00 | 'E');
        c.xor(bx, bx);
        c.@int(0x10);
        c.cli();
        c.hlt();

        // DS and ES reach 4 GB in real mode until the BIOS loads them.
        c.Label(ref flat);
        c.cli();
        c.lgdt(__[OwnTable]);
        c.mov(eax, cr0);
        c.or(al, 1);
        c.mov(cr0, eax);
        c.mov(bx, 16);
        c.mov(ds, bx);
        c.mov(es, bx);
        c.and(al, 0xFE);
        c.mov(cr0, eax);
        c.xor(bx, bx);
        c.mov(ds, bx);
        c.mov(es, bx);
        c.sti();
        c.ret();
    }
}
