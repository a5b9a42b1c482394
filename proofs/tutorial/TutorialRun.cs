using Verified.Proofs.Paths;
using Verified.Proofs.Subjects;
using Verified.Spec.Tables;

namespace Verified.Proofs.Tutorial;

/// <summary>Proves, checks and diffs the tutorial's kernel, and then the same kernel with a planted bug.</summary>
public static class TutorialRun
{
    /// <summary>Events of a comparison.</summary>
    public const int Events = 20_000;

    /// <summary>The file of the program that shows the planted bug.</summary>
    public static readonly string TracePath = Path.Combine(".verified", "tutorial.json");

    private const int Seed = 1;

    private const string Kernel = "mailbox",
        Buggy = "mailbox-with-a-bug";

    /// <summary>
    /// The theorems about a subject: each step preserves the invariants, and the code of each way makes it.
    /// </summary>
    public static IReadOnlyList<Theorem> Theorems(Subject subject) =>
        [
            .. subject.Ways.Select(way => new PreservationTheorem(subject.Spec, way.Step)),
            .. subject.Ways.Select(way => new RefinementTheorem(subject, way)),
        ];

    /// <summary>
    /// The model: every state of the spec, if words are 0 or 1. A thread may put any word into EBX before a step. The
    /// steps use no other register but EAX.
    /// </summary>
    public static SpecSystem Model(Specification spec) =>
        new(
            spec,
            column =>
                column.Table == Table.Processor || column == MailboxSpec.Waits ? 2
                : column == MailboxSpec.Eax || column == MailboxSpec.Ebx ? 2
                : 0,
            free: [MailboxSpec.Ebx],
            MailboxSpec.Current
        );

    /// <summary>If the threads yield again and again, a thread that does not wait gets the processor.</summary>
    public static readonly SpecClaim Fair = new(
        "yield-is-fair",
        MailboxSpec.Thread,
        (s, thread) => s[MailboxSpec.Waits, thread].Value == 0 && s[MailboxSpec.Current].Value != thread,
        (_, step, _) => step == "yield"
    );

    /// <summary>Random events, before each of which the thread that runs has random registers.</summary>
    public static SubjectDifference? Diff(Subject subject, int events) =>
        SubjectDiff.Run(
            subject,
            events,
            Seed,
            MailboxSpec.Registers.ToDictionary(
                register => register,
                register =>
                    (Func<Random, uint>)(
                        random =>
                        {
                            var word = (uint)random.NextInt64(1L << 32);
                            return register == MailboxSpec.Eflags
                                ? word & ProtectedMode.UserFlags & ~Machine.Processor.Flag.Trap
                                    | ProtectedMode.FixedFlags
                                : word;
                        }
                    )
            )
        );

    /// <summary>Runs everything.</summary>
    /// <param name="line">Prints a line.</param>
    /// <returns>True if the kernel is right, and the planted bug is found by proof and by comparison.</returns>
    public static bool Run(Action<string> line)
    {
        var kernel = new MailboxKernel();
        line($"{Kernel}: a kernel of two threads and {kernel.Instructions} instructions");
        var holds = true;
        foreach (var result in Prover.Prove(Theorems(kernel), workers: 1, cache: null))
        {
            line($"prove {result.Theorem}: {Describe(result)}");
            holds &= result.Proved;
        }

        var model = Model(kernel.Spec).Of(Kernel).Check();
        line(
            $"check: {model.States} states, {model.Transitions} steps, "
                + (model.Violated is { } violated ? $"invariant {violated} is violated" : "every invariant holds")
        );
        holds &= model.Violated is null;
        var unfair = SpecFairness.Violated(kernel.Spec, Model(kernel.Spec), Fair);
        line($"liveness: {unfair ?? $"{Fair.Name} holds"}");
        holds &= unfair is null;
        var difference = Diff(kernel, Events);
        line(difference is null ? $"diff: {Events} events, no difference" : Describe(difference));
        return holds & difference is null & RunBug(line);
    }

    private static bool RunBug(Action<string> line)
    {
        var kernel = new MailboxKernel(yieldsToWaiters: true);
        line("the same kernel with a bug: the code of yield does not look whether the other thread waits");
        var way = kernel.Ways[0];
        var verdict = new RefinementTheorem(kernel, way).Prove();
        var difference = Diff(kernel, Events);
        if (verdict.Refutation is not { } refutation || difference is null)
        {
            line("the bug is not found");
            return false;
        }

        line($"prove code.{way.Step}: refuted: {refutation.What}");
        line($"  in the state: {SubjectDiff.Describe(kernel, refutation)}");
        var replayed = SubjectDiff.Replay(kernel, way, refutation);
        line($"  on the machine: {replayed ?? "it does not reproduce: a defect of the prover"}");
        line(Describe(difference));
        var smallest = difference.Smallest(kernel);
        line($"  the shortest program found: {string.Join("; ", smallest.Program)}");
        Save(kernel, smallest);
        line($"  verified replay {TracePath} runs it again");
        return replayed is not null;
    }

    /// <summary>Runs a program that <see cref="Run"/> has saved.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="line">Prints a line.</param>
    /// <returns>True if spec and code agree; null if the file belongs to no kernel of the tutorial.</returns>
    public static bool? Replay(string text, Action<string> line)
    {
        var name = SubjectTrace.KernelOf(text);
        if (name is not (Kernel or Buggy))
            return null;
        var program = SubjectTrace.Read(text);
        var difference = SubjectDiff.Replay(new MailboxKernel(yieldsToWaiters: name == Buggy), program);
        line($"replay: {name}: {string.Join("; ", program)}");
        line(difference is null ? "spec and code agree" : Describe(difference));
        return difference is null;
    }

    private static void Save(Subject kernel, SubjectDifference difference)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(TracePath)!);
        File.WriteAllText(TracePath, SubjectTrace.Write(Buggy, kernel, difference));
    }

    private static string Describe(SubjectDifference difference) =>
        $"diff: event {difference.Program.Count}: {difference.Program[^1].Step}: {difference.What}";

    private static string Describe(ProofResult result) =>
        result.Verdict is not { } verdict ? $"no answer: {result.Failure}"
        : verdict.Refutation is { } refutation ? $"refuted: {refutation.What}"
        : $"proved, {verdict.Paths} paths, {verdict.Questions} questions";
}
