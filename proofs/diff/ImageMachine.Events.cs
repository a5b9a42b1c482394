using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;
using Cpu = Verified.Machine.Processor.Register;
using Registers = Verified.Proofs.Events.Registers;

namespace Verified.Proofs.Diff;

/// <summary>
/// Events reach the processor as they arise on a PC: by an instruction, at a gate, or at a line of the controllers.
/// </summary>
public sealed partial class ImageMachine
{
    /// <summary>
    /// Runs an event as it arises on a PC, and then the kernel to the next user instruction or HLT; null, or the error.
    /// Either user code executes its instruction, or a line is raised at the controllers.
    /// </summary>
    /// <param name="e">The spec's event.</param>
    /// <param name="loaded">A segment register that user code has loaded.</param>
    /// <param name="arising">The effect of its instruction; null for a tick or an interrupt.</param>
    /// <param name="arrivals">The arrival times of its <see cref="Event.Between"/>.</param>
    /// <param name="steps">
    /// At least the number of steps that the spec makes for it, including the kernel's own steps.
    /// </param>
    internal Failure? Perform(
        Event e,
        LoadedSegment? loaded,
        Arising? arising,
        IReadOnlyList<Arrival> arrivals,
        int steps
    )
    {
        var budget = steps * (long)InstructionsPerStep;
        try
        {
            if (arising is not { } instruction)
            {
                if (e.Registers is { } registers && Stage == Stages.User)
                    Set(registers, loaded);
                if (!Request(e.Entry == Entry.Tick ? 0 : (int)e.Argument - 1))
                    return NoInterrupt;
            }
            else
            {
                Set(instruction.Start, loaded);
                if (e.Injected)
                    EnterGate(e);
                else
                    Pc.StepOnce();
                if (instruction.Event is null)
                    return _cpu.Cpl == 3 && !_cpu.Halted
                        ? null
                        : new("a user instruction that raises nothing enters the kernel", Here);
                if (_cpu.Cpl == 3)
                    return new("the event does not enter the kernel", $"user code continues at {_cpu.Eip.Value:X8}h");
            }
        }
        catch (Exception stopped) when (IsMachineStop(stopped))
        {
            return Of(stopped);
        }

        return RunInterrupted(arrivals, budget);
    }

    /// <summary>
    /// Enters the kernel through an event's gate without an instruction, and runs it to the next user instruction or
    /// HLT; null, or the error. This is for measurements of the kernel alone.
    /// </summary>
    /// <inheritdoc cref="Perform"/>
    public Failure? Deliver(Event e, int steps = 10_000)
    {
        if (e.Registers is { } registers && Stage == Stages.User)
            Set(registers, e.Loaded);
        try
        {
            if (e.Entry is Entry.Tick or Entry.Interrupt)
            {
                if (!Request(e.Entry == Entry.Tick ? 0 : (int)e.Argument - 1))
                    return NoInterrupt;
            }
            else
                EnterGate(e);
        }
        catch (Exception stopped) when (IsMachineStop(stopped))
        {
            return Of(stopped);
        }

        return Run(steps * (long)InstructionsPerStep);
    }

    private Failure NoInterrupt => new("the processor does not take the interrupt that is raised", Here);

    private string Here => $"the processor is at {Image.Name(_cpu.Eip.Value)}";

    private Failure Of(Exception stopped) =>
        new(
            stopped switch
            {
                ShutdownException => "a triple fault resets the processor",
                UnimplementedInstruction => "the kernel executes an instruction that it should not have",
                _ => "the machine cannot go on",
            },
            $"{Here}: {stopped.Message}"
        )
        {
            IsAtInstruction = true,
        };

    private void EnterGate(Event e)
    {
        if (WaysIn.Call(e.Entry) is { } call)
            _cpu.SoftwareInterrupt((int)call.Vector);
        else if (e.Entry == Entry.Exception && FaultMessage.IsTrap((Concrete)e.Argument).Known)
            _cpu.Exception(new Fault((int)e.Argument));
        else
            _cpu.FaultOfInstruction(
                e.Entry switch
                {
                    Entry.PageFault => Fault.Page(
                        e.Code,
                        e.Argument + (InSmallSpace ? _cpu.S[SegmentRegister.Ss].Base : 0)
                    ),
                    Entry.Outgrow => new Fault((int)e.Argument, e.Code),
                    Entry.Protection => new Fault((int)FaultMessage.Protection, e.Code),
                    Entry.Trap => new Fault((int)FaultMessage.Protection, FaultMessage.TrapCode),
                    Entry.Exception => new Fault(
                        (int)e.Argument,
                        WaysIn.Of(e.Argument) is { PushesErrorCode: true } ? e.Code : null
                    ),
                    _ => throw new ArgumentException($"{e.Entry} does not come from outside", nameof(e)),
                }
            );
    }

    // Interrupts that are raised while the kernel works: between two steps on mappings, when interrupts are on, or when
    // the kernel has finished.
    private Failure? RunInterrupted(IReadOnlyList<Arrival> arrivals, long budget)
    {
        var made = -1L;
        foreach (var arrival in arrivals)
        {
            var line = arrival.Between.Line;
            if (arrival.Between.Steps == 0)
                Pc.Drive(line, true);
            try
            {
                if (arrival.Kind == ArrivalKind.InWindow)
                {
                    if (ToWindow(ref made, arrival.Window, budget) is { } failure)
                        return failure;
                }
                else
                {
                    // If the kernel was idle, it is idle with interrupts on before it halts again.
                    var taken = Pc.InterruptsTaken;
                    if (Run(budget) is { } failure)
                        return failure;
                    if (
                        arrival.Kind == ArrivalKind.AtEnd
                        && Pc.InterruptsTaken == taken + 1
                        && IsIdleAt(Pc.InterruptedAt)
                    )
                        continue;
                }

                if (arrival.Kind == ArrivalKind.Masked)
                    return Pc.TakeRequested() ? new($"line {line} interrupts, although it is masked", Here) : null;
                Arriving?.Invoke();
                if (!(IsMasked(line) ? Request(line) : RequestAgain(line)))
                    return arrival.Kind == ArrivalKind.InWindow
                        ? new("the kernel takes no interrupt between two steps on mappings", Here)
                        : NoInterrupt;
            }
            finally
            {
                Pc.Drive(line, false);
            }
        }

        return Run(budget);
    }

    // Runs to the point after a number of steps on mappings at which interrupts are on. An interrupt that is taken
    // there returns to this point.
    private Failure? ToWindow(ref long made, uint window, long budget)
    {
        for (; made < window; made++)
        {
            if (Run(budget, _pause) is { } failure)
                return failure;
            if (!IsInWindow)
                return new("the kernel makes fewer steps on mappings than the spec", $"it makes {made + 1}");
        }

        made = window - 1L;
        return null;
    }

    private bool IsMasked(int line) => (Pc.Interrupts.Masks >> line & 1) != 0;

    // A line that is high already, or rises now.
    private bool RequestAgain(int line)
    {
        Pc.Drive(line, true);
        return Pc.TakeRequested();
    }

    /// <summary>
    /// Raises a line until it is acknowledged; true if the processor takes the interrupt. A masked interrupt comes as a
    /// spurious interrupt: another line of the same controller rises, and falls too early.
    /// </summary>
    private bool Request(int line)
    {
        if (IsMasked(line))
        {
            var first = line & ~7;
            var other = Enumerable
                .Range(first, 8)
                .Where(candidate => candidate != Interrupts.Cascade && !IsMasked(candidate))
                .Append(-1)
                .First();
            if (other < 0)
                return false;
            Pc.Glitch(other);
            return Pc.TakeRequested();
        }

        Pc.Drive(line, true);
        var isTaken = Pc.TakeRequested();
        Pc.Drive(line, false);
        return isTaken;
    }

    private void Set(in Registers r, LoadedSegment? loaded)
    {
        _cpu.R[Cpu.Eax] = r.Eax;
        _cpu.R[Cpu.Ecx] = r.Ecx;
        _cpu.R[Cpu.Edx] = r.Edx;
        _cpu.R[Cpu.Ebx] = r.Ebx;
        _cpu.R[Cpu.Esp] = r.Esp;
        _cpu.R[Cpu.Ebp] = r.Ebp;
        _cpu.R[Cpu.Esi] = r.Esi;
        _cpu.R[Cpu.Edi] = r.Edi;
        _cpu.Eip = r.Eip;
        _cpu.Eflags = r.Eflags;

        // In a small space the flat segment cannot be loaded.
        if (loaded is var (register, selector) && !((selector & ~3u) == (Layout.FlatData & ~3u) && InSmallSpace))
            _cpu.S[register] = SegmentOf(selector);
    }
}
