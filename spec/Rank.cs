using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Why the kernel's own steps come to an end, and a user or the idle processor always follows. A wake step looks at a thread further on
/// or leaves its stage, to which no own step returns. After that, the rank of a state is the sum over its threads. A pick step keeps it and
/// leaves to no own stage but receive; a receive step lowers it, or keeps it and leaves to accept; an accept step lowers it by two; a leave
/// step keeps it and leaves to no own stage but pick. So at most 7 steps per thread, and three.
/// </summary>
public static class Rank<W> where W : struct, IWord<W>
{
    /// <summary>
    /// What a thread adds: a sender's message may be taken, which may leave the sender to take one itself; a resuming thread ends its
    /// receive phase.
    /// </summary>
    public static W Of(State<W> s, W thread) =>
        W.Select(s.Status[thread] == ThreadStatus.Sending, 2, W.Select(s.Status[thread] == ThreadStatus.Resuming, 1, 0));
}
