using Verified.Proofs.Oracle;
using Xunit;

namespace Verified.Tests.Oracle;

/// <summary>Cases recorded on real processors: they are read, run and compared, and errors are reported.</summary>
public class VectorTests : VectorFolder
{
    // IDIV leaves flags undefined, and the case is marked accordingly; INC defines all its flags.
    private const uint OfDivision = 0xFFFFF72A;

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
        var result = RecordedRun.Run(RecordedRun.FilesOf([Folder, Write("c.MOO", MooWriter.File([Increment]))]));
        Assert.Equal(["A.moo.gz", "b.MOO", "c.MOO"], result.Files.Skip(1).Select(file => Path.GetFileName(file.File)));
        Assert.Equal((true, 5L), (result.Holds, result.Cases));
    }
}
