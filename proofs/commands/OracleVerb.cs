using System.CommandLine;
using Iced.Intel;
using Spectre.Console;
using Verified.Kernel;
using Verified.Proofs.Oracle;

namespace Verified.Proofs.Commands;

/// <summary><c>oracle</c>: the machine against the host's own processor.</summary>
internal static class OracleVerb
{
    private const long SymbolicCases = 10_000,
        CompiledCases = 1_000,
        CasesPerSequence = 5;

    private static readonly Option<long> Cases = CommonOptions.InRange(
        new Option<long>("--cases")
        {
            Description = "Random cases to compare",
            HelpName = "N",
            DefaultValueFactory = _ => OracleOptions.DefaultCount,
        },
        1,
        100_000_000_000
    );

    private static readonly Option<string?> Opcode = new("--opcode")
    {
        Description = "Only forms with this mnemonic, or with this beginning of their name: shld, Add_rm8",
        HelpName = "X",
    };

    private static readonly Option<bool> Coverage = new("--coverage")
    {
        Description = "Print every form: in the image, compared natively, executed in the transcript that QEMU shares",
    };

    public static Command Make()
    {
        var verb = new Command(
            "oracle",
            "Compare the machine with the host's processor: random instructions, natively in 32-bit user mode. "
                + "If the host cannot do this, compare with recorded cases of another processor, or of a real 386"
        )
        {
            Cases,
            CommonOptions.Seed,
            Opcode,
            Coverage,
            RecordingVerb.Record,
            RecordingVerb.Recorded,
            VectorReport.Paths,
            CommonOptions.Json,
        };
        verb.Validators.Add(result =>
        {
            var recorded = result.GetResult(VectorReport.Paths) is not null;
            if (!recorded && result.GetResult(CommonOptions.Json) is { Implicit: false })
                result.AddError("--json: give --vectors PATH with it");
            foreach (
                var option in (Option[])
                    [Cases, CommonOptions.Seed, Opcode, Coverage, RecordingVerb.Record, RecordingVerb.Recorded]
            )
                if (recorded && result.GetResult(option) is { Implicit: false })
                    result.AddError($"{option.Name} is about random cases, and excludes --vectors");
            foreach (var option in (Option[])[Cases, CommonOptions.Seed, RecordingVerb.Record])
                if (
                    result.GetResult(RecordingVerb.Recorded) is not null
                    && result.GetResult(option) is { Implicit: false }
                )
                    result.AddError($"{option.Name} is about new cases, and excludes --recorded");
        });
        Reporting.AddResultsTo(verb, (parsed, display) =>
            parsed.GetValue(VectorReport.Paths) is { Length: > 0 } ? VectorReport.Run(parsed) : Run(parsed, display)
        );
        return verb;
    }

    /// <summary>
    /// Compares with the host's processor. If this host cannot execute the cases, compares with the recorded ones and
    /// says so.
    /// </summary>
    public static OracleComparison Compare(Display display, OracleOptions options)
    {
        try
        {
            return CompareNatively(display, options);
        }
        catch (OracleUnavailableException nothing)
        {
            display.Line($"oracle: the host's processor is left out: {nothing.Message}");
            var compared = RecordingVerb.Compare(display, RecordedOracle.Own(), options.Forms);
            return compared with { With = $"{compared.With}; the host's processor is left out: {nothing.Message}" };
        }
    }

    /// <summary>Compares with the host's processor: cases, and unless forms were chosen, sequences.</summary>
    /// <exception cref="OracleUnavailableException">This host cannot execute the cases.</exception>
    public static OracleComparison CompareNatively(Display display, OracleOptions options)
    {
        var program = NativeProgram.Build(Path.Combine(Report.Folder, "oracle"));
        var with = $"on the host's processor, seed {options.Seed}";
        return new(RunNatively(options), options.Forms is null ? RunNatively(InSequences(options)) : null, with);

        OracleResult RunNatively(OracleOptions some)
        {
            var result = display.While("oracle", say =>
                OracleRun.Run(program, some with { Progress = cases => say($"{cases:N0} of {some.Count:N0} cases") })
            );
            Print(display, result, some.Sequences, with);
            return result;
        }
    }

    /// <summary>Prints a line and each difference.</summary>
    public static void Print(Display display, OracleResult result, bool sequences, string with)
    {
        var what = sequences
            ? "sequences"
            : $"cases of {result.Compared.Count(form => form.Value > 0)} instruction forms";
        display.Line(
            $"oracle: {result.Cases:N0} {what} {with}, "
                + $"{result.Faulted:N0} of them trap, {result.Differing:N0} as only some processors do, "
                + $"in {result.Seconds:F1} s: {(result.Holds ? "holds" : "FAILED")}"
        );
        foreach (var failure in result.Failures)
            Print(display, failure);
    }

    private static int Run(ParseResult parsed, Display display)
    {
        var options = new OracleOptions(
            parsed.GetValue(CommonOptions.Seed),
            parsed.GetValue(Cases),
            FormsOf(parsed.GetValue(Opcode))
        );
        if (parsed.GetValue(RecordingVerb.Record) is { } file)
            return RecordingVerb.Write(display, options, file);
        var symbolic = CompareReadings(display, options.Seed);
        var compiled = CompareCompiled(display, options.Seed);
        var real = parsed.GetResult(RecordingVerb.Recorded) is null
            ? Compare(display, options)
            : RecordingVerb.Compare(display, parsed, options.Forms);
        if (parsed.GetValue(Coverage))
            PrintCoverage(display, real.Cases);
        display.Checked.AddRange([
            new("the processor's instructions", real.Holds, real.With),
            new("the symbolic reading", symbolic.Holds, $"seed {options.Seed}"),
            new("compiled code", compiled.Holds, $"seed {options.Seed}"),
        ]);
        return real.Holds && symbolic.Holds && compiled.Holds ? CommandLine.Holds : CommandLine.Refuted;
    }

    /// <summary>A share of the cases, as sequences.</summary>
    public static OracleOptions InSequences(OracleOptions options) =>
        options with
        {
            Sequences = true,
            Count = Math.Max(1, options.Count / CasesPerSequence),
        };

    /// <summary>
    /// Compares compiled code with its source instructions, and prints a line and the first difference.
    /// </summary>
    public static CompiledResult CompareCompiled(Display display, int seed)
    {
        var result = CompiledReading.Run(seed, CompiledCases);
        display.Line(
            $"oracle: {result.Cases:N0} sequences do compiled what they do interpreted, in {result.Seconds:F1} s: "
                + $"{(result.Holds ? "holds" : "FAILED")}"
        );
        if (result.Failure is { } failure)
        {
            display.Line(
                $"  {failure.Difference.Field}: compiled {failure.Difference.Own}, interpreted "
                    + $"{failure.Difference.Host}"
            );
            Print(display, failure.Case);
        }

        return result;
    }

    /// <summary>
    /// Compares the symbolic reading with the concrete one, and prints a line and the first difference.
    /// </summary>
    public static SymbolicResult CompareReadings(Display display, int seed)
    {
        var result = SymbolicReading.Run(seed, SymbolicCases);
        display.Line(
            $"oracle: {result.Cases:N0} cases evaluate to the same in the symbolic reading as in the concrete one, in "
                + $"{result.Seconds:F1} s: "
                + (result.Holds ? "holds" : "FAILED")
        );
        if (result.Failure is { } failure)
        {
            display.Line(
                $"  {failure.Difference.Field}: symbolic {failure.Difference.Own}, concrete {failure.Difference.Host}"
            );
            Print(display, failure.Case);
        }

        return result;
    }

    private static List<Code>? FormsOf(string? opcode)
    {
        if (opcode is null)
            return null;
        var named = Forms
            .Pentium.Where(code =>
                code.Mnemonic().ToString().Equals(opcode, StringComparison.OrdinalIgnoreCase)
                || code.ToString().StartsWith(opcode, StringComparison.OrdinalIgnoreCase)
            )
            .ToList();
        var compared = named.Where(code => Forms.WhyNot(code) is null).ToList();
        if (compared.Count > 0)
            return compared;
        throw new CommandException(
            named.Count == 0
                ? $"--opcode {opcode}: no integer instruction of the Pentium is called so, and no form; try a "
                    + "mnemonic such as shld"
                : $"--opcode {opcode}: not compared with the host: {Forms.WhyNot(named[0])}"
        );
    }

    private static void PrintCoverage(Display display, OracleResult native)
    {
        var forms = FormCoverage.Of(KernelImage.Build(Spec.Limits.Shipping, new ImageOptions(RoundTrips: 100)), native);
        var table = new Table()
            .Border(TableBorder.Simple)
            .AddColumns("form", "in the image", "native, to the end", "native, trapped", "in QEMU's transcript", "");
        foreach (var form in forms)
            table.AddRow(
                new Text(form.Form.ToString()),
                Mark(form.InImage),
                new Text($"{form.Completed:N0}"),
                new Text($"{form.Trapped:N0}"),
                Mark(form.InTranscript),
                new Text(form.IsUnseen ? "compared by nothing" : Forms.WhyNot(form.Form) ?? "")
            );
        display.Write(table);
        display.Line(
            $"coverage: {forms.Count} forms, {forms.Count(form => form.Completed + form.Trapped > 0)} compared "
                + "natively, "
                + $"{forms.Count(form => form.InImage)} in the image, {forms.Count(form => form.IsUnseen)} of them "
                + "compared by nothing"
        );
    }

    private static Text Mark(bool yes) => new(yes ? "yes" : "");

    private static void Print(Display display, OracleFailure failure)
    {
        display.Line(
            $"  {failure.Case.Instruction.Code} (case {failure.Number}): {failure.Difference.Field}: ours "
                + $"{failure.Difference.Own}, host's {failure.Difference.Host}"
        );
        Print(display, failure.Case);
    }

    private static void Print(Display display, Case c)
    {
        foreach (var (bytes, instruction) in Instructions(c))
            display.Line(
                $"    {bytes}  {instruction}  ({(c.CodeSegment.Big ? 32 : 16)}-bit code at CS:{instruction.IP32:X})"
            );
        var r = c.Registers;
        display.Line(
            $"    EAX {r[0]:X8} ECX {r[1]:X8} EDX {r[2]:X8} EBX {r[3]:X8} ESP {r[4]:X8} EBP {r[5]:X8} ESI {r[6]:X8} "
                + $"EDI {r[7]:X8} EFLAGS {c.Eflags:X6}"
        );
        string[] names = ["ES", "CS", "SS", "DS", "FS", "GS"];
        var special = Enumerable
            .Range(0, 6)
            .Where(i => c.Segments[i] is not (Arena.FlatData or Arena.FlatCode))
            .ToList();
        foreach (var i in special)
            display.Line($"    {names[i]} {c.Segments[i]:X4}: {Describe(c.Segments[i])}");
        foreach (var (address, value) in c.Pokes)
            display.Line($"    memory at {address:X8}: {value:X8}");
    }

    private static IEnumerable<(string Bytes, Instruction Instruction)> Instructions(Case c)
    {
        for (var at = 0; at < c.Bytes.Length; )
        {
            if (!CaseGenerator.TryDecode(c.Bytes[at..], c.CodeSegment.Big, c.Eip + (uint)at, out var instruction))
                yield break;
            yield return (Convert.ToHexString(c.Bytes, at, instruction.Length), instruction);
            at += instruction.Length;
        }
    }

    private static string Describe(ushort selector) =>
        Arena.Of(selector) is { } s ? $"base {s.Base:X}h, limit {s.Limit:X}h, attributes {s.Attributes:X6}h" : "null";
}
