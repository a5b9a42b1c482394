using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec.Tables;

namespace Verified.Proofs.Prove;

/// <summary>
/// The memory of this kernel over the tables of its layout (<see cref="TypedMemory"/>). It adds the sets of threads by
/// their meaning, the bytes of a user's instruction, the interrupt controllers, and the kernel's effects on the TLB.
/// </summary>
/// <remarks>
/// There is no paging below it. Every page directory maps the kernel's part to the frames at the same offset. The
/// maps of ports behind the TSS are an exception, and only the processor reads them. The theorem of boot checks this on
/// the booted image. CR3 only ever holds one of these directories, which is required here at each load.
/// </remarks>
public sealed class KernelMemory : IBus<Symbolic>
{
    private readonly Layout _layout;
    private readonly Exploration _path;
    private readonly Func<Symbolic, Symbolic>? _senders;
    private readonly TypedMemory _tables;

    /// <param name="layout">The types.</param>
    /// <param name="terms">The theorem's terms.</param>
    /// <param name="path">The exploration that shows the obligations.</param>
    /// <param name="initial">A field's value (decoded) at a row, before the run.</param>
    /// <param name="constant">The dword at an address that never changes after boot, or null.</param>
    /// <param name="touch">Called with each row that the run reads or writes.</param>
    /// <param name="masks">The interrupt controllers' mask registers, before the run.</param>
    /// <param name="senders">
    /// The summary of a thread's senders if the sets are represented by their meaning; null if they are bitmaps.
    /// </param>
    public KernelMemory(
        Layout layout,
        Terms terms,
        Exploration path,
        Func<Area, Field, Symbolic, Symbolic> initial,
        Func<uint, uint?> constant,
        Action<Area, Field, Symbolic> touch,
        Symbolic masks,
        Func<Symbolic, Symbolic>? senders = null
    )
    {
        (_layout, _path, _senders, Masks) = (layout, path, senders, masks);
        _tables = new(layout.Areas, terms, path, initial, constant, touch);
    }

    /// <summary>
    /// The address of a user's instruction that has just raised an exception, its first bytes in a word, and the least
    /// number of its bytes. The kernel may read this number of bytes, because the processor has read them.
    /// </summary>
    public (Symbolic At, Symbolic Bytes, Symbolic Length)? Instruction { get; init; }

    /// <summary>Port writes of the run, in order, with the written byte.</summary>
    public List<(Symbolic Port, Symbolic Value)> Written { get; } = [];

    /// <summary>
    /// The interrupt controllers' mask registers: the first controller's in bits 7..0, the second's in bits 15..8.
    /// </summary>
    public Symbolic Masks { get; private set; }

    /// <summary>
    /// The written page-table entries: their rows, their former values, and the linear addresses invalidated since.
    /// </summary>
    public List<(Symbolic Row, Symbolic Before, List<Symbolic> Invalidated)> Entries { get; } = [];

    /// <summary>The same for the tables of small spaces.</summary>
    public List<(Symbolic Row, Symbolic Before, List<Symbolic> Invalidated)> SmallEntries { get; } = [];

    /// <summary>The same for the page directories.</summary>
    public List<(Symbolic Row, Symbolic Before, List<Symbolic> Invalidated)> DirectoryEntries { get; } = [];

    /// <inheritdoc cref="TypedMemory.WrittenRows"/>
    public IEnumerable<(Area Area, Symbolic Row)> WrittenRows => _tables.WrittenRows;

    /// <inheritdoc cref="TypedMemory.WrittenFields"/>
    public IEnumerable<(Area Area, Field Field, Symbolic Row)> WrittenFields => _tables.WrittenFields;

    /// <inheritdoc cref="TypedMemory.Peek"/>
    public Symbolic Peek(Symbolic linear) => _tables.Peek(linear);

    public Symbolic Load(Symbolic linear, int size, bool user)
    {
        if (_tables.Constant(linear, size) is { } value)
            return value;
        if (size == 1 && Instruction is var (at, bytes, length))
        {
            var offset =
                linear.Term is { } sum && at.Term is { } start && Beyond(sum, start) is { } beyond
                    ? beyond
                    : linear - at;
            _path.Require(
                offset < length,
                "of a user's memory the kernel reads no more than the instruction that it has executed"
            );
            return bytes >> (offset << 3) & 0xFF;
        }

        var (area, row, field) = _tables.Access(linear, size, "reads");
        if (_senders is not null && _layout.IsSet(area, field))
            return field == _layout.Senders ? _senders(row) : throw Bypassed("read", area, field);
        var dword = _tables.Dword(area, field, row);

        // IRET must know the segments that it returns to and their kinds. The representation determines them.
        if (field == Layout.DescriptorHigh)
            return Settled(dword, area == _layout.CodeSegment ? UserSegments.Code : 0);
        if (field == Layout.Cs)
            return _path.Settle(dword, Layout.UserCode, Layout.KernelCode);
        if (field != Layout.Ss || Symbolic.TryValue(dword, out _))
            return dword;
        return dword == Layout.FlatData ? Layout.FlatData : _path.Settle(dword, Layout.UserData);
    }

    /// <summary>The rest of a sum without one of its terms; null if the term is not in the sum.</summary>
    private static Symbolic? Beyond(Word sum, Word term)
    {
        if (ReferenceEquals(sum, term))
            return (Symbolic)0;
        if (sum is not { Op: Values.TermOp.Add, A: Word a, B: Word b })
            return null;
        if (Beyond(a, term) is { } left)
            return left + b;
        return Beyond(b, term) is { } right ? right + a : (Symbolic?)null;
    }

    // For a flat segment the whole descriptor; for other segments everything except the base.
    private Symbolic Settled(Symbolic high, uint code)
    {
        const uint known = Descriptor.Mask | UserSegments.LimitMask;
        var whole = _path.Settle(
            high,
            UserSegments.FlatHigh | code,
            (UserSegments.FlatHigh & ~UserSegments.Present) | code
        );
        return Symbolic.TryValue(whole, out _)
            ? whole
            : (high & ~known) | _path.Settle(high & known, UserSegments.SmallHigh | code);
    }

    public Symbolic LoadForStore(Symbolic linear, int size, bool user) => Load(linear, size, user);

    public void Store(Symbolic linear, int size, Symbolic value, bool user)
    {
        var (area, row, field) = _tables.Access(linear, size, "writes");
        if (_senders is not null && _layout.IsSet(area, field))
            throw Bypassed("written", area, field);
        var before = _tables.Dword(area, field, row);
        _tables.Write(area, field, row, value);
        if (area == _layout.Mappings.Directories)
            DirectoryEntries.Add((row, before, []));
        if (area == _layout.Mappings.PageTables)
            Entries.Add((row, before, []));
        if (area == _layout.Mappings.SmallTables)
            SmallEntries.Add((row, before, []));
    }

    public Symbolic In(Symbolic port, int size) => throw _path.Refuted($"the kernel reads port {port}");

    public void Out(Symbolic port, int size, Symbolic value)
    {
        if (size != 1)
            throw _path.Refuted($"the kernel writes {size} bytes to port {port}");
        var written = value & 0xFF;
        Written.Add((port, written));

        // OCW1, with the controllers initialised as at boot (8259A data sheet, "operation command words").
        Masks = Symbolic.Select(port == FirstMask, Masks & 0xFFFFFF00 | written, Masks);
        Masks = Symbolic.Select(port == SecondMask, Masks & 0xFFFF00FF | written << 8, Masks);
    }

    /// <summary>Ports of the controllers' mask registers, and for their commands.</summary>
    public const uint FirstMask = 0x21,
        SecondMask = 0xA1,
        FirstCommand = 0x20,
        SecondCommand = 0xA0;

    public void PageDirectoryLoaded(Symbolic cr3)
    {
        var offset = cr3 - Layout.Physical(_layout.Directories);
        _path.Require(
            ((offset & (Layout.PageSize - 1)) == 0) & (offset < _layout.Limits.Tasks * Layout.PageSize),
            "CR3 is loaded with a page directory"
        );
    }

    public void PagingChanged(Symbolic cr0, Symbolic cr4) => throw _path.Refuted("the kernel changes CR0 or CR4");

    public void Invalidate(Symbolic linear)
    {
        foreach (var entry in Entries.Concat(DirectoryEntries).Concat(SmallEntries))
            entry.Invalidated.Add(linear);
    }

    public (Symbolic Low, Symbolic High) TimeStamp() => throw _path.Refuted("the kernel reads the time-stamp counter");

    private Exception Bypassed(string what, Area area, Field field) =>
        _path.Refuted($"{area.Name}.{field.Name} is {what} outside of the set operations");
}
