using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Z3;
using Verified.Tests.Host;
using Xunit;
using Context = Verified.Proofs.Z3.Context;
using Solver = Verified.Proofs.Z3.Solver;

namespace Verified.Tests.Z3;

/// <summary>The features of Z3 that the prover needs: answers, models, limits and errors.</summary>
public sealed class SolverTests : IDisposable
{
    private const uint Enough = 10_000_000;

    private readonly Context _z3 = new();

    public void Dispose() => _z3.Dispose();

    [Fact]
    public void A_model_satisfies_what_was_asserted()
    {
        var (x, y) = (_z3.Word("x", 32), _z3.Word("y", 32));
        foreach (var incremental in (bool[])[true, false])
        {
            using var solver = incremental ? _z3.Incremental(Enough) : _z3.OneShot(Enough);
            solver.Assert(_z3.Equal(_z3.Multiply(x, y), _z3.Number(391)));
            solver.Assert(_z3.Less(x, y));
            solver.Assert(_z3.Less(y, _z3.Number(100)));
            solver.Assert(_z3.Less(_z3.Number(1), x));
            Assert.True(solver.Check());
            using var model = solver.Model();
            Assert.Equal(17u, model.ValueOf(x));
            Assert.Equal(23u, model.ValueOf(y));
            Assert.Equal(1u, model.ValueOf(_z3.Less(x, y)));
            solver.Push();
            solver.Assert(_z3.Not(_z3.Equal(x, _z3.Number(17))));
            Assert.False(solver.Check());
            solver.Pop();
            Assert.True(solver.Check());
            using var _ = solver.Model();
        }
    }

    [Fact]
    public void An_assumption_is_forgotten_after_its_question()
    {
        var (p, q) = (_z3.Bool("p"), _z3.Bool("q"));
        using var solver = _z3.Incremental(Enough);
        solver.Assert(_z3.Not(_z3.And(p, q)));
        Assert.False(solver.Check(p, q));
        Assert.True(solver.Check(p));
        Assert.True(solver.Check(q, _z3.Not(p)));
    }

    [Fact]
    public void A_limit_of_resources_ends_in_unknown_with_its_reason()
    {
        var (x, y) = (_z3.Word("x", 32), _z3.Word("y", 32));
        using var solver = _z3.OneShot(100_000);
        // x * y of two 32-bit factors, for a prime of 61 bits.
        var prime = _z3.Concat(_z3.Number(uint.MaxValue >> 3), _z3.Number(uint.MaxValue));
        solver.Assert(_z3.Equal(_z3.Multiply(_z3.Widen(32, x), _z3.Widen(32, y)), prime));
        Assert.Null(solver.Check());
        Assert.NotEmpty(solver.ReasonUnknown);
    }

    // A prime of 61 bits is no product of two factors of 32 bits, and Z3 needs minutes to find that out.
    [Fact]
    public void A_check_that_is_asked_to_stop_ends_without_an_answer()
    {
        foreach (var incremental in (bool[])[true, false])
        {
            using var solver = incremental ? _z3.Incremental(uint.MaxValue) : _z3.OneShot(uint.MaxValue);
            using var stop = new CancellationTokenSource();
            AssertHard(solver);
            stop.CancelAfter(TimeSpan.FromSeconds(1));
            var clock = Stopwatch.StartNew();
            Assert.Throws<OperationCanceledException>(() => solver.Check(stop.Token));
            Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(10));
        }
    }

    // Z3 would put its own handler there, and two checks at the same time would leave it there.
    [FactWith(Tool.Linux)]
    public void A_check_leaves_the_handler_of_Ctrl_C_alone()
    {
        using var registration = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => { });
        using var stop = new CancellationTokenSource();
        var before = HandlerOfCtrlC();
        var during = before;
        using var solver = _z3.Incremental(uint.MaxValue);
        AssertHard(solver);
        using var timer = new Timer(
            _ =>
            {
                during = HandlerOfCtrlC();
                stop.Cancel();
            },
            null,
            TimeSpan.FromSeconds(1),
            Timeout.InfiniteTimeSpan
        );
        Assert.Throws<OperationCanceledException>(() => solver.Check(stop.Token));
        Assert.NotEqual(0, before);
        Assert.Equal(before, during);
    }

    private void AssertHard(Solver solver)
    {
        var (x, y) = (_z3.Word("x", 32), _z3.Word("y", 32));
        var prime = _z3.Concat(_z3.Number(uint.MaxValue >> 3), _z3.Number(uint.MaxValue));
        solver.Assert(_z3.Equal(_z3.Multiply(_z3.Widen(32, x), _z3.Widen(32, y)), prime));
    }

    // The first field of the structure sigaction is the handler.
    private static nint HandlerOfCtrlC()
    {
        const int interrupt = 2;
        var action = new byte[256];
        Assert.Equal(0, ActionOf(interrupt, 0, action));
        return (nint)BitConverter.ToInt64(action);
    }

    [DllImport("libc", EntryPoint = "sigaction")]
    private static extern int ActionOf(int signal, nint set, byte[] present);

    [Fact]
    public void A_refused_call_throws_with_the_solvers_message()
    {
        var refused = Assert.Throws<Z3Exception>(() => _z3.Add(_z3.Word("x", 32), _z3.Word("y", 8)));
        Assert.NotEmpty(refused.Message);
        Assert.Equal(5u, _z3.ValueOf(_z3.Add(_z3.Number(2), _z3.Number(3))));
    }

    [Fact]
    public void A_model_is_asked_for_only_where_there_is_one()
    {
        using var solver = _z3.Incremental(Enough);
        solver.Assert(_z3.Truth(false));
        Assert.False(solver.Check());
        Assert.Throws<Z3Exception>(solver.Model);
    }

    [Fact]
    public void A_term_with_variables_has_no_value() =>
        Assert.Null(_z3.ValueOf(_z3.Add(_z3.Word("x", 32), _z3.Number(3))));
}
