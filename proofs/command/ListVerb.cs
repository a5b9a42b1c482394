using System.CommandLine;
using Verified.Kernel;
using Verified.Machine.Timing;

namespace Verified.Proofs.Commands;

/// <summary><c>list</c>: the disassembly.</summary>
internal static class ListVerb
{
    private static readonly Argument<string?> Symbol = new("symbol")
    {
        Description = "Only the code from this symbol to the next entry; all if not given",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Make()
    {
        var verb = new Command("list", "Disassemble the image's code, with symbols and model cycles") { Symbol, ImageSource.File, ImageSource.Size };
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        var display = new Display(parsed);
        var image = ImageSource.Of(parsed);
        var lines = Listing.Of(image).ToList();
        if (parsed.GetValue(Symbol) is { } name)
        {
            if (!lines.Any(line => line.Label == name))
                throw new CommandException(
                    $"there is no code at a symbol '{name}': give one of {string.Join(", ", lines.Where(line => line.Label is not null).Select(line => line.Label))}");
            lines = [.. lines.SkipWhile(line => line.Label != name)];
            lines = [lines[0], .. lines.Skip(1).TakeWhile(line => line.Label is null)];
        }

        display.Line("cycles of the Pentium's U and V pipes, hot caches, for the code as it stands: no conditional branch taken");
        foreach (var (line, timed) in Timings(lines))
        {
            if (line.Label is not null) display.Line($"{line.Label}:");
            display.Line($"  {timed,-12}{line}");
        }

        return CommandLine.Holds;
    }

    /// <summary>Each label starts anew: it is where jumps arrive.</summary>
    private static IEnumerable<(ListingLine Line, Timed Timed)> Timings(List<ListingLine> lines)
    {
        for (var start = 0; start < lines.Count;)
        {
            var end = start + 1;
            while (end < lines.Count && lines[end].Label is null) end++;
            var run = lines.Skip(start).Take(end - start).ToList();
            var timed = Pipeline.Straight([.. run.SelectMany(line => line.Bytes.ToArray())], run[0].Address);
            foreach (var pair in run.Zip(timed)) yield return pair;
            start = end;
        }
    }
}
