using Verified.Machine.Processor;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec.Tables;

namespace Verified.Proofs.Execution;

/// <summary>
/// A memory with the types of a layout: areas of rows of fields, each field a column, and constants. An address must
/// provably be a field of a row. Every other access is refuted: a write outside the tables, a row out of range, a value
/// wider than its field. As a bus it has nothing but this memory: ports and paging are refuted.
/// </summary>
public sealed class TypedMemory : IBus<Symbolic>
{
    private readonly IReadOnlyList<Area> _areas;
    private readonly Exploration _path;
    private readonly Func<uint, uint?> _constant;
    private readonly Action<Area, Field, Symbolic> _touch;
    private readonly Dictionary<(Area, Field), ColumnValues> _contents = [];

    /// <param name="areas">The types.</param>
    /// <param name="terms">The theorem's terms.</param>
    /// <param name="path">The exploration that shows the obligations.</param>
    /// <param name="initial">A field's value (decoded) at a row, before the run.</param>
    /// <param name="constant">The dword at an address that never changes, or null.</param>
    /// <param name="touch">Called with each row that the run reads or writes.</param>
    public TypedMemory(
        IReadOnlyList<Area> areas,
        Terms terms,
        Exploration path,
        Func<Area, Field, Symbolic, Symbolic> initial,
        Func<uint, uint?> constant,
        Action<Area, Field, Symbolic> touch
    )
    {
        (_areas, _path, _constant, _touch) = (areas, path, constant, touch);
        foreach (var area in areas)
        foreach (var field in area.Fields)
            _contents.Add((area, field), new ColumnValues(row => field.Encode(initial(area, field, row)), terms));
    }

    /// <summary>The rows written, with their areas.</summary>
    public IEnumerable<(Area Area, Symbolic Row)> WrittenRows =>
        _contents.SelectMany(column => column.Value.Written().Select(row => (column.Key.Item1, row)));

    /// <summary>The fields written, with their rows.</summary>
    public IEnumerable<(Area Area, Field Field, Symbolic Row)> WrittenFields =>
        _contents.SelectMany(column => column.Value.Written().Select(row => (column.Key.Item1, column.Key.Item2, row)));

    /// <summary>The dword at a table address. The read does not count as an access of the run.</summary>
    public Symbolic Peek(Symbolic linear)
    {
        if (Symbolic.TryValue(linear, out var address) && _constant(address) is { } dword)
            return dword;
        var (area, row, field) = Locate(linear);
        return Dword(area, field, row);
    }

    /// <summary>The dword of a field of a row.</summary>
    public Symbolic Dword(Area area, Field field, Symbolic row) => _contents[(area, field)].Get(row);

    /// <summary>The field of a row that the code accesses by a dword at an address.</summary>
    public (Area Area, Symbolic Row, Field Field) Access(Symbolic linear, int size, string does)
    {
        if (size != 4)
            throw _path.Refuted($"the kernel {does} {size} bytes at {linear}: its tables hold dwords");
        var (area, row, field) = Locate(linear);
        _touch(area, field, row);
        return (area, row, field);
    }

    /// <summary>Writes a field of a row, whose bits the value has to fit.</summary>
    public void Write(Area area, Field field, Symbolic row, Symbolic value)
    {
        if (field.Bits < 32)
        {
            var decoded = field.Decode(value);
            _path.Require(
                (decoded < (1u << (int)field.Bits)) & (field.Encode(decoded) == value),
                $"the value that the kernel writes to {area.Name}.{field.Name} fits its {field.Bits} bits"
            );
        }

        _contents[(area, field)].Set(row, value);
    }

    /// <summary>Bytes that never change; null if the address has none.</summary>
    public Symbolic? Constant(Symbolic linear, int size)
    {
        if (!Symbolic.TryValue(linear, out var address) || _constant(address & ~3u) is not { } low)
            return null;
        var shift = (int)(address & 3) * 8;
        ulong bytes = low;
        if (shift + size * 8 > 32)
        {
            if (_constant((address & ~3u) + 4) is not { } high)
                return null;
            bytes |= (ulong)high << 32;
        }

        return (uint)(bytes >> shift & (size == 4 ? uint.MaxValue : (1u << size * 8) - 1));
    }

    public Symbolic Load(Symbolic linear, int size, bool user)
    {
        if (Constant(linear, size) is { } value)
            return value;
        var (area, row, field) = Access(linear, size, "reads");
        return Dword(area, field, row);
    }

    public Symbolic LoadForStore(Symbolic linear, int size, bool user) => Load(linear, size, user);

    public void Store(Symbolic linear, int size, Symbolic value, bool user)
    {
        var (area, row, field) = Access(linear, size, "writes");
        Write(area, field, row, value);
    }

    public Symbolic In(Symbolic port, int size) => throw _path.Refuted($"the kernel reads port {port}");

    public void Out(Symbolic port, int size, Symbolic value) =>
        throw _path.Refuted($"the kernel writes {size} bytes to port {port}");

    public void PageDirectoryLoaded(Symbolic cr3) => throw _path.Refuted("the kernel changes CR3");

    public void PagingChanged(Symbolic cr0, Symbolic cr4) => throw _path.Refuted("the kernel changes CR0 or CR4");

    public void Invalidate(Symbolic linear) => throw _path.Refuted("the kernel executes INVLPG");

    public (Symbolic Low, Symbolic High) TimeStamp() => throw _path.Refuted("the kernel reads the time-stamp counter");

    private (Area Area, Symbolic Row, Field Field) Locate(Symbolic linear)
    {
        var area = _areas.FirstOrDefault(area => (linear - area.Base).Bits < area.End - area.Base)
            ?? _areas
                .OrderByDescending(area => MayStartIn(linear, area))
                .FirstOrDefault(area => _path.Shows(linear - area.Base < area.End - area.Base))
            ?? throw _path.Refuted($"{linear} is in none of the kernel's tables");
        var offset = linear - area.Base;
        if (!Symbolic.TryValue(offset & (area.Stride - 1), out var at))
            throw _path.Refuted($"{linear} is not at a known field of {area.Name}");
        var field = area.Fields.FirstOrDefault(field => field.Offset == at)
            ?? throw _path.Refuted($"{linear} is not at a field of {area.Name}, but {at} bytes into its row");
        if (area.Between != 0)
            _path.Require((offset & area.Between) == 0, $"the kernel accesses no memory between rows of {area.Name}");
        return (area, area.Row(offset), field);
    }

    /// <summary>
    /// True if the constant part of an address is in the area. In correct code the address is then in this area.
    /// </summary>
    private static bool MayStartIn(Symbolic linear, Area area) =>
        linear.Term is { Op: Values.TermOp.Add, B: Word { IsConstant: true } constant }
        && constant.Value >= area.Base
        && constant.Value < area.End;
}
