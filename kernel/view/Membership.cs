using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>Which sets a thread is in: at most one ready set, one sender set and one set of timers.</summary>
/// <param name="Ready">
/// Of a thread, the priority whose ready set it is in; the number of priorities when in none.
/// </param>
/// <param name="Sender">
/// Of a thread, the thread number whose sender set it is in; the number of threads when in none.
/// </param>
/// <param name="Timer">Of a thread, the slot of the clock whose set it is in; the number of slots when in none.</param>
public sealed record Membership<W>(Func<W, W> Ready, Func<W, W> Sender, Func<W, W> Timer)
    where W : struct, IWord<W>
{
    /// <summary>
    /// As it must be at every cut point: who competes is in the set of its priority, who sends in that of its partner,
    /// who waits with a deadline in that of its slot.
    /// </summary>
    public static Membership<W> Of(State<W> state) =>
        new(
            thread => W.Select(state.Competes(thread), state.Priority[thread], state.Limits.Priorities),
            thread =>
                W.Select(state.Status[thread] == ThreadStatus.Sending, state.Partner[thread], state.Limits.Threads),
            thread =>
                W.Select(state.Timed[thread] == 1, state.Deadline[thread] & (Limits.ClockSlots - 1), Limits.ClockSlots)
        );
}
