using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Tests.Models;

/// <summary>
/// The executable spec under test. A driver thread has the highest priority and an infinite slice. It gets the
/// processor back after every command, so the command alone decides which thread acts.
/// </summary>
/// <param name="s">A state at stage pick, with the driver among its threads.</param>
/// <param name="driver">The driver's row.</param>
/// <param name="damage">Changes the state after each step to make a wrong spec; null for the correct spec.</param>
public sealed class SpecSubject(State<Concrete> s, uint driver, Action<State<Concrete>, Entry>? damage = null)
{
    // A deletion looks at every row of a few tables; a command that takes longer does not end.
    private const int MostSteps = 100_000;

    private readonly Kernel<Concrete> _kernel = new(s);

    public State<Concrete> State => s;

    /// <summary>One entry, and the kernel's own steps to the next user or idle state.</summary>
    public void Enter(Entry entry, uint argument = 0, uint code = 0, InterruptBetweenSteps? between = null)
    {
        One(entry, argument, code);
        Settle(between);
    }

    public void Settle(InterruptBetweenSteps? between = null)
    {
        var steps = 0;
        foreach (var (own, argument) in Event.OwnSteps(s, between))
        {
            if (steps++ > MostSteps)
                throw new InvalidOperationException($"stage {Stages.Names[s.Stage.Value]} does not end");
            One(own, argument, 0);
        }
    }

    /// <summary>
    /// Gives the processor to a ready thread, by thread_switch of the driver. If the thread is inside the kernel, it
    /// finishes its work there; otherwise it becomes the current thread.
    /// </summary>
    public void Let(uint thread)
    {
        if (s.Current.Value != driver || s.Stage.Value != Stages.User)
            throw new InvalidOperationException($"thread {s.Current} has the processor in place of the driver");
        s.Esi[driver] = s.Id[thread];
        Enter(Entry.ThreadSwitch);
    }

    /// <summary>A thread's system call; afterwards the driver has the processor again.</summary>
    public void Call(uint thread, Entry entry, InterruptBetweenSteps? between = null)
    {
        var registers = Registers.Of(s, thread);
        if (thread != driver)
            Let(thread);
        if (s.Current.Value != thread)
            throw new InvalidOperationException($"thread {thread} does not get the processor");
        registers.Set(s, thread);
        Enter(entry, between: between);
        GiveBack();
    }

    /// <summary>A thread that a call leaves in user mode gives the processor back to the driver.</summary>
    public void GiveBack()
    {
        var (me, esi) = (s.Current.Value, s.Esi[s.Current].Value);
        if (me == driver || s.Stage.Value != Stages.User)
            return;
        s.Esi[me] = s.Id[driver];
        Enter(Entry.ThreadSwitch);
        s.Esi[me] = esi;
    }

    private void One(Entry entry, uint argument, uint code)
    {
        _kernel.Step(entry, argument, code);
        damage?.Invoke(s, entry);
    }
}
