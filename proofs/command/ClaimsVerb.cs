using System.CommandLine;

namespace Verified.Proofs.Commands;

/// <summary><c>claims</c>: the ledger.</summary>
internal static class ClaimsVerb
{
    public static Command Make()
    {
        var verb = new Command(
            "claims",
            "The table of claims of the last whole run; runs everything if there was none of this program and image"
        )
        {
            ImageSource.File,
            ImageSource.Size,
            CommonOptions.Seed,
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
            ?? Everything.Check(
                json ? Display.Silent : display,
                image,
                ImageSource.Describe(image, parsed),
                parsed.GetValue(CommonOptions.Seed),
                cached: true
            );
        if (json)
            display.Json(claims);
        else
            Ledger.Print(display, claims, image);
        return Everything.Verdict(claims);
    }
}
