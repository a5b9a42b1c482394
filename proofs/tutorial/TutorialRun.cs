using Verified.Proofs.Prove;
using Verified.Proofs.Subjects;
using Verified.Spec.Values;

namespace Verified.Proofs.Tutorial;

/// <summary>Proves, checks and diffs the tutorial's kernel, and then the same kernel with a planted bug.</summary>
public static class TutorialRun
{
    /// <summary>Events of a comparison.</summary>
    public const int Events = 20_000;

    private const int Seed = 1;

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

    /// <summary>Random events, before each of which the thread that runs has random registers.</summary>
    public static (int Event, string What)? Diff(Subject subject, int events) =>
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
        line($"mailbox: a kernel of two threads and {kernel.Instructions} instructions");
        var holds = true;
        foreach (var result in Prover.Prove(Theorems(kernel), workers: 1, cache: null))
        {
            line($"prove {result.Theorem}: {Describe(result)}");
            holds &= result.Proved;
        }

        var model = Model(kernel.Spec).Of("mailbox").Check();
        line(
            $"check: {model.States} states, {model.Transitions} steps, "
                + (model.Violated is { } violated ? $"invariant {violated} is violated" : "every invariant holds")
        );
        holds &= model.Violated is null;
        var difference = Diff(kernel, Events);
        line(
            difference is var (number, what) ? $"diff: event {number}: {what}" : $"diff: {Events} events, no difference"
        );
        return holds & difference is null & RunBug(line);
    }

    private static bool RunBug(Action<string> line)
    {
        var kernel = new MailboxKernel(yieldsToWaiters: true);
        line("the same kernel with a bug: the code of yield does not look whether the other thread waits");
        var way = kernel.Ways[0];
        var verdict = new RefinementTheorem(kernel, way).Prove();
        var difference = Diff(kernel, Events);
        if (verdict.Refutation is not { } refutation || difference is not var (number, what))
        {
            line("the bug is not found");
            return false;
        }

        line($"prove code.{way.Step}: refuted: {refutation.What}");
        line($"  in the state: {SubjectDiff.Describe(kernel, refutation)}");
        var replayed = SubjectDiff.Replay(kernel, way, refutation);
        line($"  on the machine: {replayed ?? "it does not reproduce: a defect of the prover"}");
        line($"diff: event {number}: {what}");
        return replayed is not null;
    }

    private static string Describe(ProofResult result) =>
        result.Verdict is not { } verdict ? $"no answer: {result.Failure}"
        : verdict.Refutation is { } refutation ? $"refuted: {refutation.What}"
        : $"proved, {verdict.Paths} paths, {verdict.Questions} questions";
}
