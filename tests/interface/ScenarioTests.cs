using Verified.Kernel;
using Verified.Spec;
using Verified.Tests.Diff;
using Xunit;
using Xunit.Sdk;

namespace Verified.Tests.Interface;

/// <summary>A scenario refuses a wrong expectation, a wrong image, and an event that no PC can have.</summary>
public sealed class ScenarioTests
{
    private sealed class Asking(KernelImage? image = null) : Scenario(image)
    {
        public void Right()
        {
            Enter(A, Entry.IdNearest, eax: 9, esi: 0);
            Is(A, eax: 0, esi: Id(A));
        }

        public void Wrong()
        {
            Enter(A, Entry.IdNearest, eax: 9, esi: 0);
            Is(A, eax: 9);
        }

        public void Masked() => Line(1);

        public void Mapped() => Maps(A, Page, 5);
    }

    [Fact]
    public void A_right_expectation_holds()
    {
        using var scenario = new Asking();
        scenario.Right();
    }

    [Fact]
    public void A_wrong_expectation_is_refused()
    {
        using var scenario = new Asking();
        Assert.ThrowsAny<XunitException>(scenario.Wrong);
        Assert.ThrowsAny<XunitException>(scenario.Mapped);
    }

    [Fact]
    public void An_event_that_cannot_arise_is_refused()
    {
        using var scenario = new Asking();
        Assert.Contains("cannot arise", Assert.ThrowsAny<XunitException>(scenario.Masked).Message);
    }

    [Fact]
    public void A_wrong_image_is_refused()
    {
        // MOV of 0 to the caller's EAX becomes MOV EAX,ES and MOV of that.
        var image = KernelImage.Build(Limits.Shipping);
        using var scenario = new Asking(
            image.WithBytes(
                image.After(image.Symbols["id_nearest"], 3),
                [0x8C, 0xC0, 0x89, 0x44, 0x24, 0x1C, 0x90, 0x90]
            )
        );
        Assert.Contains("Eax of 5.0", Assert.ThrowsAny<XunitException>(scenario.Right).Message);
    }
}
