using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>The search for the first step of an event after which image and spec differ.</summary>
public sealed partial class Duel
{
    private StepSearch? _search;

    /// <summary>
    /// Runs an event as usual, and also compares both sides at each cut point on the way. Returns the first step that
    /// differs. Null means that nothing was found: image and spec agree, or the difference is not one of a single step.
    /// </summary>
    /// <param name="run">Runs the event, and returns the difference after it.</param>
    public SpecStep? FirstDifferent(Func<Difference?> run)
    {
        var search = new StepSearch(this);
        (_search, _machine.Pc.Trace, _machine.Arriving) = (search, search.Before, search.Arrive);
        try
        {
            return run() is { } difference ? search.Found ?? search.AtEnd(difference) : search.Found;
        }
        finally
        {
            (_search, _machine.Pc.Trace, _machine.Arriving) = (null, null, null);
        }
    }

    /// <summary>
    /// The spec makes its steps while the machine runs: the next one when the machine has come to a cut point. There,
    /// the duel compares all writes since the last cut point. The way into the kernel is the first step.
    /// </summary>
    private sealed class StepSearch(Duel duel)
    {
        // The slow path of ipc is within a step. At HLT, the comparison after the event follows.
        private readonly Dictionary<uint, CodePoint> _points = CodePoints
            .All.Where(point =>
                point != CodePoints.Slow && point != CodePoints.Idle && duel.Image.Symbols.ContainsKey(point.Symbol)
            )
            .ToDictionary(point => duel.Image.Symbols[point.Symbol]);

        private IEnumerator<(Entry Entry, uint Argument)>? _own;
        private (string Name, long Number, long Start, string? Method) _step,
            _former;
        private long _executed,
            _taken;
        private uint _before;
        private bool _isEntered,
            _hasArrived,
            _isIpc;

        public SpecStep? Found { get; private set; }

        /// <summary>
        /// The heir at the last cut point. Which thread is the heir decides whether it is in a ready set.
        /// </summary>
        public uint Heir { get; private set; }

        private State<Concrete> State => duel.State;

        /// <summary>
        /// Begins with an event whose steps the spec has made already; null if there are only own steps.
        /// </summary>
        public void Begin(Event? e)
        {
            duel._tables.Undo();
            (_before, _taken, _hasArrived) = (State.Current.Value, duel._machine.Pc.InterruptsTaken, false);
            Heir = State.Heir.Value;
            _isEntered = e?.Entry is not (Entry.Tick or Entry.Interrupt);
            _isIpc = e?.Entry == Entry.Ipc;
            _own = Event.OwnSteps(State, e?.Between).GetEnumerator();
            _former = default;

            // Own steps alone begin at a cut point, where the first comparison takes place.
            if (e is null)
            {
                _step = ("start", 0, _executed, null);
                return;
            }

            _step = (SpecStep.NameOf(State, e.Entry), 1, _executed, SpecSource.MethodOf(State, e.Entry));
            e.Apply(duel._kernel, State);
        }

        /// <summary>Makes the spec's other steps.</summary>
        public void Finish()
        {
            while (_own?.MoveNext() == true)
                duel._kernel.Step(_own.Current.Entry, _own.Current.Argument);
        }

        /// <summary>The step of a difference that showed after the event; null if there was no event.</summary>
        public SpecStep? AtEnd(Difference difference)
        {
            if (_own is null)
                return null;

            // The processor did not take an interrupt, so the step before it is the last one.
            var step = _step.Start == _executed && _former.Number > 0 ? _former : _step;
            return new(step.Name, step.Number, step.Start, _executed, difference) { SpecMethod = step.Method };
        }

        /// <summary>Called before each instruction.</summary>
        public void Before(Pc pc)
        {
            if (Found is null && _own is not null)
                Look(pc);
            _executed++;
        }

        /// <summary>Called before an interrupt comes where the spec has one.</summary>
        public void Arrive()
        {
            if (Found is not null || _own is null)
                return;
            _hasArrived = true;
            Cut(duel._machine.IsInWindow ? Stages.Map : duel._machine.Stage, comes: true);
        }

        private void Look(Pc pc)
        {
            if (pc.InterruptsTaken == _taken)
            {
                if (pc.Cpu.Cpl == 0 && _points.TryGetValue(pc.Cpu.Eip.Value, out var point))
                    Cut(point.Stage, comes: false);
                return;
            }

            _taken = pc.InterruptsTaken;
            if (!_isEntered)
                _isEntered = true;
            else if (_hasArrived)
                _hasArrived = false;
            else if (State.Stage.Value == Stages.Idle && duel._machine.IsIdleAt(pc.InterruptedAt))
                Cut(Stages.Idle, comes: true);
            else
                Differs(
                    new(
                        $"the processor takes an interrupt at {duel.Image.Name(pc.InterruptedAt)}",
                        "no interrupt comes there: interrupts are off within a step",
                        "interrupts are on"
                    )
                    {
                        IfUnwritten = Reason.Interrupted,
                    }
                );
        }

        private void Cut(uint stage, bool comes)
        {
            // The fast path of ipc passes cut points of the spec.
            while (_isIpc && _step.Number == 1 && IsOwn && State.Stage.Value != stage && _own!.MoveNext())
                duel._kernel.Step(_own.Current.Entry, _own.Current.Argument);
            if (State.Stage.Value != stage)
                Differs(
                    new(
                        "the kernel continues at another place",
                        SpecStep.PlaceOf(State.Stage.Value),
                        SpecStep.PlaceOf(stage)
                    )
                );
            else if (duel.CompareAt(stage, _before) is { } difference)
                Differs(difference);
            if (Found is not null)
                return;
            duel._tables.Commit();
            duel._machine.Pc.Mark();
            (_before, Heir) = (State.Current.Value, State.Heir.Value);
            if (comes || IsOwn)
                Next();
            else
                Begin(SpecStep.Exit, null);
        }

        private bool IsOwn => Kernel<Concrete>.OwnStep(State.Stage.Value) is not null;

        private void Next()
        {
            if (!_own!.MoveNext())
                return;
            var (entry, argument) = _own.Current;
            Begin(SpecStep.NameOf(State, entry), SpecSource.MethodOf(State, entry));
            duel._kernel.Step(entry, argument);
        }

        private void Begin(string name, string? method)
        {
            _former = _step;
            _step = (name, _step.Number + 1, _executed, method);
        }

        private void Differs(Difference difference) =>
            Found = new(_step.Name, _step.Number, _step.Start, _executed, difference) { SpecMethod = _step.Method };
    }

    private KernelImage Image => _machine.Image;

    // Compares at a cut point, which the machine has not passed yet.
    private Difference? CompareAt(uint stage, uint before)
    {
        _machine.ReachedStage = stage;
        try
        {
            return Compare(before);
        }
        finally
        {
            _machine.ReachedStage = Stages.User;
        }
    }
}
