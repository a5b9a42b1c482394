using System.Collections.Immutable;
using Verified.Proofs.Execution;
using Verified.Proofs.Subjects;
using Verified.Proofs.Tutorial;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Tutorial;

/// <summary>The tutorial's kernel with other bytes in place of some of its code.</summary>
internal sealed class DamagedKernel : Subject
{
    private const uint Text = 0x2000;

    private readonly MailboxKernel _kernel = new();
    private readonly Dictionary<uint, uint> _constants;

    public DamagedKernel(byte[] bytes, byte[] by)
    {
        Assert.Equal(bytes.Length, by.Length);
        _constants = new(_kernel.Constants);
        List<byte> code = [];
        for (var at = Text; _constants.TryGetValue(at, out var dword); at += 4)
            code.AddRange(BitConverter.GetBytes(dword));
        var text = code.ToArray();
        var found = text.AsSpan().IndexOf(bytes);
        Assert.True(found >= 0, $"the code has {Convert.ToHexString(bytes)}");
        by.CopyTo(text, found);
        for (var i = 0; i < text.Length; i += 4)
            _constants[Text + (uint)i] = BitConverter.ToUInt32(text, i);
    }

    public override Specification Spec => _kernel.Spec;

    public override IReadOnlyList<Area> Areas => _kernel.Areas;

    public override ColumnInfo Current => _kernel.Current;

    public override IReadOnlyDictionary<ColumnInfo, Place> Places => _kernel.Places;

    public override IReadOnlyList<Derived<W>> Derived<W>() => _kernel.Derived<W>();

    public override IReadOnlyDictionary<uint, uint> Constants => _constants;

    public override ImmutableDictionary<string, Holding> Contract => _kernel.Contract;

    public override IReadOnlyList<UserWay> Ways => _kernel.Ways;
}

/// <summary>
/// The tutorial's spec with two defects. A thread that finds no word waits even if the other thread waits. A step
/// writes a value that is too wide.
/// </summary>
internal sealed class HastySpec : Specification
{
    private readonly MailboxSpec _spec = new();

    public override IReadOnlyList<(Table Table, uint Rows)> Tables => _spec.Tables;

    public override IReadOnlyList<ColumnInfo> Columns => _spec.Columns;

    public override void Begin(ColumnState<Concrete> state) => _spec.Begin(state);

    public override IReadOnlyList<Invariant<ColumnState<W>, W>> Invariants<W>() => _spec.Invariants<W>();

    public override IReadOnlyList<SpecStep<W>> Steps<W>() =>
        [
            .. _spec.Steps<W>().Where(step => step.Name != "get"),
            new("get", Get),
            new("overflow", s => s[MailboxSpec.Full] = 2),
        ];

    private static void Get<W>(ColumnState<W> s)
        where W : struct, IWord<W>
    {
        var me = s[MailboxSpec.Current];
        if (s[MailboxSpec.Full] == 0)
            (s[MailboxSpec.Waits, me], s[MailboxSpec.Current]) = (1, me ^ 1);
    }
}

/// <summary>The tutorial's spec with a yield that keeps the processor.</summary>
internal sealed class StubbornSpec : Specification
{
    private readonly MailboxSpec _spec = new();

    public override IReadOnlyList<(Table Table, uint Rows)> Tables => _spec.Tables;

    public override IReadOnlyList<ColumnInfo> Columns => _spec.Columns;

    public override void Begin(ColumnState<Concrete> state) => _spec.Begin(state);

    public override IReadOnlyList<Invariant<ColumnState<W>, W>> Invariants<W>() => _spec.Invariants<W>();

    public override IReadOnlyList<SpecStep<W>> Steps<W>() =>
        [new("yield", _ => { }), .. _spec.Steps<W>().Where(step => step.Name != "yield")];
}

/// <summary>The tutorial's spec with an invariant about pairs of threads.</summary>
internal sealed class PairsSpec : Specification
{
    private readonly MailboxSpec _spec = new();

    public override IReadOnlyList<(Table Table, uint Rows)> Tables => _spec.Tables;

    public override IReadOnlyList<ColumnInfo> Columns => _spec.Columns;

    public override void Begin(ColumnState<Concrete> state) => _spec.Begin(state);

    public override IReadOnlyList<SpecStep<W>> Steps<W>() => _spec.Steps<W>();

    public override IReadOnlyList<Invariant<ColumnState<W>, W>> Invariants<W>() =>
        [
            new("not-both", "two threads do not both wait", MailboxSpec.Thread, true, (s, i, j) =>
                (i == j) | (s[MailboxSpec.Waits, i] == 0) | (s[MailboxSpec.Waits, j] == 0)
            ),
        ];
}
