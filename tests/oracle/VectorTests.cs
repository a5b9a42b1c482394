using System.Text.Json;
using Verified.Proofs.Commands;
using Verified.Proofs.Oracle;
using Xunit;

namespace Verified.Tests.Oracle;

/// <summary>Cases recorded on real processors: they are read, run and compared, and errors are reported.</summary>
public sealed class VectorTests : IDisposable
{
    // IDIV leaves flags undefined, and the case is marked accordingly; INC defines all its flags.
    private const uint OfDivision = 0xFFFFF72A;

    private static readonly RecordedCase Increment = MooWriter.Case(
        "inc ax",
        "40F4",
        "00001234 0 0 0 0 0 0 1000 2000 0 0 0 0 3000 0100 FFFC0002",
        "20100:40F4",
        "EAX=1235 EIP=102 EFLAGS=FFFC0006"
    );

    private readonly string _folder = Directory.CreateTempSubdirectory("verified-vectors").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public static TheoryData<int> Published => [.. Enumerable.Range(0, PublishedCases.All.Length)];

    [Theory]
    [MemberData(nameof(Published))]
    public void The_machine_does_what_a_386EX_was_recorded_to_do(int number)
    {
        // All flags are compared, except those of a division.
        AllFlagsAreDefined();
        var c = PublishedCases.All[number];
        var result = RunOne(c, defined: c.Name.StartsWith("idiv") ? OfDivision : null, name: "40.MOO");
        Assert.Equal(1, result.Cases);
        Assert.True(
            result.Holds,
            string.Join("; ", result.Files[0].Failures.SelectMany(failure => failure.Differences))
        );
    }

    [Fact]
    public void A_wrong_expectation_is_reported_in_every_field()
    {
        var add = PublishedCases.Add;
        List<RecordedCase> wrong =
        [
            .. Enumerable
                .Range(0, RecordedRegister.Count)
                .Select(i =>
                    add with
                    {
                        After =
                        [
                            .. add.After.Select(
                                (value, register) =>
                                    register == i ? value ^ (register == RecordedRegister.Cr3 ? 0x1000u : 1) : value
                            ),
                        ],
                    }
                ),
        ];
        wrong.Add(add with { Changes = [new(0xF7F21, 0xB2)] });
        wrong.Add(add with { Changes = [] });
        var machine = new RecordedMachine();
        Assert.Empty(machine.Run(Whole(add)));
        Assert.Equal(
            [.. RecordedRegister.Names, "memory at 0F7F21h", "memory at 0F7F21h"],
            wrong.Select(c => machine.Run(Whole(c)).Single().Field)
        );
        Assert.Empty(machine.Run(Whole(add)));
    }

    [Fact]
    public void What_the_masks_leave_undefined_is_not_compared()
    {
        var odd = Increment with
        {
            After = [.. Increment.After.Select((value, i) => i == RecordedRegister.Eflags ? value ^ 0x10 : value)],
        };
        Assert.False(RunOne(odd).Holds);
        Assert.True(RunOne(odd, defined: ~0x10u).Holds);
        uint[] own = [.. Enumerable.Repeat(uint.MaxValue, RecordedRegister.Count)];
        own[RecordedRegister.Eflags] = ~0x10u;
        Assert.True(RunOne(odd with { Defined = own }).Holds);
        Assert.False(RunOne(odd with { Defined = own }, defined: 0).Files[0].Failures.Any());
    }

    private void AllFlagsAreDefined() => Write("80386.csv", "op,ex,f_umask\n40,,FFFF\n"u8.ToArray());

    private RecordedResult RunOne(RecordedCase c, uint? defined = null, string name = "40.MOO") =>
        RecordedRun.Run([Write(name, MooWriter.File([c], defined: defined))]);

    private static RecordedCase Whole(RecordedCase c) =>
        c with
        {
            Defined = [.. Enumerable.Repeat(uint.MaxValue, RecordedRegister.Count)],
        };

    [Fact]
    public void The_flags_that_an_exception_pushes_are_compared_where_they_are_defined()
    {
        AllFlagsAreDefined();
        var divide = PublishedCases.All.Single(c => c.Name.StartsWith("idiv"));
        Assert.False(RunOne(divide).Holds);
        Assert.True(RunOne(divide, OfDivision).Holds);
        var otherEip = divide with
        {
            Changes =
            [
                .. divide.Changes.Select(change => change.Address == 0xC5CE3 ? change with { Value = 0 } : change),
            ],
        };
        Assert.Equal(
            "memory at 0C5CE3h",
            RunOne(otherEip, OfDivision).Files[0].Failures.Single().Differences.Single().Field
        );
    }

    [Fact]
    public void The_suite_s_table_tells_of_undefined_flags_by_opcode()
    {
        var odd = Increment with
        {
            After = [.. Increment.After.Select((value, i) => i == RecordedRegister.Eflags ? value ^ 0x10 : value)],
        };
        Write("80386.csv", "op,g,ex,f_umask,desc\n40,,,FFEF,\"increments, by one\"\nC1,2,4,0xF7EF,\n"u8.ToArray());
        foreach (
            var (name, holds) in new[]
            {
                ("40.MOO", true),
                ("676640.MOO", true),
                ("41.MOO", false),
                ("C1.4.MOO", true),
                ("C1.5.MOO", false),
            }
        )
            Assert.Equal((name, holds), (name, RunOne(odd, name: Path.Combine("files", name)).Holds));
    }

    [Theory]
    [InlineData("inc ax", "40F4", "EAX=1 EIP=102 EFLAGS=FFFC0012", false)] // AF
    [InlineData("and ax,ax", "21C0F4", "EIP=103 EFLAGS=FFFC0056", true)] // AF
    [InlineData("and ax,ax", "21C0F4", "EIP=103 EFLAGS=FFFC0047", false)] // CF
    [InlineData("mul ax", "F7E0F4", "EIP=103 EFLAGS=FFFC00D6", true)] // SF, ZF, AF, PF
    [InlineData("mul ax", "F7E0F4", "EIP=103 EFLAGS=FFFC0003", false)] // CF
    public void Without_it_undefined_flags_are_those_of_every_processor(
        string name,
        string bytes,
        string after,
        bool holds
    )
    {
        var c = MooWriter.Case(
            name,
            bytes,
            "0 0 0 0 0 0 0 1000 2000 0 0 0 0 3000 0100 FFFC0002",
            $"20100:{bytes}",
            after
        );
        Assert.Equal(holds, RunOne(c).Holds);
    }

    [Fact]
    public void A_revoked_case_is_left_out_and_counted()
    {
        var wrong = PublishedCases.Add with { Changes = [] };
        var file = Write(
            "files/00.MOO.gz",
            MooWriter.Compressed(MooWriter.File([wrong, PublishedCases.Add with { Hash = "" }]))
        );
        Assert.Equal((2, 1), (RecordedRun.Run([file]).Files[0].Cases, RecordedRun.Run([file]).Files[0].Failed));
        Write("revocation_list.txt", "# bad ones\n64456846B886B67084505F8ECA4D19943CDE4AAB\n"u8.ToArray());
        var result = RecordedRun.Run([file]).Files[0];
        Assert.Equal((1, 0, 1), (result.Cases, result.Failed, result.Revoked));
    }

    [Fact]
    public void An_instruction_that_writes_over_its_HLT_stops_by_the_one_in_the_queue()
    {
        // MOV [CS:0103h], AL: the HLT after the 4 bytes at 2000:0100 becomes a NOP, and another HLT follows later.
        var c = MooWriter.Case(
            "mov [cs:104h],al",
            "2EA20401F4",
            "00000090 0 0 0 0 0 0 1000 2000 0 0 0 0 3000 0100 FFFC0002",
            "20100:2EA20401F4F4",
            "EIP=105",
            "20104:90"
        );
        Assert.True(RecordedMachine.WritesOverItsEnd(c));
        var result = RunOne(c);
        Assert.True(result.Holds);
        Assert.Equal(1, result.Files[0].Queued);
        Assert.False(RunOne(c with { After = [.. c.After.Select(value => value == 0x105 ? 0x106 : value)] }).Holds);
    }

    [Fact]
    public void Ports_read_as_those_of_the_rig()
    {
        foreach (var (port, value) in new[] { ("60", "FF"), ("22", "7F"), ("23", "42"), ("F4", "FF") })
            Assert.True(
                RunOne(
                    MooWriter.Case(
                        $"in al,{port}h",
                        $"E4{port}F4",
                        "0 0 0 0 0 0 0 1000 2000 0 0 0 0 3000 0100 FFFC0002",
                        $"20100:E4{port}F4",
                        $"EAX={value} EIP=103"
                    )
                ).Holds,
                port
            );
        // OUT 92h, AL with bit 0, which resets a PC.
        Assert.True(
            RunOne(
                MooWriter.Case(
                    "out 92h,al",
                    "E692F4",
                    "1 0 0 0 0 0 0 1000 2000 0 0 0 0 3000 0100 FFFC0002",
                    "20100:E692F4",
                    "EIP=103"
                )
            ).Holds
        );
    }

    [Fact]
    public void A_case_without_an_end_is_reported() =>
        Assert.Equal(
            "end",
            RunOne(
                MooWriter.Case(
                    "jmp $",
                    "EBFEF4",
                    "0 0 0 0 0 0 0 1000 2000 0 0 0 0 3000 0100 FFFC0002",
                    "20100:EBFEF4",
                    ""
                )
            )
                .Files[0]
                .Failures.Single()
                .Differences.Single()
                .Field
        );

    [Fact]
    public void Folders_are_searched_and_files_run_in_order()
    {
        Write("suite/v1/b.MOO", MooWriter.File([Increment]));
        Write("suite/v1/A.moo.gz", MooWriter.Compressed(MooWriter.File([Increment, PublishedCases.Add])));
        Write("suite/readme.txt", "no cases"u8.ToArray());
        var result = RecordedRun.Run(RecordedRun.FilesOf([_folder, Write("c.MOO", MooWriter.File([Increment]))]));
        Assert.Equal(["A.moo.gz", "b.MOO", "c.MOO"], result.Files.Skip(1).Select(file => Path.GetFileName(file.File)));
        Assert.Equal((true, 5L), (result.Holds, result.Cases));
    }

    [Fact]
    public void The_command_prints_files_differences_and_a_sum()
    {
        Write("40.MOO", MooWriter.File([Increment]));
        Write("00.MOO", MooWriter.File([PublishedCases.Add with { Changes = [new(0xF7F21, 0xB2)] }]));
        var (code, output, _) = Run(
            "oracle",
            "--vectors",
            Path.Combine(_folder, "40.MOO"),
            "--vectors",
            Path.Combine(_folder, "00.MOO")
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
        Assert.Equal(CommandLine.Holds, Run("oracle", "--vectors", Path.Combine(_folder, "40.MOO")).Code);
    }

    [Fact]
    public void The_result_can_be_read_by_programs()
    {
        Write("00.MOO", MooWriter.File([PublishedCases.Add with { Changes = [] }, PublishedCases.Add]));
        var (code, output, _) = Run("oracle", "--json", "--vectors", _folder);
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
            "no such" => Path.Combine(_folder, "nothing.MOO"),
            "empty" => Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName,
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

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = CommandLine.Run(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
