using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Tests.Diff;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>
/// Mistakes in the kernel's code for which the solver's first state violates an invariant in a row that the theorem
/// does not read. The state of the report satisfies all invariants, and fails when it is run.
/// </summary>
public sealed class SolverStateTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping, new(Programs: []));

    [Theory]
    [InlineData("a receive from the last interrupt is one from a thread", "receive", "jbe", 1, "receive")]
    [InlineData("the version after the last one is 0", "delete_task", "adc eax", 1, "delete")]
    [InlineData("a thread's own priority is too high", "thread_schedule", "jb", 2, "thread_schedule")]
    [InlineData("a new thread has an old trap address", "delete_blank", "mov [esi+44h", 1, "delete-thread")]
    public void The_solvers_state_fails_when_it_is_run(
        string defect,
        string symbol,
        string starts,
        int number,
        string way
    )
    {
        var image = Damaged(symbol, starts, number);
        var name = $"image.{way}";
        var verdict = Named(image, name).Prove(judge: Judge(image, name));
        Assert.True(verdict.Refutation is not null, $"{defect}: proved");
        Assert.Null(verdict.Refutation.Completed?.End);
        Assert.NotEmpty(verdict.Refutation.Sides);
        Assert.All(verdict.Refutation.Sides, side => Assert.NotEqual(side.Wanted, side.Found));
        var outcome = Counterexample.Of(image, name, verdict.Refutation);
        Assert.Null(outcome.Defect);
        Assert.NotNull(outcome.Disagreement);
    }

    [Fact]
    public void A_theorem_stays_refuted_if_no_state_is_good_enough()
    {
        var asked = 0;
        var refutation = Named(Damaged("exchange_trap", "mov [esp-28h", 1), "image.exchange_trap")
            .Prove(judge: _ =>
            {
                asked++;
                return new(false, []);
            })
            .Refutation;
        Assert.Contains("TrapAddress", refutation?.What, StringComparison.Ordinal);
        Assert.Equal(2, asked); // the first state, and one without the values that do not matter
        Assert.Equal("no invariant is left to add", refutation?.Completed?.End);
    }

    [Fact]
    public void A_theorem_that_holds_asks_for_no_state()
    {
        var verdict = Named(Image, "image.exchange_trap")
            .Prove(judge: _ => throw new InvalidOperationException("nothing is refuted"));
        Assert.Null(verdict.Refutation);
    }

    [Fact]
    public void A_state_that_violates_an_invariant_is_not_offered()
    {
        var refutation = Named(Damaged("exchange_trap", "mov [esp-28h", 1), "image.exchange_trap").Prove().Refutation!;
        var status = $"{Image.Layout.Threads.Name}.{Layout.Status.Name}";
        var impossible = refutation with { Fields = [.. refutation.Fields, (status, 33, 15)] };
        var judgement = Judge(Image, "image.exchange_trap")(impossible);
        Assert.False(judgement.Fails);
        Assert.Contains((Verified.Spec.Tables.Table.Thread, 33u), judgement.Rows);
        Assert.Contains(
            "not a possible state",
            Counterexample.Of(Image, "image.exchange_trap", impossible).Defect,
            StringComparison.Ordinal
        );
    }

    private static Func<Refutation, CaseJudgement> Judge(KernelImage image, string theorem)
    {
        var judge = Counterexample.Judge(image);
        return refutation => judge(theorem, refutation);
    }

    private static Theorem Named(KernelImage image, string name) =>
        Theorems.Of(image).Single(theorem => theorem.Name == name);

    // An instruction is left out; of a comparison with a limit, the limit itself goes to the other side.
    private static KernelImage Damaged(string symbol, string starts, int number)
    {
        var instruction = Image.Find(symbol, starts, number);
        var at = (uint)instruction.IP;
        if (!starts.StartsWith("jb", StringComparison.Ordinal))
            return Image.WithBytes(at, Enumerable.Repeat((byte)0x90, instruction.Length).ToArray());
        var start = (int)(at - Image.Text.Linear);
        var bytes = Image.Text.Bytes[start..(start + instruction.Length)].ToArray();
        const byte equal = 4; // JB is 72h or 0F 82h, and JBE is 76h or 0F 86h.
        bytes[bytes[0] == 0x0F ? 1 : 0] ^= equal;
        return Image.WithBytes(at, bytes);
    }
}
