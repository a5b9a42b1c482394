using Iced.Intel;
using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Page;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Values;
using Decoder = Iced.Intel.Decoder;

namespace Verified.Proofs.Commands;

/// <summary>Shows the solver's case itself: what spec and image compute in it, and the path of the image.</summary>
internal static class SolverCase
{
    private const int MostSides = 8,
        MostCells = 12,
        LongestInstruction = 15;

    /// <summary>The case as a finding. The page draws it although it is not known that the state can occur.</summary>
    public static Finding Finding(
        KernelImage image,
        string theorem,
        Refutation refutation,
        Counterexample.Outcome outcome
    )
    {
        var trace = outcome.Trace with
        {
            Origin = new("prove")
            {
                For =
                    $"{theorem} is refuted: {refutation.What}; the solver's state, which is not known to be reachable "
                    + "and does not reproduce the failure",
            },
        };
        List<string> details =
        [
            .. Sides(trace.Start.ToState(), refutation),
            $"This state is the solver's. It is not known to be reachable: {outcome.Defect}.",
        ];
        return new(
            refutation.What,
            details,
            Drawable(trace),
            refutation.Trail.Count == 0 ? null : Path(image, refutation.Trail)
        );
    }

    /// <summary>Prints the values of spec and image, the last instruction and the jumps before it.</summary>
    public static void Tell(Display display, Finding finding)
    {
        Report.Lines(display, finding.Details.Take(finding.Details.Count - 1), "    ");
        if (finding.Explained is { } explained)
            Report.Instruction(display, explained, finding, display.Options.Path);
    }

    /// <summary>A counterexample that is not a whole step: its values and, for a piece of code, its path.</summary>
    public static void Piece(Display display, KernelImage image, Refutation refutation)
    {
        display.Line("  values at its start:");
        Report.Lines(display, refutation.Registers.Select(register => $"{register.Key} = {register.Value:X}h"), "    ");
        Report.Lines(
            display,
            refutation
                .Fields.Where(field => field.Value != 0)
                .Select(field => $"{field.Column}[{field.Row}] = {field.Value:X}h"),
            "    "
        );
        if (refutation.Trail.Count == 0)
            return;
        var most = refutation.Trail.Count > Explanation.Most ? $", the last {Explanation.Most} of them" : "";
        display.Line($"  its path, {refutation.Trail.Count:N0} instructions{most}:");
        foreach (var step in Path(image, refutation.Trail).Last)
            display.Line($"    {step.Address:X8}  {step.Place, -20}  {step.Text, -40}  {step.Source}".TrimEnd());
    }

    /// <summary>The values that differ, in the words of the kernel; without any, the values of the state.</summary>
    private static IEnumerable<string> Sides(State<Concrete> state, Refutation refutation)
    {
        if (refutation.Sides.Count == 0)
        {
            yield return "in the solver's state:";
            foreach (var cell in Snapshot.Of(state).Cells.Take(MostCells))
                yield return $"  {cell.Column} of {Row(state, cell.Column, cell.Row)}: "
                    + Glossary.Value(state, cell.Column, cell.Value);
            yield break;
        }

        yield return "in the solver's state, after the step:";
        foreach (
            var side in refutation
                .Sides.OrderByDescending(side => refutation.What.StartsWith($"{side.Name} ", StringComparison.Ordinal))
                .Take(MostSides)
        )
        {
            var row = Glossary.Row(state, side.Table, side.Row);
            yield return $"  {side.Name}{(row.Length > 0 ? $" of {row}" : "")}";
            yield return $"    spec   {Value(state, side.Name, side.Wanted)}";
            yield return $"    image  {Value(state, side.Name, side.Found)}";
        }

        if (refutation.Sides.Count > MostSides)
            yield return $"  and {refutation.Sides.Count - MostSides} more";
    }

    private static string Row(State<Concrete> state, string column, uint row) =>
        Glossary.Row(state, column, row) is { Length: > 0 } name ? name : "the processor";

    private static string Value(State<Concrete> state, string name, uint value) =>
        name switch
        {
            ImageTheorem.ReadySet => value == state.Limits.Priorities ? "none" : $"priority {value}",
            ImageTheorem.SenderSet => value == state.Limits.Threads ? "none" : $"thread {Words.Thread(state, value)}",
            ImageTheorem.TimerSet => value == Limits.ClockSlots ? "none" : $"slot {value} of the clock",
            _ => Glossary.Value(state, name, value),
        };

    /// <summary>The path of the image, as far as the proof ran it. A set operation is its first instruction.</summary>
    private static Explained Path(KernelImage image, IReadOnlyList<uint> trail)
    {
        List<uint> last = [.. trail.TakeLast(Explanation.Most)];
        return new(
            [
                .. last.Select(
                    (address, i) =>
                    {
                        var instruction = Decode(image, address);
                        return new Executed(
                            address,
                            image.Name(address),
                            instruction.ToString(),
                            i == last.Count - 1,
                            image.SourceLines.GetValueOrDefault(address),
                            instruction.FlowControl == FlowControl.ConditionalBranch && i + 1 < last.Count
                                ? last[i + 1] != instruction.NextIP32
                                : null
                        );
                    }
                ),
            ],
            trail.Count,
            Reason.NoPlace
        );
    }

    private static Instruction Decode(KernelImage image, uint address)
    {
        var text = image.Text;
        var start = (int)(address - text.Linear);
        return Decoder
            .Create(32, text.Bytes[start..Math.Min(start + LongestInstruction, text.Bytes.Length)].ToArray(), address)
            .Decode();
    }

    // An impossible state may have a status without a name, or links from which the spec can make no step. Such values
    // are left out of the drawing, and if that is not enough, the step is, too.
    private static Trace Drawable(Trace trace)
    {
        if (IsDrawn(trace))
            return trace;
        var named = trace with
        {
            Start = trace.Start with
            {
                Cells =
                [
                    .. trace.Start.Cells.Where(cell =>
                        cell.Column != nameof(State<Concrete>.Status) || cell.Value < ThreadStatus.Names.Length
                    ),
                ],
            },
        };
        return IsDrawn(named) ? named : named with { Events = [] };
    }

    private static bool IsDrawn(Trace trace)
    {
        try
        {
            PageData.Of("", true, [], trace);
            return true;
        }
        catch (Exception e) when (e is IndexOutOfRangeException or InvalidOperationException or KeyNotFoundException)
        {
            return false;
        }
    }
}
