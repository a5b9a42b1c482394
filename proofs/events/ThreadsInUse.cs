using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>The rows of threads that a check has to look at; all others are blank and stay so.</summary>
public static class ThreadsInUse
{
    /// <summary>
    /// Returns nobody's row, the rows of threads that are not inactive, and the row of the thread that an unfinished
    /// task_new will start.
    /// </summary>
    public static uint[] Of(State<Concrete> s)
    {
        var starting =
            s.Mappings.Operation.Value == Operations.Delete ? s.Mappings.Target.Value * s.Limits.Lthreads : 0;
        return
        [
            State<Concrete>.Nobody,
            .. Enumerable
                .Range(1, (int)s.Limits.Threads - 1)
                .Select(row => (uint)row)
                .Where(row => s.Status[row].Value != ThreadStatus.Inactive || row == starting),
        ];
    }
}
