using System.CommandLine;
using Verified.Kernel;

namespace Verified.Proofs.Commands;

/// <summary><c>list</c>: the disassembly.</summary>
internal static class ListVerb
{
    private static readonly Argument<string?> Symbol = new("symbol")
    {
        Description = "Only the code from this symbol to the next entry; all if not given", Arity = ArgumentArity.ZeroOrOne,
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

        foreach (var line in lines)
        {
            if (line.Label is not null) display.Line($"{line.Label}:");
            display.Line($"  {line}");
        }

        return CommandLine.Holds;
    }
}
