using System.Collections.Immutable;
using Verified.Proofs.Checker;
using Verified.Proofs.Execution;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Subjects;

/// <summary>The place of a column in the memory, and in the processor for the row that runs.</summary>
/// <param name="Area">The area whose rows are those of the column.</param>
/// <param name="Field">The field.</param>
/// <param name="Register">
/// The register that holds the value of the row that runs: a general register, EIP or EFLAGS; null if none does.
/// </param>
public sealed record Place(Area Area, Field Field, string? Register = null);

/// <summary>A field of the memory that is no column: a function of the state, at every cut point.</summary>
/// <param name="Area">The area.</param>
/// <param name="Field">The field.</param>
/// <param name="Why">One sentence for the reader of a violation.</param>
/// <param name="Value">The value at a row.</param>
public sealed record Derived<W>(Area Area, Field Field, string Why, Func<ColumnState<W>, W, W> Value)
    where W : struct, IWord<W>;

/// <summary>A way into the kernel: a user's instruction, and the step of the spec that it makes.</summary>
/// <param name="Step">The step's name.</param>
/// <param name="Vector">The n of INT n.</param>
public sealed record UserWay(string Step, byte Vector)
{
    /// <summary>INT n.</summary>
    public byte[] Instruction => [0xCD, Vector];
}

/// <summary>
/// A kernel as data: spec, layout, view and ways. It has one cut point, where a thread runs in ring 3; each way leads
/// from there to there.
/// </summary>
public abstract class Subject
{
    public abstract Specification Spec { get; }

    /// <summary>Everything that the code may write.</summary>
    public abstract IReadOnlyList<Area> Areas { get; }

    /// <summary>The column that tells which row runs.</summary>
    public abstract ColumnInfo Current { get; }

    /// <summary>The view: a place for each column.</summary>
    public abstract IReadOnlyDictionary<ColumnInfo, Place> Places { get; }

    /// <summary>The other fields that the code may rely on.</summary>
    public abstract IReadOnlyList<Derived<W>> Derived<W>()
        where W : struct, IWord<W>;

    /// <summary>The bytes that never change: code, gates, descriptors. By address, in dwords.</summary>
    public abstract IReadOnlyDictionary<uint, uint> Constants { get; }

    /// <summary>The condition of each field of the processor while a thread runs.</summary>
    public abstract ImmutableDictionary<string, Holding> Contract { get; }

    public abstract IReadOnlyList<UserWay> Ways { get; }

    /// <summary>The way that makes a step.</summary>
    /// <exception cref="ModelException">There is none.</exception>
    public UserWay Way(string step) =>
        Ways.FirstOrDefault(way => way.Step == step)
        ?? throw new ModelException(
            $"the kernel has no way for step {step}, only for {string.Join(", ", Ways.Select(way => way.Step))}"
        );

    public CutPoint User => new("user", 0, InUserMode: true, Contract);

    public uint? Constant(uint address) => Constants.TryGetValue(address, out var dword) ? dword : null;

    /// <summary>How reports call a field: by its column, if it has one.</summary>
    public string NameOf(Area area, Field field) =>
        Places.FirstOrDefault(place => place.Value.Area == area && place.Value.Field == field).Key?.Name
        ?? $"{area.Name}.{field.Name}";
}

/// <summary>The state of the spec that a machine means.</summary>
/// <param name="subject">The kernel.</param>
/// <param name="load">The dword at an address.</param>
/// <param name="register">A general register, EIP or EFLAGS.</param>
public sealed class SubjectView<W>(Subject subject, Func<W, W> load, Func<string, W> register)
    where W : struct, IWord<W>
{
    /// <summary>The row that runs.</summary>
    public W Current => Saved(subject.Places[subject.Current], 0);

    /// <summary>The value of a column at a row.</summary>
    public W Column(ColumnInfo column, W row)
    {
        var place = subject.Places[column];
        return place.Register is { } name
            ? W.Select(row == Current, register(name), Saved(place, row))
            : Saved(place, row);
    }

    /// <summary>A field of a row, decoded.</summary>
    public W Get(Area area, Field field, W row) => field.Decode(load(area.Address(row, field)));

    private W Saved(Place place, W row) => Get(place.Area, place.Field, row);
}
