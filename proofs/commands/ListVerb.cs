using System.CommandLine;
using Verified.Kernel;
using Verified.Machine.Timing;
using Verified.Proofs.Bench;
using Verified.Proofs.First;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Commands;

/// <summary><c>list</c>: the disassembly.</summary>
internal static class ListVerb
{
    private static readonly Argument<string?> Symbol = new("symbol")
    {
        Description = "Only the code from this symbol to the next entry; all if not given",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Path = new("--path")
    {
        Description = "The instructions of a path of bench; NAME is the beginning of its name: 'ipc fast, call'",
        HelpName = "NAME",
    };

    private static readonly Option<Timings?> Cycles = new("--cycles")
    {
        Description = $"The processor of the cycles: {Processors.Timed} [default: {Timings.P5.Name}]",
        HelpName = "NAME",
        CustomParser = Processors.TimingsOf,
    };

    private static readonly Option<bool> Cold = new("--cold")
    {
        Description = "With --path: caches, translations and branch targets empty at first",
    };

    private static readonly Option<bool> Tables = new("--tables")
    {
        Description = "Print the declared first state: registers, each descriptor and gate, TSS, memory by region",
    };

    private static readonly Option<bool> Bytes = new("--bytes")
    {
        Description =
            "For each range of the image file, the check that would notice a wrong byte. Missing proofs are made first",
    };

    public static Command Make()
    {
        var verb = new Command("list", "Disassemble the image's code, with symbols and model cycles")
        {
            Symbol,
            Path,
            Cycles,
            Cold,
            Tables,
            Bytes,
            CommonOptions.Cache,
            CommonOptions.Jobs,
            ImageSource.File,
            ImageSource.Size,
        };
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        var display = new Display(parsed);
        var image = ImageSource.Of(parsed);
        if (parsed.GetValue(Tables))
        {
            Report.Lines(display, TablesListing.Lines(image), "");
            return CommandLine.Holds;
        }

        if (parsed.GetValue(Bytes))
            return ListBytes(parsed, display, image);
        var timings = parsed.GetValue(Cycles) ?? Timings.P5;
        if (parsed.GetValue(Path) is { } path)
            return ListPath(display, image, path, new(timings, parsed.GetValue(Cold) ? 1 : null));
        if (parsed.GetValue(Cold))
            throw new CommandException("--cold: give a path with it, such as --path 'ipc fast, call'");
        var lines = Listing.Of(image).ToList();
        if (parsed.GetValue(Symbol) is { } name)
        {
            if (!lines.Any(line => line.Label == name))
            {
                var labels = lines.Select(line => line.Label).OfType<string>().ToList();
                throw new CommandException(
                    DidYouMean.Line("code at a symbol", name, labels, $"give one of {string.Join(", ", labels)}")
                );
            }

            lines = [.. lines.SkipWhile(line => line.Label != name)];
            lines = [lines[0], .. lines.Skip(1).TakeWhile(line => line.Label is null)];
        }

        display.Line(
            $"cycles of the {timings.Name}, hot caches, for the code in its order: no conditional branch taken"
        );
        Report.Lines(display, Legend(timings), "  ");
        foreach (var (line, timed) in Timed(lines, timings))
        {
            if (line.Label is not null)
                display.Line($"{line.Label}:");
            display.Line($"  {timed, -12}{line}");
        }

        return CommandLine.Holds;
    }

    // The columns of a listing, from left to right.
    private static IEnumerable<string> Legend(Timings timings, bool path = false)
    {
        if (path)
            yield return "column 1: the cycle in which the instruction enters its pipe, counted from the start";
        yield return timings == Timings.I486
            ? "- 4: the instruction takes 4 cycles; the 486 has one pipe"
            : "U 1: the U pipe, 1 cycle; V 0: paired in the V pipe, no cycle more; - 48: pairs with nothing, 48 cycles";
        yield return "(AGI 1): of these, 1 cycle waits for an address register; (mispredicted 4): lost by a branch; "
            + "(waited 8): waits for caches and translations";
        yield return "then the linear address, the bytes, and the instruction; 'symbol:' marks where jumps arrive";
    }

    private static int ListBytes(ParseResult parsed, Display display, KernelImage image)
    {
        ProveVerb.RequireSolver();
        var theorems = Theorems
            .Of(image)
            .Where(theorem => theorem.Name.StartsWith("image.", StringComparison.Ordinal))
            .ToList();
        var executed = Prover
            .Prove(theorems, CommonOptions.JobsOf(parsed), CommonOptions.CacheOf(parsed))
            .Where(result => result.Proved)
            .SelectMany(result => result.Verdict!.Executed)
            .ToHashSet();
        var map = BytesListing.Map(image, executed);
        Report.Lines(display, BytesListing.Lines(image, map), "");
        return map.Count(Guard.None) == 0 ? CommandLine.Holds : CommandLine.Refuted;
    }

    private static int ListPath(Display display, KernelImage image, string name, PathConditions conditions)
    {
        var paths = KernelPaths.Measure(image, conditions);
        var path = paths.FirstOrDefault(path => path.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new CommandException(
                "--path: "
                    + DidYouMean.Line(
                        "path",
                        name,
                        paths.Select(path => path.Name),
                        $"give the start of one of: {string.Join("; ", paths.Select(path => path.Name))}"
                    )
            );
        var text = Listing.Of(image).ToDictionary(line => line.Address);
        display.Line(
            $"{path.Name}: {path.Instructions} instructions, {path.Cycles} cycles of the {conditions.Timings.Name}: "
                + string.Join(", ", path.Shares.Select(share => $"{share.What} {share.Cycles}"))
        );
        Report.Lines(display, Legend(conditions.Timings, path: true), "  ");
        foreach (var timed in path.Path)
        {
            // The user's INT is not code of the image.
            var line = text.GetValueOrDefault(timed.Step.Instruction.IP32);
            if (line?.Label is { } label)
                display.Line($"{label}:");
            display.Line($"  {timed.Start, 4}  {timed, -24}{line?.ToString() ?? timed.Step.Instruction.ToString()}");
        }

        return CommandLine.Holds;
    }

    /// <summary>Each label starts anew, because jumps arrive there.</summary>
    private static IEnumerable<(ListingLine Line, Timed Timed)> Timed(List<ListingLine> lines, Timings timings)
    {
        for (var start = 0; start < lines.Count; )
        {
            var end = start + 1;
            while (end < lines.Count && lines[end].Label is null)
                end++;
            var run = lines.Skip(start).Take(end - start).ToList();
            var timed = Pipeline.Straight([.. run.SelectMany(line => line.Bytes.ToArray())], run[0].Address, timings);
            foreach (var pair in run.Zip(timed))
                yield return pair;
            start = end;
        }
    }
}
