namespace Verified.Machine.Memory;

/// <summary>
/// RAM from physical address 0, with a log of the 4 KB pages written since the last snapshot (their former content is kept), and with
/// marks on the 128-byte chunks that decoded code was read from. What is beyond the RAM reads as ones and ignores writes.
/// </summary>
public sealed unsafe class PhysicalMemory
{
    public const uint PageSize = 4096;
    private const int ChunkBits = 7;

    private readonly byte[] _bytes;
    private readonly byte* _host;
    private readonly bool[] _dirty;
    private readonly uint[] _code;
    private readonly List<byte[]> _originals = [];
    private uint[] _dirtyPages = new uint[64];
    private int _dirtyCount;

    /// <param name="size">Bytes; a multiple of 4 KB, at least 1 MB.</param>
    public PhysicalMemory(uint size)
    {
        if (size < 1 << 20 || size % PageSize != 0 || size > 1u << 31)
            throw new MachineException($"memory of {size:N0} bytes: give a multiple of 4,096 from 1 MB to 2 GB");
        Size = size;
        _bytes = GC.AllocateArray<byte>((int)size, pinned: true);
        fixed (byte* host = _bytes)
            _host = host;
        _dirty = new bool[size / PageSize];
        _code = new uint[size / PageSize];
    }

    public uint Size { get; }

    /// <summary>Host address of physical address 0; stays valid while this object lives.</summary>
    internal byte* Host => _host;

    internal byte[] Bytes => _bytes;

    /// <summary>Called with address and length, within a page, before bytes near decoded code are written.</summary>
    internal Action<uint, uint>? CodeOverwritten { get; set; }

    /// <summary>Page numbers (physical address / 4096) written since the last snapshot or restore, in order of first write.</summary>
    public ReadOnlySpan<uint> DirtyPages => _dirtyPages.AsSpan(0, _dirtyCount);

    /// <summary>The content that the page <c>DirtyPages[index]</c> had at the snapshot.</summary>
    public ReadOnlySpan<byte> Original(int index) => _originals[index];

    /// <summary>The current content of a page.</summary>
    public ReadOnlySpan<byte> Page(uint number) => _bytes.AsSpan((int)(number * PageSize), (int)PageSize);

    /// <summary>True where a store may go straight to the host page: it is logged, and no code was decoded from it.</summary>
    internal bool IsPlainlyWritable(uint page) => _dirty[page] && _code[page] == 0;

    public uint Load(uint physical, int size)
    {
        if (physical > Size - (uint)size)
            return size == 4 ? uint.MaxValue : (1u << size * 8) - 1;
        var at = _host + physical;
        return size == 4 ? *(uint*)at : size == 2 ? *(ushort*)at : *at;
    }

    public void Store(uint physical, int size, uint value)
    {
        if (physical > Size - (uint)size)
            return;
        BeforeStore(physical);
        if ((physical & PageSize - 1) + (uint)size > PageSize)
            BeforeStore(physical + (uint)size - 1);
        else if (_code[physical / PageSize] != 0)
            NoteCode(physical, (uint)size);
        var at = _host + physical;
        if (size == 4)
            *(uint*)at = value;
        else if (size == 2)
            *(ushort*)at = (ushort)value;
        else
            *at = (byte)value;
    }

    /// <summary>Copies bytes in, as a loader does.</summary>
    public void Write(uint physical, ReadOnlySpan<byte> bytes)
    {
        if (physical > Size || (uint)bytes.Length > Size - physical)
            throw new MachineException($"{bytes.Length:N0} bytes at {physical:X8}h do not fit in {Size >> 20} MB of memory");
        for (var page = physical / PageSize; page * PageSize < physical + (uint)bytes.Length; page++)
        {
            BeforeStore(page * PageSize);
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

    /// <summary>Makes the present content the one that <see cref="Restore"/> goes back to.</summary>
    internal void BeginLog()
    {
        foreach (var page in DirtyPages)
            _dirty[page] = false;
        _dirtyCount = 0;
    }

    /// <summary>Copies back every page written since <see cref="BeginLog"/>.</summary>
    internal void Restore()
    {
        for (var i = 0; i < _dirtyCount; i++)
        {
            var page = _dirtyPages[i];
            if (_code[page] != 0 && CodeDiffers(page, _originals[i]))
                CodeOverwritten?.Invoke(page * PageSize, PageSize);
            _originals[i].AsSpan().CopyTo(_bytes.AsSpan((int)(page * PageSize)));
            _dirty[page] = false;
        }
        _dirtyCount = 0;
    }

    private bool CodeDiffers(uint page, byte[] original)
    {
        for (var chunk = 0; chunk < 32; chunk++)
        {
            var (at, length) = (chunk << ChunkBits, 1 << ChunkBits);
            if ((_code[page] >> chunk & 1) != 0 && !Page(page).Slice(at, length).SequenceEqual(original.AsSpan(at, length)))
                return true;
        }
        return false;
    }

    private void NoteCode(uint physical, uint size)
    {
        var last = physical + size - 1;
        var hit = 1u << (int)(physical >> ChunkBits & 31) | 1u << (int)(last >> ChunkBits & 31);
        if ((_code[physical / PageSize] & hit) != 0)
            CodeOverwritten?.Invoke(physical, size);
    }

    private void BeforeStore(uint physical)
    {
        var page = physical / PageSize;
        if (_dirty[page])
            return;
        _dirty[page] = true;
        if (_dirtyCount == _dirtyPages.Length)
            Array.Resize(ref _dirtyPages, 2 * _dirtyCount);
        if (_dirtyCount == _originals.Count)
            _originals.Add(new byte[PageSize]);
        Page(page).CopyTo(_originals[_dirtyCount]);
        _dirtyPages[_dirtyCount++] = page;
    }
}
