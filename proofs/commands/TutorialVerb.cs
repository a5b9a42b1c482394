using System.CommandLine;
using Verified.Proofs.Tutorial;

namespace Verified.Proofs.Commands;

/// <summary><c>tutorial</c>: the engines on a kernel of one file.</summary>
internal static class TutorialVerb
{
    public static Command Make()
    {
        var verb = new Command(
            "tutorial",
            "Proves, checks and diffs the kernel of two threads in proofs/tutorial/Mailbox.cs, and finds a planted bug"
        );
        verb.SetAction(parsed =>
        {
            ProveVerb.RequireSolver();
            var output = parsed.InvocationConfiguration.Output;
            return TutorialRun.Run(output.WriteLine) ? 0 : 1;
        });
        return verb;
    }
}
