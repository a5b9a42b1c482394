using Verified.Machine.Processor;

namespace Verified.Machine.Memory;

/// <summary>
/// RAM from physical address 0. It has a <see cref="StoreLog"/> of the bytes written since the snapshot, and marks on
/// the 128-byte chunks from which code was decoded. Addresses beyond the RAM read as ones and ignore writes. A ROM is
/// at the end of the address space. Its last 128 KB are also below 1 MB, where a chipset can replace them by RAM
/// (<see cref="Shadow"/>). Both ROM parts are stored after the RAM, where <see cref="Resolve"/> finds them.
/// </summary>
public sealed unsafe class PhysicalMemory
{
    public const uint PageSize = 4096;
    private const int ChunkBits = 7;
    private const uint MostRom = 16 << 20,
        LowRomEnd = 1 << 20,
        MostLowRom = 128 << 10,
        Nowhere = 0xFFFFF000;
    private const uint ShadowStart = 0xC0000,
        ShadowSize = LowRomEnd - ShadowStart;
    private const int PieceBits = 14;

    // For each piece of 16 KB from C0000h, if there is a ROM: whether reads and writes go to RAM.
    private readonly bool[] _readsRam = new bool[ShadowSize >> PieceBits],
        _writesRam = new bool[ShadowSize >> PieceBits];

    private readonly uint _rom,
        _lowRom,
        _extent;
    private readonly byte[] _bytes;
    private readonly byte* _host;
    private readonly uint[] _code;

    /// <param name="size">Bytes; a multiple of 4 KB, at least 1 MB.</param>
    /// <param name="rom">A multiple of 4 KB up to 16 MB, or nothing.</param>
    public PhysicalMemory(uint size, ReadOnlySpan<byte> rom = default)
    {
        if (size < 1 << 20 || size % PageSize != 0 || size > 1u << 31)
            throw new MachineException($"memory of {size:N0} bytes: give a multiple of 4,096 from 1 MB to 2 GB");
        if (rom.Length > MostRom || rom.Length % PageSize != 0)
            throw new MachineException($"a ROM of {rom.Length:N0} bytes: pad it to a multiple of 4,096, at most 16 MB");
        Size = size;
        _rom = (uint)rom.Length;
        _lowRom = Math.Min(_rom, MostLowRom);
        _extent = size + _lowRom + _rom;
        _bytes = GC.AllocateArray<byte>((int)_extent, pinned: true);
        rom[^(int)_lowRom..].CopyTo(_bytes.AsSpan((int)size));
        rom.CopyTo(_bytes.AsSpan((int)(size + _lowRom)));
        fixed (byte* host = _bytes)
            _host = host;
        Log = new StoreLog(_host, _extent);
        _code = new uint[_extent / PageSize];
    }

    public uint Size { get; }

    /// <summary>The start of the ROM's copy below 1 MB.</summary>
    internal uint LowRomStart => LowRomEnd - _lowRom;

    /// <summary>Host address of physical address 0; stays valid while this object lives.</summary>
    internal byte* Host => _host;

    internal byte[] Bytes => _bytes;

    /// <summary>Called with address and length, within a page, before bytes near decoded code are written.</summary>
    internal Action<uint, uint>? CodeOverwritten { get; set; }

    /// <summary>The log of bytes written since the snapshot.</summary>
    public StoreLog Log { get; }

    /// <summary>The current content of a page.</summary>
    public ReadOnlySpan<byte> Page(uint number) => _bytes.AsSpan((int)(number * PageSize), (int)PageSize);

    /// <summary>
    /// Whether a store may go directly to the host page: the log need not see it, and no code was decoded from the
    /// page.
    /// </summary>
    internal bool IsPlainlyWritable(uint page) => _code[page] == 0 && !Log.Sees(page) && !IsProtected(page * PageSize);

    /// <summary>Sets for a piece of 16 KB from C0000h whether reads and writes go to RAM.</summary>
    internal void Shadow(int piece, bool reads, bool writes) => (_readsRam[piece], _writesRam[piece]) = (reads, writes);

    /// <summary>Whether memory answers a read of the stored address.</summary>
    internal bool Holds(uint stored) => stored < _extent;

    /// <summary>The stored address of a physical address: RAM is at its own address, ROM follows it.</summary>
    internal uint Resolve(uint physical) => _rom == 0 ? physical : ResolveBesideRom(physical);

    private uint ResolveBesideRom(uint physical)
    {
        if (physical >= 0 - _rom)
            return physical + _extent;
        if (physical - ShadowStart < ShadowSize && !_readsRam[physical - ShadowStart >> PieceBits])
            return physical < LowRomStart ? physical | Nowhere : physical - LowRomStart + Size;
        return physical < Size ? physical : physical | Nowhere;
    }

    /// <summary>Whether an address is RAM that the chipset protects against writes.</summary>
    private bool IsProtected(uint stored) =>
        _rom != 0 && stored - ShadowStart < ShadowSize && !_writesRam[stored - ShadowStart >> PieceBits];

    /// <summary>Reads 1, 2 or 4 bytes at a stored address.</summary>
    public uint Load(uint physical, int size)
    {
        if (physical > _extent - (uint)size)
            return size == 4 ? uint.MaxValue : (1u << size * 8) - 1;
        var at = _host + physical;
        return size == 4 ? *(uint*)at
            : size == 2 ? *(ushort*)at
            : *at;
    }

    /// <summary>Writes 1, 2 or 4 bytes at a stored address.</summary>
    /// <returns>True if the log has seen the store and must also see the next store to the page.</returns>
    public bool Store(uint physical, int size, uint value)
    {
        if (physical > Size - (uint)size)
            return StoreBehindRom(physical, size, value);
        if (IsProtected(physical))
            return false;
        var seen = Log.Before(physical);
        if ((physical & 3) + (uint)size > 4)
            seen &= Log.Before(physical + (uint)size - 1);
        if (_code[physical / PageSize] != 0 && (physical & PageSize - 1) + (uint)size <= PageSize)
            NoteCode(physical, (uint)size);
        var at = _host + physical;
        if (size == 4)
            *(uint*)at = value;
        else if (size == 2)
            *(ushort*)at = (ushort)value;
        else
            *at = (byte)value;
        return seen;
    }

    // RAM can be written while reads below 1 MB still come from the ROM. Firmware uses this to copy itself.
    private bool StoreBehindRom(uint stored, int size, uint value) =>
        stored - Size < _lowRom
        && _writesRam[stored - Size + LowRomStart - ShadowStart >> PieceBits]
        && Store(stored - Size + LowRomStart, size, value);

    /// <summary>Copies bytes into memory, as a loader does.</summary>
    public void Write(uint physical, ReadOnlySpan<byte> bytes)
    {
        if (physical > Size || (uint)bytes.Length > Size - physical)
            throw new MachineException(
                $"{bytes.Length:N0} bytes at {physical:X8}h do not fit in {Size >> 20} MB of memory"
            );
        for (var page = physical / PageSize; page * PageSize < physical + (uint)bytes.Length; page++)
        {
            Log.BeforePage(page);
            if (_code[page] != 0)
                CodeOverwritten?.Invoke(page * PageSize, PageSize);
        }
        bytes.CopyTo(_bytes.AsSpan((int)physical));
    }

    public void MarkCode(uint physical, uint length)
    {
        for (var at = physical >> ChunkBits; at <= physical + length - 1 >> ChunkBits; at++)
            _code[at >> 12 - ChunkBits] |= 1u << (int)(at & 31);
    }

    public bool HoldsCode(uint page) => _code[page] != 0;

    public void ForgetCode(uint page) => _code[page] = 0;

    /// <summary>Undoes every store since <see cref="StoreLog.Begin"/>.</summary>
    internal void Restore()
    {
        while (Log.TryUndo(out var physical, out var length))
        {
            var page = physical / PageSize;
            if (_code[page] != 0)
                NoteCode(physical, length);
        }
    }

    private static uint ChunksOf(uint physical, uint length)
    {
        var last = physical + length - 1;
        return length > 1 << ChunkBits
            ? uint.MaxValue
            : 1u << (int)(physical >> ChunkBits & 31) | 1u << (int)(last >> ChunkBits & 31);
    }

    private void NoteCode(uint physical, uint size)
    {
        if ((_code[physical / PageSize] & ChunksOf(physical, size)) != 0)
            CodeOverwritten?.Invoke(physical, size);
    }
}
