using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>Which sets a thread is in: at most one ready set and one sender set.</summary>
/// <param name="Ready">Of a thread, the priority whose ready set it is in; the number of priorities when in none.</param>
/// <param name="Sender">Of a thread, the thread number whose sender set it is in; the number of threads when in none.</param>
public sealed record Membership<W>(Func<W, W> Ready, Func<W, W> Sender) where W : struct, IWord<W>
{
    /// <summary>As it must be at every cut point: who competes is in the set of its priority, who sends in that of its partner.</summary>
    public static Membership<W> Of(State<W> state) => new(
        thread => W.Select(state.Competes(thread), state.Priority[thread], state.Limits.Priorities),
        thread => W.Select(state.Status[thread] == ThreadStatus.Sending, state.Partner[thread], state.Limits.Threads));
}
