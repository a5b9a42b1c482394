using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Watch;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Watch;

/// <summary>Edited sources of the kernel, compiled in this process.</summary>
public sealed class EditedKernelTests : IDisposable
{
    private const string FastPath = "kernel/code/ipc/FastPath.cs",
        Guard = "c.cmp(eax, esi);\n        c.ja(otherwise);";

    private static readonly KernelImage Built = KernelImage.Build(Limits.Shipping);

    private readonly SourceCopy _sources = new();

    public void Dispose() => _sources.Dispose();

    [Fact]
    public void The_sources_of_this_program_emit_its_image_and_lines()
    {
        var kernel = new EditedKernel(SourceCopy.Root());
        var image = kernel.Build();
        Assert.Equal(Built.ToElf(), image.ToElf());
        Assert.Equal(Built.SourceLines, image.SourceLines);
        Assert.Empty(CodeChange.Between(Built, image));
        Assert.False(kernel.IsEdited);
    }

    [Fact]
    public void An_edited_guard_differs_and_the_report_has_its_line()
    {
        var kernel = new EditedKernel(_sources.Folder);
        _sources.Edit(FastPath, Guard, "c.cmp(eax, ebp);c.ja(otherwise);");
        Assert.True(kernel.IsEdited);
        var (code, others, _) = kernel.Read();
        Assert.Equal([FastPath], code);
        Assert.Empty(others);
        Assert.False(kernel.IsEdited);

        var image = kernel.Build();
        Assert.Contains("ipc", CodeChange.Between(Built, image));
        var found = DiffRun.Run(image, new(Events: 100_000)).Disagreement;
        Assert.NotNull(found);
        var explained = Explanation.Path(new(new(image)), found);
        Assert.Equal("kernel/code/ipc/FastPath.cs", explained.Deviating?.Source?.File);
    }

    [Fact]
    public void Code_that_only_moves_is_not_changed()
    {
        var kernel = new EditedKernel(_sources.Folder);
        _sources.Edit(FastPath, Guard, $"c.nop();{Guard}");
        kernel.Read();
        var image = kernel.Build();
        var changed = CodeChange.Between(Built, image);
        Assert.NotEqual(Built.Symbols["tick"], image.Symbols["tick"]);
        Assert.Contains("ipc", changed);
        Assert.All(changed, symbol => Assert.Matches("^(ipc|boot)", symbol));
        Assert.Equal((Built.Symbols["ipc"], Built.Symbols["ipc_reply"]), CodeChange.Ranges(Built, ["ipc"]).Single());
    }

    [Theory]
    [InlineData("c.cmp(eax, nothing);", "kernel/code/ipc/FastPath.cs:", "CS0103")]
    [InlineData("c.cmp(eax, esi) c.ja(otherwise);", "kernel/code/ipc/FastPath.cs:", "CS1002")]
    [InlineData("throw new System.InvalidOperationException(\"oh\");", "the code emits no image: oh", "")]
    public void Sources_that_emit_no_image_are_told_in_one_line(string code, string begins, string has)
    {
        var kernel = new EditedKernel(_sources.Folder);
        _sources.Edit(FastPath, Guard, code);
        kernel.Read();
        var message = Assert.Throws<EditException>(kernel.Build).Message;
        Assert.StartsWith(begins, message);
        Assert.Contains(has, message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void An_edit_outside_the_kernel_s_code_needs_a_build()
    {
        var kernel = new EditedKernel(_sources.Folder);
        _sources.Edit("kernel/view/Membership.cs", "namespace", "// edited\nnamespace");
        File.WriteAllText(Path.Combine(_sources.Folder, "spec", "New.cs"), "");
        var (code, others, _) = kernel.Read();
        Assert.Empty(code);
        Assert.Equal(["kernel/view/Membership.cs", "spec/New.cs"], others);
    }

    [Fact]
    public void A_folder_without_sources_is_told()
    {
        var message = Assert.Throws<EditException>(() => new EditedKernel(Path.GetTempPath())).Message;
        Assert.Contains("give the folder of the repository", message);
    }
}
