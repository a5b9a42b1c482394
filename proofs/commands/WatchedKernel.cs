using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Paths;
using Verified.Proofs.Watch;

namespace Verified.Proofs.Commands;

/// <summary>The checks of one edit after the other, and what they need to know of earlier edits.</summary>
/// <param name="kernel">The edited sources.</param>
/// <param name="built">The image that this program was built with.</param>
/// <param name="theorems">The theorems to prove about an image.</param>
/// <param name="options">The size of the comparison.</param>
/// <param name="cache">The cache of proofs; null to prove nothing.</param>
/// <param name="draw">Draws the failure of an edit, or removes the drawing of an earlier one.</param>
internal sealed class WatchedKernel(
    EditedKernel kernel,
    KernelImage built,
    Func<KernelImage, IReadOnlyList<Theorem>> theorems,
    DiffOptions options,
    ProofCache? cache,
    Action<Display> draw
)
{
    private const int MostNamed = 8;

    // The first byte of opcodes of two bytes.
    private const byte Escape = 0x0F;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, Verdict> _verdicts = [];
    private readonly KernelImage _built = built;
    private KernelImage _last = built;

    /// <summary>The result of the last check that came to an end.</summary>
    public bool Holds { get; private set; } = true;

    /// <summary>Builds the image of the present sources and checks it.</summary>
    /// <param name="display">The display.</param>
    /// <param name="edited">The time of the edit; null at the start.</param>
    public void Check(Display display, DateTime? edited)
    {
        // The result files are about the last edit, like the exit code.
        display.Findings.Clear();
        display.Checked.Clear();
        KernelImage image;
        try
        {
            image = kernel.Build();
        }
        catch (EditException e)
        {
            display.Line($"  {e.Message}");
            Answer(display, edited, holds: false);
            return;
        }

        var changed = CodeChange.Between(_last, image);
        if (edited is not null || changed.Count > 0)
            display.Line(
                changed.Count > 0 ? $"watch: the code differs at {Some(changed)}"
                : image.ToElf().AsSpan().SequenceEqual(_last.ToElf()) ? "watch: the image is the same"
                : "watch: only places and data of the image differ"
            );
        try
        {
            var result = DiffVerb.Diff(display, image, options);
            Answer(display, edited, result.Holds);
            if (result.Holds && cache is not null)
                Prove(display, image, edited, changed);
            _last = image;
        }
        catch (ImageException e)
        {
            display.Line($"  {e.Message}");
            Answer(display, edited, holds: false);
        }
    }

    /// <summary>
    /// Checks and reports a kernel that is wrong on purpose, without printing. The first answer then takes no longer
    /// than later ones, because the code of the whole way is compiled.
    /// </summary>
    public void Warm()
    {
        // The first conditional jump of the fast path jumps if it should not.
        var ipc = Listing.Lines(_built, _built.Code.Start, _built.Code.End).First(line => line.Text.StartsWith('j'));
        var opcode = ipc.Bytes.Span[0] == Escape ? 1u : 0;
        if (DiffRun.Run(_built.WithFlippedBit(ipc.Address + opcode, 0), options).Disagreement is { } found)
            Report.Tell(Display.Silent, Report.Of(_built, found));
    }

    private void Answer(Display display, DateTime? edited, bool holds)
    {
        Holds = holds;
        if (edited is { } time)
            display.Line($"watch: {(holds ? "no difference" : "FAILED")}, {Since(time)} after the edit");
        draw(display);
    }

    // First the theorems whose code is edited, then those whose code only moved.
    private void Prove(Display display, KernelImage image, DateTime? edited, IReadOnlyList<string> changed)
    {
        var ranges = CodeChange.Ranges(_last, changed);
        var reads = theorems(image)
            .ToLookup(theorem =>
                _verdicts.TryGetValue(theorem.Name, out var verdict)
                && verdict.Executed.Any(at => ranges.Any(range => at >= range.Start && at < range.End))
            );
        using var stop = new EditStop(kernel, display.Stop);
        foreach (
            var group in (IReadOnlyList<Theorem>[])
                [
                    [.. reads[true]],
                    [.. reads[false]],
                ]
        )
        {
            var results = ProveVerb.Prove(display, image, group, cache, options.Workers, stop.Token);
            foreach (var result in results)
                if (result is { Proved: true, Verdict: { } verdict })
                    _verdicts[result.Theorem] = verdict;
            var failed = results.Where(result => !result.Proved).Select(result => result.Theorem).ToList();
            if (failed.Count > 0)
            {
                display.Line($"watch: NOT PROVED: {Some(failed)}{Time()}");
                Holds = false;
                draw(display);
                return;
            }

            if (results.Count < group.Count)
            {
                display.Line($"watch: {results.Count} of {group.Count} theorems proved before a new edit");
                return;
            }

            var ran = results.Count(result => !result.Cached);
            if (ran > 0)
                display.Line($"watch: {ran} theorems proved again, {results.Count - ran} cached{Time()}");
        }

        string Time() => edited is { } time ? $", {Since(time)} after the edit" : "";
    }

    private static string Since(DateTime time) => $"{(DateTime.UtcNow - time).TotalSeconds:F1} s";

    private static string Some(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MostNamed))
        + (names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "");

    /// <summary>A token that is cancelled by the next edit, or if the user ends the watch.</summary>
    private sealed class EditStop : IDisposable
    {
        private readonly CancellationTokenSource _source;
        private readonly Timer _timer;

        public EditStop(EditedKernel kernel, CancellationToken user)
        {
            _source = CancellationTokenSource.CreateLinkedTokenSource(user);
            _timer = new(_ => Look(kernel), null, Poll, Poll);
        }

        public CancellationToken Token => _source.Token;

        public void Dispose()
        {
            using var ended = new ManualResetEvent(false);
            if (_timer.Dispose(ended))
                ended.WaitOne();
            _source.Dispose();
        }

        private void Look(EditedKernel kernel)
        {
            try
            {
                if (kernel.IsEdited)
                    _source.Cancel();
            }
            catch (IOException)
            {
                // A folder is being replaced: that is an edit, too, and the next look sees it.
            }
        }
    }
}
