using System.Diagnostics;
using System.IO.Compression;
using Verified.Machine.Processor;
using Verified.Proofs.Commands;
using Verified.Proofs.Oracle;
using Verified.Tests.Host;
using Xunit;
using static Verified.Tests.Commands.InProcess;

namespace Verified.Tests.Oracle;

/// <summary>
/// Cases recorded on a real processor: the file in this program, its writer and reader, and the errors that they
/// report.
/// </summary>
public sealed class CaseFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-cases").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_machine_does_what_the_recorded_processor_did()
    {
        var recorded = RecordedOracle.Own();
        Assert.Contains("signature", recorded.Processor, StringComparison.Ordinal);
        var (single, sequences) = (
            RecordedOracle.Run(recorded, sequences: false),
            RecordedOracle.Run(recorded, sequences: true)
        );
        foreach (var result in (OracleResult[])[single, sequences])
        {
            Assert.True(
                result.Holds,
                string.Join(
                    '\n',
                    result.Failures.Select(failure =>
                        $"case {failure.Number}, {failure.Case.Instruction} "
                        + $"({Convert.ToHexString(failure.Case.Bytes)}): {failure.Difference}"
                    )
                )
            );
            Assert.InRange(result.Faulted, result.Cases / 50, result.Cases / 2);
        }

        Assert.Equal(recorded.Cases.Count, single.Cases + sequences.Cases);
        Assert.True(
            single.Cases >= 15_000 && sequences.Cases >= 3_000,
            $"{single.Cases} cases and {sequences.Cases} sequences"
        );
        Assert.Equal([], Forms.Compared.Where(form => single.Completed[form] + single.Compared[form] == 0));
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var (written, read) = (Some(), CaseFile.Read(CaseFile.Write(Some()), "file"));
        Assert.Equal(
            (written.Processor, written.Seed, written.Cases.Count),
            (read.Processor, read.Seed, read.Cases.Count)
        );
        foreach (var ((c, outcome), (c2, outcome2)) in written.Cases.Zip(read.Cases))
        {
            Assert.Equal(c.Bytes, c2.Bytes);
            Assert.Equal(c.Instruction, c2.Instruction);
            Assert.Equal(c.Registers, c2.Registers);
            Assert.Equal(c.Segments, c2.Segments);
            Assert.Equal((c.Eip, c.Eflags, c.Sequence is null), (c2.Eip, c2.Eflags, c2.Sequence is null));
            Assert.Equal(c.Pokes, c2.Pokes);
            Assert.Null(OutcomeComparison.Exactly(outcome, outcome2));
        }
    }

    [Fact]
    public void A_wrong_outcome_in_the_file_is_noticed_in_every_field()
    {
        var recorded = Some();
        Assert.True(RecordedOracle.Run(recorded, sequences: false).Holds);
        // A case that completes and writes memory.
        var number = recorded
            .Cases.ToList()
            .FindIndex(pair =>
                pair.Case.Sequence is null
                && pair.Outcome is { Vector: null, Changes.Length: > 0 }
                && pair.Case.Instruction.Mnemonic == Iced.Intel.Mnemonic.Add
            );
        var (c, right) = recorded.Cases[number];
        foreach (
            var wrong in (Outcome[])
                [
                    right with
                    {
                        Vector = Vectors.GeneralProtection,
                    },
                    right with
                    {
                        Eip = right.Eip + 1,
                    },
                    right with
                    {
                        Eflags = right.Eflags ^ Flag.Carry,
                    },
                    right with
                    {
                        Changes = [],
                    },
                    right with
                    {
                        Registers = [right.Registers[0] ^ 1, .. right.Registers[1..]],
                    },
                    right with
                    {
                        Segments = [Arena.Selector(6), .. right.Segments[1..]],
                    },
                ]
        )
        {
            var damaged = recorded with
            {
                Cases = [.. recorded.Cases.Take(number), (c, wrong), .. recorded.Cases.Skip(number + 1)],
            };
            var result = RecordedOracle.Run(CaseFile.Read(CaseFile.Write(damaged), "file"), sequences: false);
            Assert.Equal(number, Assert.Single(result.Failures).Number);
        }
    }

    [Fact]
    public void A_file_with_any_damaged_byte_is_refused()
    {
        var plain = Unpack(CaseFile.Write(Some()));
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            var damaged = plain.ToArray();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            Assert.Throws<VectorFileException>(() => CaseFile.Read(Pack(damaged), "file"));
        }
    }

    public static TheoryData<string, string> Unreadable =>
        new()
        {
            { "nothing", "not a file of native cases" },
            { "text", "not a whole gzip file" },
            { "cut", "damaged or truncated" },
            { "cut gzip", "damaged or truncated" },
            { "other gzip", "not a file of native cases" },
            { "version", "version 9 of the format; version 1 is read" },
            { "no such", "cannot be read" },
        };

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void A_file_that_cannot_be_read_is_refused_in_one_line(string what, string says)
    {
        var good = CaseFile.Write(Some());
        var plain = Unpack(good);
        var file = Path.Combine(_folder, "cases.gz");
        if (what != "no such")
            File.WriteAllBytes(
                file,
                what switch
                {
                    "nothing" => [],
                    "text" => "no cases"u8.ToArray(),
                    "cut" => Pack(plain[..^100]),
                    "cut gzip" => good[..^100],
                    "other gzip" => Pack(new byte[100]),
                    _ => Pack([.. "VERIFIED NATIVE CASES"u8, 9, .. plain[22..]]),
                }
            );
        var (code, output, error) = Run("oracle", "--recorded", file, "--opcode", "add");
        Assert.Equal(CommandLine.Unusable, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.DoesNotContain("recorded on", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_compares_with_a_file_and_names_its_processor_and_seed()
    {
        var file = Path.Combine(_folder, "cases.gz");
        File.WriteAllBytes(file, CaseFile.Write(Some()));
        var (code, output, _) = Run("oracle", "--recorded", file, "--opcode", "add");
        Assert.Equal(CommandLine.Holds, code);
        Assert.Contains("recorded on Our own, no real one, seed 3", output, StringComparison.Ordinal);
        var number = Some()
            .Cases.ToList()
            .FindIndex(pair =>
                pair.Case.Instruction.Mnemonic == Iced.Intel.Mnemonic.Add && pair.Outcome.Vector is null
            );
        var cases = Some().Cases.ToList();
        cases[number] = (cases[number].Case, cases[number].Outcome with { Eip = 0x4000 });
        File.WriteAllBytes(file, CaseFile.Write(Some() with { Cases = cases }));
        (code, output, _) = Run("oracle", "--recorded", file, "--opcode", "add");
        Assert.Equal(CommandLine.Refuted, code);
        Assert.Contains($"(case {number}): EIP", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("oracle --recorded --cases 5", "--cases is about new cases, and excludes --recorded")]
    [InlineData("oracle --recorded --record F", "--record is about new cases, and excludes --recorded")]
    [InlineData("oracle --vectors X --record F", "--record is about random cases, and excludes --vectors")]
    public void Options_that_exclude_each_other_are_refused(string arguments, string says)
    {
        var (code, _, error) = Run(arguments.Split(' '));
        Assert.Equal(CommandLine.Unusable, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [FactWith(Tool.HostProcessor)]
    public void The_host_is_recorded_in_a_file_that_the_machine_agrees_with()
    {
        var file = Path.Combine(_folder, "cases.gz");
        var (code, output, _) = Run("oracle", "--record", file, "--cases", "3000", "--seed", "7");
        Assert.Equal(CommandLine.Holds, code);
        Assert.Contains("written to", output, StringComparison.Ordinal);
        var recorded = CaseFile.Read(File.ReadAllBytes(file), file);
        Assert.Equal((CaseFile.ThisProcessor(), 7), (recorded.Processor, recorded.Seed));
        Assert.InRange(recorded.Cases.Count, 3_300, 3_600);
        Assert.True(RecordedOracle.Run(recorded, sequences: false).Holds);
        Assert.True(RecordedOracle.Run(recorded, sequences: true).Holds);
    }

    /// <summary>The host has a gcc that cannot build for IA-32.</summary>
    [Fact]
    public async Task A_host_without_32_bit_programs_compares_with_the_recording_and_says_so()
    {
        var gcc = Path.Combine(_folder, "gcc");
        File.WriteAllText(gcc, "#!/bin/sh\ncat > /dev/null\necho 'no -m32 here' >&2\nexit 1\n");
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(gcc, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, "oracle", "--opcode", "add"])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = _folder + Path.PathSeparator + start.Environment["PATH"];
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == CommandLine.Holds, await error + output);
        Assert.Contains(
            "the host's processor is left out: gcc cannot build the 32-bit native program (no -m32 here)",
            output,
            StringComparison.Ordinal
        );
        Assert.Contains("recorded on", output, StringComparison.Ordinal);
    }

    /// <summary>Cases whose outcomes come from the machine.</summary>
    private static RecordedCases Some()
    {
        var own = new OwnProcessor();
        List<(Case, Outcome)> cases = [];
        for (var number = 0L; number < 3_000; number++)
            foreach (
                var c in (Case?[])
                    [
                        CaseGenerator.Make(Forms.Compared[(int)(number % Forms.Compared.Count)], 3, number),
                        number % 10 == 0 ? Sequences.Make(3, number) : null,
                    ]
            )
                if (
                    c is not null
                    && own.Execute(c) is { Missing: null } outcome
                    && !OracleRun.Strays(c, outcome)
                    && CaseFile.Takes(outcome)
                )
                    cases.Add((c, outcome));
        return new("Our own, no real one", 3, cases);
    }

    private static byte[] Unpack(byte[] content)
    {
        using var plain = new MemoryStream();
        using var packed = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        packed.CopyTo(plain);
        return plain.ToArray();
    }

    private static byte[] Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var pack = new GZipStream(packed, CompressionLevel.Fastest))
            pack.Write(content);
        return packed.ToArray();
    }
}
