using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>The state that a test expects after its events.</summary>
public abstract partial class Scenario
{
    /// <summary>The expected value of a column at a row, on both sides.</summary>
    protected void Is(uint expected, Func<State<Concrete>, Column<Concrete>> column, uint row) =>
        Is(expected, column(S), row);

    private void Is(uint expected, Column<Concrete> column, uint row)
    {
        Begin();
        var info = InfoOf(column);
        Assert.Equal((info.Name, expected), (info.Name, column[row].Value));
        Assert.Equal((info.Name, expected), (info.Name, _duel.Machine.View.Reader(info)(row).Value));
    }

    private ColumnInfo InfoOf(Column<Concrete> column) =>
        S.Columns.Single(each => ReferenceEquals(each.Column, column)).Info;

    /// <summary>The expected status and registers of a thread.</summary>
    protected void Is(
        uint thread,
        uint? status = null,
        uint? eax = null,
        uint? ecx = null,
        uint? edx = null,
        uint? ebx = null,
        uint? ebp = null,
        uint? esi = null,
        uint? edi = null,
        uint? esp = null,
        uint? eip = null,
        uint? eflags = null
    )
    {
        Begin();
        (uint?, Column<Concrete>)[] each =
        [
            (status, S.Status),
            (eax, S.Eax),
            (ecx, S.Ecx),
            (edx, S.Edx),
            (ebx, S.Ebx),
            (ebp, S.Ebp),
            (esi, S.Esi),
            (edi, S.Edi),
            (esp, S.Esp),
            (eip, S.Eip),
            (eflags, S.Eflags),
        ];
        foreach (var (expected, column) in each)
            if (expected is { } value)
                Is(value, column, thread);
    }

    /// <summary>The thread is ready, with a code in EAX.</summary>
    protected void Ends(uint thread, uint code) => Is(thread, ThreadStatus.Ready, code);

    /// <summary>The thread has the three usual words of another.</summary>
    protected void Got(uint thread, uint from, uint code = Verified.Spec.Code.Done) =>
        Is(thread, ThreadStatus.Ready, code, edx: 1, ebx: 2, edi: 3, esi: Id(from));

    /// <summary>A thread has the processor, in user mode.</summary>
    protected void Runs(uint thread)
    {
        Begin();
        var current = S.Columns.Single(each => each.Info.Name == nameof(S.Current));
        Is(thread, current.Column, 0);
        Assert.Equal((Stages.User, Stages.User), (S.Stage.Value, _duel.Machine.Stage));
    }

    /// <summary>Whether the current thread runs in its task's small space.</summary>
    protected bool RunsSmall
    {
        get
        {
            Begin();
            return _duel.Machine.InSmallSpace;
        }
    }

    /// <summary>A segment register of the machine as the kernel left it: selector, base and limit.</summary>
    protected (uint Selector, uint Base, uint Limit) Segment(int number)
    {
        Begin();
        var (first, limit) = _duel.Machine.Hidden(number);
        return (_duel.Machine.Selector(number).Value, first.Value, limit.Value);
    }

    protected void Idles()
    {
        Begin();
        Assert.Equal((Stages.Idle, Stages.Idle), (S.Stage.Value, _duel.Machine.Stage));
    }

    /// <summary>A column of the processor on both sides.</summary>
    protected void Processor(uint expected, string name)
    {
        Begin();
        Is(expected, S.Columns.Single(each => each.Info.Name == name).Column, 0);
    }

    /// <summary>
    /// Which frame a page of a thread's task is, and whether it can be written; no frame if it has none.
    /// </summary>
    protected void Maps(uint thread, uint page, uint? frame, bool? writable = null)
    {
        Begin();
        var (spec, image) = (MappingAt(Spec, thread, page), MappingAt(OfImage, thread, page));
        Assert.Equal(spec, image);
        Assert.Equal(frame, spec?.Frame);
        if (writable is { } expected)
            Assert.Equal(expected, spec?.Writable);

        uint Spec(Column<Concrete> column, uint row) => column[row].Value;
        uint OfImage(Column<Concrete> column, uint row) => _duel.Machine.View.Reader(InfoOf(column))(row).Value;
    }

    private (uint Frame, bool Writable)? MappingAt(Func<Column<Concrete>, uint, uint> read, uint thread, uint page)
    {
        var m = S.Mappings;
        var table = read(m.TableAt, S.SlotOf(TaskOf(thread), page).Value);
        var node = table == 0 ? 0 : read(m.NodeAt, S.EntryOf(table, page).Value);
        return node == 0 ? null : (read(m.Frame, node), read(m.Level, node) > read(m.Depth, node));
    }
}
