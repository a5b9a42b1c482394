using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Verified.Tests.Diff;
using Xunit;

namespace Verified.Tests.Commands;

/// <summary>The report of a failure on the terminal; replay must print the same report.</summary>
public sealed class ReportTests : IDisposable
{
    private static readonly KernelImage Shipping = KernelImage.Build(Limits.Shipping);

    private static readonly IReadOnlyDictionary<uint, SourceLine> Lines = Shipping.SourceLines;

    private readonly string _folder = Directory.CreateTempSubdirectory("verified-report").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_wrong_write_is_named_with_its_source_line_and_replay_tells_the_same()
    {
        // The planted kernel marks a waiting sender as a sleeping thread.
        var at = Shipping.Symbols["ipc_block_sending"];
        var line = Lines[at];
        var image = Shipping.WithBytes(at + 4, BitConverter.GetBytes(StoredStatus.Sleeping));
        var told = Differing(image);
        Assert.Contains(told, text => text.StartsWith("  what differs: Status of ", StringComparison.Ordinal));
        var place = told.IndexOf("  the instruction that made the difference:");
        Assert.StartsWith($"    {line}", told[place + 1]);
        Assert.Contains("ipc_block_sending", told[place + 2]);
        Assert.Contains(told, text => text.Contains("1.15 is task 1, thread 15"));
        Assert.Contains(told, text => text.Contains("--path"));
    }

    // A sender's timeout is computed from the byte of the receive timeout. The wrong shift is far before the write.
    [Fact]
    public void The_lines_that_computed_a_wrong_value_are_named()
    {
        var shift = Listing
            .Of(Shipping)
            .First(instruction =>
                instruction.Text == "shr eax, 10h"
                && Lines[instruction.Address].File.EndsWith("Send.cs", StringComparison.Ordinal)
            );
        var told = Differing(Shipping.WithBytes(shift.Address + 2, [24]));
        Assert.Contains(told, text => text.StartsWith("  what differs: Deadline of ", StringComparison.Ordinal));
        var place = told.IndexOf("  the lines that computed the value, in order:");
        Assert.InRange(place, 1, told.Count);
        Assert.Contains(told.Skip(place + 1).Take(6), text =>
            text.StartsWith($"    {Lines[shift.Address]}", StringComparison.Ordinal)
        );
    }

    // The scheduler takes another thread only if its priority is greater, and the running thread keeps the processor.
    [Fact]
    public void A_wrong_condition_of_a_jump_is_told_with_the_values_that_it_compared()
    {
        var jump = Listing
            .Of(Shipping)
            .First(instruction =>
                instruction.Text.StartsWith("jae ", StringComparison.Ordinal)
                && Lines[instruction.Address].File.EndsWith("Pick.cs", StringComparison.Ordinal)
            );

        // JAE becomes JA: its opcode has bit 2 in addition.
        var opcode = jump.Bytes.Span[0] == 0x0F ? 1 : 0;
        var told = Differing(Shipping.WithBytes(jump.Address + (uint)opcode, [(byte)(jump.Bytes.Span[opcode] | 4)]));

        // Nothing is told as a fact that no run has shown: a write is not missing.
        Assert.DoesNotContain(told, text => text.Contains("a write is missing", StringComparison.Ordinal));
        var place = told.FindIndex(text =>
            text.StartsWith("  no instruction of the kernel step changed the value", StringComparison.Ordinal)
        );
        Assert.Contains("if this jump goes the other way, image and spec agree", told[place]);
        Assert.StartsWith($"    {Lines[jump.Address]}", told[place + 1]);
        Assert.Matches(
            @"not taken: compared EAX = .* with priority of \d+\.\d+ = .*, which are equal$",
            told[place + 2]
        );
        Assert.Contains("  the last conditional jumps:", told);
    }

    [Fact]
    public void A_missing_write_is_called_missing()
    {
        // The sender's id is not given to the receiver: three NOPs in place of a move.
        var at = Listing
            .Of(Shipping)
            .First(instruction =>
                Lines[instruction.Address] is { } line
                && line.File.EndsWith("Send.cs", StringComparison.Ordinal)
                && File.ReadLines(Path.Combine(SourceRoot(), line.File))
                    .ElementAt(line.Line - 1)
                    .Contains("Row(ebp, Layout.Esi), eax", StringComparison.Ordinal)
            );
        var image = Shipping.WithBytes(at.Address, [.. Enumerable.Repeat((byte)0x90, at.Bytes.Length)]);
        var told = Differing(image);
        Assert.Contains(told, text => text.StartsWith("  what differs: Esi of ", StringComparison.Ordinal));
        var place = told.FindIndex(text =>
            text.Contains("either a jump went the wrong way, or a write is missing", StringComparison.Ordinal)
        );
        Assert.StartsWith("    kernel/code/", told[place + 1]);
        Assert.DoesNotContain("iretd", told[place + 2]);
        Assert.Contains(told, text =>
            text.StartsWith("  the first kernel step that differs: ipc", StringComparison.Ordinal)
        );
        Assert.Contains(told, text =>
            text.StartsWith("  the lines that wrote to the same row", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_wrong_way_is_told_with_the_last_conditional_jumps()
    {
        // The guards of the fast path compare the partner's status and the top priority with EBP in place of ESI.
        var image = Listing
            .Of(Shipping)
            .Where(instruction =>
                instruction.Text == "cmp eax, esi"
                && Lines[instruction.Address].File.EndsWith("FastPath.cs", StringComparison.Ordinal)
            )
            .Aggregate(Shipping, (image, guard) => image.WithBytes(guard.Address, [0x39, 0xE8]));
        var told = Differing(image);
        var jumps = told.IndexOf("  the last conditional jumps:");
        Assert.InRange(jumps, 1, told.Count);
        Assert.Contains(Enumerable.Range(jumps + 1, 8), i =>
            told[i].StartsWith("    kernel/code/ipc/FastPath.cs:", StringComparison.Ordinal)
            && told[i + 1].Contains("not taken: compared EAX = ", StringComparison.Ordinal)
            && told[i + 1].Contains(" with EBP = ", StringComparison.Ordinal)
        );
    }

    // The receiver's row is in EDX; a routine for the timer uses EDX.
    [Fact]
    public void An_exception_of_the_kernel_is_told_with_the_register_that_was_lost()
    {
        var load = Shipping.Find("accept", "lea edx", 2);
        var told = Differing(
            Shipping.WithBytes(load.IP32, [.. Enumerable.Repeat((byte)0x90, load.Length)]),
            events: 300_000
        );
        var place = told.FindIndex(text =>
            text.StartsWith("  the kernel raised a page fault", StringComparison.Ordinal)
        );
        Assert.Matches("at address [0-9A-F]+h by a read, at this instruction:$", told[place]);
        Assert.StartsWith("    kernel/code/ipc/Send.cs:", told[place + 1]);
        Assert.Contains("[edx+34h]", told[place + 2]);
        Assert.Matches(@"^    EDX = .*, last written at kernel/code/sets/Sets.cs:\d+", told[place + 3]);
        Assert.DoesNotContain(told, text => text.Contains("conditional jump", StringComparison.Ordinal));
    }

    [Fact]
    public void A_mended_image_no_longer_fails_and_the_old_one_is_found()
    {
        var at = Shipping.Symbols["ipc_block_sending"];
        var (file, trace) = (Path.Combine(_folder, "bad.elf"), Path.Combine(_folder, "trace.json"));
        Shipping.WithBytes(at + 4, BitConverter.GetBytes(StoredStatus.Sleeping)).Save(file);
        Run(CommandLine.Refuted, "diff", "--events", "20000", "--image", file);
        File.Move(Path.Combine(".verified", "diff.json"), trace, overwrite: true);
        var mended = Run(CommandLine.Holds, "replay", trace);
        Assert.Contains(mended, text => text.Contains($"found with {file}, on which it still fails"));
        File.Delete(file);
        Assert.Contains(Run(CommandLine.Holds, "replay", trace), text =>
            text.StartsWith("it was found with an image that is not here", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Every_column_has_a_meaning()
    {
        var state = new State<Concrete>(Limits.Shipping, new ConcreteTables());
        foreach (var (info, _) in state.Columns)
        {
            Assert.NotEmpty(Glossary.Meaning(info.Name));
            Assert.NotEmpty(Glossary.Value(state, info.Name, 1));
            Assert.Equal(info.Table == Table.Processor, Glossary.Row(state, info.Name, 0).Length == 0);
        }
    }

    // The report of diff about an image. Replay of its trace must print the same report, within the allowed number of
    // lines.
    private List<string> Differing(KernelImage image, int events = 100_000)
    {
        var (file, trace) = (Path.Combine(_folder, "bad.elf"), Path.Combine(_folder, "trace.json"));
        image.Save(file);
        var told = Run(CommandLine.Refuted, "diff", "--events", $"{events}", "--image", file);
        Assert.InRange(told.Count, 8, 40);
        File.Move(Path.Combine(".verified", "diff.json"), trace, overwrite: true);
        var again = Run(CommandLine.Refuted, "replay", trace, "--image", file);
        Assert.Equal(told[1..^1], again[1..]);
        var more = Run(CommandLine.Refuted, "replay", trace, "--image", file, "--path");
        Assert.Contains(more, text => text.StartsWith("  the image's path, ", StringComparison.Ordinal));
        Assert.Contains(more, text => text.StartsWith("  => ", StringComparison.Ordinal));
        return told;
    }

    private static List<string> Run(int code, params string[] arguments)
    {
        var (exit, output, error) = InProcess.Run(arguments);
        Assert.Equal((code, ""), (exit, error));
        return [.. output.TrimEnd().Split('\n')];
    }

    private static string SourceRoot([System.Runtime.CompilerServices.CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
