using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Fuzz;

/// <summary>A statement is evaluated again if, and only if, something that it read has changed.</summary>
public class HeldStatementsTests
{
    private const uint Row = 5,
        Other = 6;

    private readonly FlatTables _tables = new(new(4, 4, 4));
    private readonly ColumnReads _reads = new();
    private readonly State<Concrete> _watched;
    private readonly HeldStatements _held;

    public HeldStatementsTests()
    {
        (_watched, _held) = (_reads.Watch(_tables, before: false), new(_tables, 1));
        _held.Next();
        _reads.Begin(Table.Thread, Row);
        _ = _watched.Status[_watched.Partner[Row]] == _watched.Clock;
        _held.Hold(0, Table.Thread, Row, _reads);
        _held.Hold(0);
        _held.Next();
    }

    [Theory]
    [InlineData(nameof(State<Concrete>.Partner), Row, false)]
    [InlineData(nameof(State<Concrete>.Partner), Other, true)]
    [InlineData(nameof(State<Concrete>.Status), Other, false)]
    [InlineData(nameof(State<Concrete>.Clock), 0u, false)]
    [InlineData(nameof(State<Concrete>.Eax), Row, true)]
    [InlineData(nameof(Mappings<Concrete>.Left), 0u, true)]
    public void A_statement_still_holds_unless_a_column_that_it_read_has_changed(string column, uint row, bool holds)
    {
        Write(column, row, 1);
        _held.Note();
        Assert.Equal(holds, _held.StillHolds(0) || _held.StillHolds(0, Table.Thread, Row));
    }

    [Fact]
    public void A_statement_is_forgotten_if_a_check_left_it_out()
    {
        _held.Next();
        Assert.False(_held.StillHolds(0));
        Assert.False(_held.StillHolds(0, Table.Thread, Row));
    }

    [Fact]
    public void A_row_holds_after_checks_that_looked_at_no_rows()
    {
        Assert.True(_held.StillHolds(0));
        _held.Next();
        Assert.True(_held.StillHolds(0));
        _held.Next();
        Write(nameof(State<Concrete>.Partner), Other, 1);
        _held.Note();
        Assert.False(_held.StillHolds(0));
        Assert.True(_held.StillHolds(0, Table.Thread, Row));
    }

    [Fact]
    public void Nothing_holds_in_another_run()
    {
        _held.Forget();
        Assert.False(_held.StillHolds(0));
        Assert.False(_held.StillHolds(0, Table.Thread, Row));
    }

    [Fact]
    public void A_cell_that_is_written_with_its_value_has_not_changed()
    {
        Write(nameof(State<Concrete>.Partner), Row, 0);
        _held.Note();
        Assert.True(_held.StillHolds(0));
    }

    private void Write(string column, uint row, uint value) => _tables.Write(_tables.Start(column) + (int)row, value);
}
