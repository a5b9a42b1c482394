using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// An interrupt goes straight to its handler, if the handler waits for it, has time, and is above all other threads
/// that are ready. The kernel makes three steps: the interrupt, leave and pick. Then the handler is in user mode.
/// </summary>
/// <param name="name">The theorem's name.</param>
/// <param name="limits">Sizes of the tables.</param>
/// <param name="stage">The stage in which the interrupt comes.</param>
/// <param name="isBelow">
/// Whether the priority of another ready thread, the first argument, is below the handler's; null for the usual order.
/// </param>
public sealed class DeliveryTheorem(
    string name,
    Limits limits,
    uint stage,
    Func<Symbolic, Symbolic, Truth>? isBelow = null
) : KernelTheorem(name, limits)
{
    public override bool IsKept => isBelow is null;

    protected override void Assume(ProofContext proof)
    {
        var (before, id) = (
            new State<Symbolic>(Limits, Tables(proof, stage, running: false)),
            proof.Register("argument")
        );
        StepCase.Assume(proof.Instances, before, Entry.Interrupt, null);
        proof.Instances.ForAll(Table.Processor, Table.Processor, (_, _) => IsAwaited(before, id));
        proof.Instances.ForAll(Table.Thread, Table.Processor, (thread, _) =>
        {
            var handler = before.Handler[id];
            var competes = before.IsReady(thread) & (before.HasTime(thread) | thread == before.Current);
            return thread == handler
                | !competes
                | (
                    isBelow?.Invoke(before.Priority[thread], before.Priority[handler])
                    ?? before.Priority[thread] < before.Priority[handler]
                );
        });
    }

    protected override void Run(ProofContext proof)
    {
        var (path, id) = (proof.Path, proof.Register("argument"));
        var state = new State<Symbolic>(Limits, Tables(proof, stage, running: true));
        var handler = state.Handler[id];
        proof.Instances.Touch(Table.Interrupt, id);
        proof.Instances.Touch(Table.Thread, handler);
        var kernel = new Kernel<Symbolic>(state);
        kernel.Step(Entry.Interrupt, id);
        foreach (var (next, own) in ((uint, Entry)[])[(Stages.Leave, Entry.Leave), (Stages.Pick, Entry.Pick)])
        {
            path.Require(
                state.Stage == next,
                $"an interrupt for a handler above all others continues in stage {Stages.Names[next]}"
            );
            kernel.Step(own);
        }

        path.IsTaken();
        path.Require(
            state.Stage == Stages.User & state.Current == handler,
            "a handler above all others is in user mode after a choice"
        );
    }

    private static Truth IsAwaited(State<Symbolic> s, Symbolic id)
    {
        var handler = s.Handler[id];
        return Interrupts.IsUsers(id)
            & handler != State<Symbolic>.Nobody
            & s.WaitsForInterrupt(handler, id)
            & s.HasTime(handler);
    }
}
