using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>The copies of an operation share the solver's answers; a copy that is damaged gets its own.</summary>
public sealed class SharedAnswersTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping, new(Programs: []));

    [Fact]
    public void The_second_copy_of_an_operation_needs_no_solver()
    {
        var (image, answers) = (Booting.Boot(Image).Image, new SharedAnswers());
        var copies = image.Operations.Where(each => each.Kind == SetOperationKind.GreatestPriority).Take(2).ToList();
        var alone = new SetOperationTheorem(image, copies[1]).Prove();
        var first = new SetOperationTheorem(image, copies[0], answers).Prove();
        Assert.Equal((first.Questions, 0), (answers.Count, answers.Used));
        var second = new SetOperationTheorem(image, copies[1], answers).Prove();
        Assert.Equal((first.Questions, first.Questions), (answers.Count, answers.Used));
        Assert.All([alone, first, second], verdict => Assert.Null(verdict.Refutation));
        Assert.Equal((first.Paths, first.Questions), (second.Paths, second.Questions));
        Assert.Equal((alone.Paths, alone.Worst), (second.Paths, second.Worst));
        Assert.Equal(alone.Executed.Order(), second.Executed.Order());
    }

    [Fact]
    public void A_damaged_copy_is_refuted_after_a_sound_copy_was_proved()
    {
        // OR EAX,ECX, which puts the two parts of the priority together, is left out in the second copy.
        var at = Image.Symbols["greatest_priority_2"];
        var end = Image.Symbols["greatest_priority_2_end"];
        var code = Image.Text.Bytes.AsSpan((int)(at - Image.Text.Linear), (int)(end - at));
        var place = code.IndexOf([(byte)0x0B, (byte)0xC1]);
        if (place < 0)
            place = code.IndexOf([(byte)0x09, (byte)0xC8]);
        Assert.True(place > 0, "the operation joins two registers");
        var theorems = Theorems.Of(Image.WithBytes(at + (uint)place, [0x90, 0x90]));
        Verdict Prove(int copy) =>
            theorems.Single(theorem => theorem.Name == $"image.sets.greatest_priority_{copy}").Prove();
        Assert.Null(Prove(1).Refutation);
        Assert.NotNull(Prove(2).Refutation);
        Assert.Null(Prove(3).Refutation);
    }
}
