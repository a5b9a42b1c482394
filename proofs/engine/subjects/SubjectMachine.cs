using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Subjects;

/// <summary>A subject's memory and processor, executed concretely: one way in after the other.</summary>
public sealed class SubjectMachine
{
    private const int MostInstructions = 1_000;

    private readonly Subject _subject;
    private readonly DwordMemory _memory = new();
    private readonly Ia32<Concrete, DwordMemory> _cpu;
    private readonly ContractedProcessor<Concrete, DwordMemory> _contract;

    public SubjectMachine(Subject subject)
    {
        (_subject, _cpu) = (subject, new(_memory));
        _contract = new(_cpu);
        View = new(subject, _memory.Dword, name => SubjectRegisters.Read(_cpu, name));
    }

    /// <summary>The state that the machine means.</summary>
    public SubjectView<Concrete> View { get; }

    /// <summary>Makes the machine mean a state.</summary>
    public void Place(ColumnState<Concrete> state)
    {
        _memory.Dwords.Clear();
        foreach (var (address, dword) in _subject.Constants)
            _memory.Dwords[address] = dword;
        foreach (var area in _subject.Areas)
        foreach (var field in area.Fields)
            for (var row = 0u; row < area.Rows; row++)
                _memory.Dwords[area.Address<Concrete>(row, field).Value] = field.Encode<Concrete>(0).Value;
        _contract.Start(_subject.User, () => 0, (_, _) => 0);
        foreach (var (column, row) in _subject.Spec.Cells)
        {
            var (place, value) = (_subject.Places[column], state[column, row]);
            if (place.Register is { } register && state[_subject.Current].Value == row)
                SubjectRegisters.Write(_cpu, register, value);
            else
                Write(place.Area, place.Field, row, value);
        }

        foreach (var derived in _subject.Derived<Concrete>())
            for (var row = 0u; row < derived.Area.Rows; row++)
                Write(derived.Area, derived.Field, row, derived.Value(state, row));
        _contract.Begun();
    }

    /// <summary>A user's instruction, and the kernel's code to its end: what is wrong, or null.</summary>
    /// <param name="way">The way in.</param>
    /// <param name="expected">The state after the step of the spec.</param>
    public string? Make(UserWay way, ColumnState<Concrete> expected)
    {
        try
        {
            Run(way);
        }
        catch (Exception e) when (e is Fault or UnimplementedInstruction or ShutdownException or StrayAccess)
        {
            return $"at {_cpu.Eip}: {e.Message}";
        }

        if (_cpu.Cpl != 3)
            return $"the kernel does not return in {MostInstructions} instructions";
        return Differences(expected).FirstOrDefault();
    }

    private void Run(UserWay way)
    {
        if (!Decode.TryDecode(way.Instruction, 0, way.Instruction.Length, true, out var entry))
            throw new ProverException("a way's instruction does not end");
        _cpu.Eip -= (uint)way.Instruction.Length;
        _cpu.Step(entry);
        for (var i = 0; i < MostInstructions && _cpu.Cpl != 3; i++)
        {
            var code = new byte[15];
            for (var at = 0u; at < code.Length; at++)
                code[at] = (byte)(_memory.Dword((_cpu.Eip + at) & ~3u).Value >> (int)((_cpu.Eip.Value + at) & 3) * 8);
            if (!Decode.TryDecode(code, 0, code.Length, true, out var operation))
                throw new StrayAccess("an instruction does not end");
            _cpu.Step(operation);
        }
    }

    private IEnumerable<string> Differences(ColumnState<Concrete> expected)
    {
        foreach (var (column, row) in _subject.Spec.Cells)
            if (View.Column(column, row) != expected[column, row])
                yield return $"{column.Name}{(column.Table == Table.Processor ? "" : $" of {column.Table} {row}")} is "
                    + $"{View.Column(column, row)} in the machine, and {expected[column, row]} in the spec";
        foreach (var derived in _subject.Derived<Concrete>())
            for (var row = 0u; row < derived.Area.Rows; row++)
                if (View.Get(derived.Area, derived.Field, row) != derived.Value(expected, row))
                    yield return $"violated: {derived.Why}";
        foreach (var (goal, what) in _contract.Goals(_subject.User, (field, _, _) => throw new ProverException(field)))
            if (!goal.Known)
                yield return $"violated: {what}";
        foreach (var (address, dword) in _subject.Constants)
            if (_memory.Dwords[address] != dword)
                yield return $"the constant at {address:X}h is overwritten";
    }

    private void Write(Area area, Field field, uint row, Concrete value) =>
        _memory.Dwords[area.Address<Concrete>(row, field).Value] = field.Encode(value).Value;
}

#pragma warning disable CA1710 // the word of the field is access, without "Exception"
/// <summary>An access to memory that the layout does not have.</summary>
public sealed class StrayAccess(string what) : Exception(what);

/// <summary>A memory that has the dwords of a layout, and nothing else.</summary>
internal sealed class DwordMemory : IBus<Concrete>
{
    public Dictionary<uint, uint> Dwords { get; } = [];

    public Concrete Dword(Concrete linear) =>
        Dwords.TryGetValue(linear.Value, out var dword)
            ? dword
            : throw new StrayAccess($"there is no memory at {linear}");

    public Concrete Load(Concrete linear, int size, bool user)
    {
        var shift = (linear.Value & 3) * 8;
        if (shift + size * 8 > 32)
            throw new StrayAccess($"the access to {linear} is not in one dword");
        return Dword(linear & ~3u) >> shift & (size == 4 ? uint.MaxValue : (1u << size * 8) - 1);
    }

    public Concrete LoadForStore(Concrete linear, int size, bool user) => Load(linear, size, user);

    public void Store(Concrete linear, int size, Concrete value, bool user)
    {
        if (size != 4 || !Dwords.ContainsKey(linear.Value))
            throw new StrayAccess($"there is no dword at {linear} to write");
        Dwords[linear.Value] = value.Value;
    }

    public Concrete In(Concrete port, int size) => throw new StrayAccess($"there is no port {port}");

    public void Out(Concrete port, int size, Concrete value) => throw new StrayAccess($"there is no port {port}");

    public void PageDirectoryLoaded(Concrete cr3) => throw new StrayAccess("there is no paging");

    public void PagingChanged(Concrete cr0, Concrete cr4) => throw new StrayAccess("there is no paging");

    public void Invalidate(Concrete linear) => throw new StrayAccess("there is no paging");

    public (Concrete Low, Concrete High) TimeStamp() => throw new StrayAccess("there is no time-stamp counter");
}
