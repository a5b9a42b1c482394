using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Diff;

/// <summary>A wrong conditional jump is found by trial, and shown with the values that it compared.</summary>
public class TurnedJumpTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    // The opcode of a jump for the wrong condition.
    [Theory]
    [InlineData("time/Pick.cs", "jae", "ja", "greatest_priority")]
    [InlineData("ipc/Receive.cs", "jbe", "jb", "receive_from")]
    public void The_jump_is_marked(string file, string right, string wrong, string place)
    {
        var explained = Explained(file, right, wrong, out var jump);
        var marked = explained.Deviating!;
        Assert.True(marked.Mends);
        Assert.Equal(jump, marked.Address);
        Assert.StartsWith(place, marked.Place);
        Assert.StartsWith(wrong, marked.Text);
        Assert.EndsWith("if this jump goes the other way, image and spec agree", explained.Headline);
        Assert.Matches("^(not )?taken: compared .* = .* with .*, which are equal$", marked.Decision);
        Assert.Contains(marked, explained.LastDecisions(1));
    }

    // The event goes the wrong way, and writes its result there.
    [Fact]
    public void A_jump_before_a_wrong_write_is_named_beside_it()
    {
        var (explained, jump) = (default(Explained), 0u);
        for (var seed = 1; explained?.Reason != Reason.Writes; seed++)
        {
            Assert.True(seed < 20, "no difference is a wrong write");
            explained = Explained("ipc/Receive.cs", "jbe", "ja", out jump, seed);
        }

        Assert.Equal("the instruction that made the difference", explained.Headline);
        Assert.Contains("also agree", explained.Trial);
        Assert.Contains(explained.LastDecisions(4), decision => decision.Mends && decision.Address == jump);
    }

    private static int Condition(string jump) =>
        jump switch
        {
            "jb" => 2,
            "jae" => 3,
            "jbe" => 6,
            _ => 7,
        };

    private static Explained Explained(string file, string right, string wrong, out uint address, int seed = 1)
    {
        var jump = Listing
            .Of(Image)
            .First(instruction =>
                instruction.Text.StartsWith($"{right} ", StringComparison.Ordinal)
                && Image.SourceLines[instruction.Address].File.EndsWith(file, StringComparison.Ordinal)
            );
        var code = jump.Bytes.ToArray();
        code[code[0] == 0x0F ? 1 : 0] ^= (byte)(Condition(right) ^ Condition(wrong));
        address = jump.Address;
        var image = Image.WithBytes(address, code);
        var found = Assert.IsType<Disagreement>(DiffRun.Run(image, new(Seed: seed, Events: 300_000)).Disagreement);
        var explained = Explanation.Path(new(new(image)), found);

        // The same trace always gives the same explanation.
        var again = Explanation.Path(new(new(image)), found);
        Assert.Equal(explained.Last, again.Last);
        return explained;
    }
}
