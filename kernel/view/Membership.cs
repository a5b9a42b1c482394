using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>The sets that contain a thread: at most one ready set, one sender set and one timer set.</summary>
/// <param name="Ready">
/// For each thread, the priority whose ready set contains it; the number of priorities if none does.
/// </param>
/// <param name="Sender">
/// For each thread, the thread whose sender set contains it; the number of threads if none does.
/// </param>
/// <param name="Timer">For each thread, the clock slot whose set contains it; the number of slots if none does.</param>
public sealed record Membership<W>(Func<W, W> Ready, Func<W, W> Sender, Func<W, W> Timer)
    where W : struct, IWord<W>
{
    /// <summary>
    /// The membership required at every cut point. A competing thread is in the set of its priority. A sender is in the
    /// set of its partner. A thread that waits with a deadline is in the set of its clock slot.
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
