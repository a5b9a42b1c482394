using System.Text.Json;
using Verified.Proofs.Commands;
using Xunit;
using static Verified.Tests.Commands.InProcess;

namespace Verified.Tests.Oracle;

/// <summary>The command that runs recorded cases: its report, its exit code, and what it refuses.</summary>
public class VectorCommandTests : VectorFolder
{
    [Fact]
    public void The_command_prints_files_differences_and_a_sum()
    {
        Write("40.MOO", MooWriter.File([Increment]));
        Write("00.MOO", MooWriter.File([PublishedCases.Add with { Changes = [new(0xF7F21, 0xB2)] }]));
        var (code, output, _) = Run(
            "oracle",
            "--vectors",
            Path.Combine(Folder, "40.MOO"),
            "--vectors",
            Path.Combine(Folder, "00.MOO")
        );
        Assert.Equal(CommandLine.Refuted, code);
        foreach (
            var expected in (string[])
                [
                    "1 cases, 1 differ",
                    "00.MOO case 0: add [ss:bp+60h],bl",
                    "bytes 005E60F4",
                    "EAX 02CBE622",
                    "SS F7EC",
                    "memory at 0F7F21h: recorded B2h, ours B3h, before 0Bh",
                    "vectors: 2 recorded cases of 2 files",
                    "FAILED, 1 differ",
                ]
        )
            Assert.Contains(expected, output);
        Assert.Equal(CommandLine.Holds, Run("oracle", "--vectors", Path.Combine(Folder, "40.MOO")).Exit);
    }

    [Fact]
    public void The_result_can_be_read_by_programs()
    {
        Write("00.MOO", MooWriter.File([PublishedCases.Add with { Changes = [] }, PublishedCases.Add]));
        var (code, output, _) = Run("oracle", "--json", "--vectors", Folder);
        var file = JsonDocument.Parse(output).RootElement.GetProperty("files")[0];
        Assert.Equal(
            (CommandLine.Refuted, 2, 1),
            (code, file.GetProperty("cases").GetInt32(), file.GetProperty("failed").GetInt32())
        );
        Assert.Equal(
            "memory at 0F7F21h",
            file.GetProperty("failures")[0].GetProperty("differences")[0].GetProperty("field").GetString()
        );
    }

    public static TheoryData<string, string> Unreadable =>
        new()
        {
            { "no such", "there is no such file or folder" },
            { "empty", "no file in this folder ends in .MOO or .MOO.gz" },
            { "text", "not a MOO file" },
            { "nothing", "not a MOO file" },
            { "286", "recorded on a processor 'C286'; the machine can be a 386" },
            { "8088", "recorded on a processor '8088'; the machine can be a 386" },
            { "protected", "recorded in processor mode 2; cases of real mode, 0, are run" },
            { "version", "version 2 of the format" },
            { "cut", "truncated: the chunk at byte" },
            { "cut head", "truncated: the chunk at byte" },
            { "short header", "chunk 'MOO' at byte 0: 4 bytes where 12 are needed" },
            { "count", "its header tells of 3 cases, and 2 are there" },
            { "registers", "of the 20 registers before the instruction" },
            { "stateless", "a case without 32-bit registers before and after" },
            { "long RAM", "bytes where" },
            { "table", "names no columns op, ex and f_umask" },
            { "gzip", "not a whole gzip file" },
            { "cut gzip", "fetch it again" },
        };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void What_cannot_be_run_is_told_in_one_line(string what, string says)
    {
        var good = MooWriter.File([Increment, PublishedCases.Add]);
        var header = good[..20];
        var path = what switch
        {
            "no such" => Path.Combine(Folder, "nothing.MOO"),
            "empty" => Directory.CreateDirectory(Path.Combine(Folder, "empty")).FullName,
            "gzip" => Write("40.MOO.gz", "no gzip at all"u8.ToArray()),
            "cut gzip" => Write("40.MOO.gz", MooWriter.Compressed(good)[..^200]),
            "table" => Write("files/40.MOO", good),
            _ => Write(
                "40.MOO",
                what switch
                {
                    "text" => "op,ex"u8.ToArray(),
                    "nothing" => [],
                    "286" => MooWriter.File([], processor: "C286"),
                    "8088" => MooWriter.File([], processor: "8088"),
                    "protected" => MooWriter.File([Increment], mode: 2),
                    "version" => [.. good.Select((value, i) => i == 8 ? (byte)2 : value)],
                    "cut" => good[..^1],
                    "cut head" => [.. good, .. "TES"u8],
                    "short header" => MooWriter.Chunk("MOO ", [1, 1, 0, 0]),
                    "count" => MooWriter.File([Increment, PublishedCases.Add], count: 3),
                    "registers" =>
                    [
                        .. header,
                        .. MooWriter.Chunk(
                            "TEST",
                            new byte[4],
                            MooWriter.Chunk("INIT", MooWriter.Chunk("RG32", [1, 0, 0, 0], new byte[4]))
                        ),
                    ],
                    "stateless" => [.. header, .. MooWriter.Chunk("TEST", new byte[4], MooWriter.Chunk("INIT"))],
                    "long RAM" =>
                    [
                        .. header,
                        .. MooWriter.Chunk(
                            "TEST",
                            new byte[4],
                            MooWriter.Chunk("INIT", MooWriter.Chunk("RAM ", [9, 0, 0, 0]))
                        ),
                    ],
                    _ => throw new ArgumentException(what),
                }
            ),
        };
        if (what == "table")
            Write("80386.csv", "opcode,mask\n"u8.ToArray());
        var (code, output, error) = Run("oracle", "--vectors", path);
        Assert.Equal((CommandLine.Unusable, ""), (code, output));
        Assert.Contains(says, error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("oracle --json", "--json: give --vectors PATH with it")]
    [InlineData("oracle --vectors X --cases 5", "--cases is about random cases, and excludes --vectors")]
    [InlineData("oracle --coverage --vectors X", "--coverage is about random cases, and excludes --vectors")]
    public void Options_of_the_other_kind_of_cases_are_refused(string arguments, string says)
    {
        var (code, _, error) = Run(arguments.Split(' '));
        Assert.Equal(CommandLine.Unusable, code);
        Assert.Contains(says, error);
    }
}
