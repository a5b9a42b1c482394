using System.CommandLine;

namespace Verified.Proofs.Commands;

/// <summary><c>claims</c>: the ledger.</summary>
internal static class ClaimsVerb
{
    public static Command Make()
    {
        var verb = new Command(
            "claims",
            "Print the table of claims of the last whole run. Run everything if this program and image have none"
        )
        {
            ImageSource.File,
            ImageSource.Size,
            CommonOptions.Seed,
            CommonOptions.Cache,
            CommonOptions.Jobs,
            CommonOptions.Json,
        };
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        var display = new Display(parsed);
        var image = ImageSource.Of(parsed);
        var json = parsed.GetValue(CommonOptions.Json);
        var claims = Ledger.Load(image)
            ?? Everything.Check(parsed, json ? Display.Silent : display, image, cached: true);
        if (json)
            display.Json(claims);
        else
            Ledger.Print(display, claims, image);
        return Everything.Verdict(claims);
    }
}
