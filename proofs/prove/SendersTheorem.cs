using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Proofs.Prove;

/// <summary>
/// Shows the conclusion that code may draw from the summary of a thread's senders without an operation: it is 0 exactly
/// if the set is empty. This is about the representation alone, so it is true for every image of the layout.
/// </summary>
public sealed class SendersTheorem(BootedImage image) : SetTheorem("image.sets.senders", image)
{
    protected override void Run(ProofContext proof)
    {
        var members = InitialMembers(proof);
        var before = new View<Symbolic>(Layout, Machine(proof, Memory(proof, null, null)));
        var (receiver, thread) = (proof.Any(Table.Thread, false), proof.Any(Table.Thread, true));
        TouchFirst(proof, before, Layout.Threads, Layout.Senders, receiver);
        var summary = before.Thread(receiver, Layout.Senders);

        var place = Symbolic.LowestBit(summary) & (Layout.Words - 1);
        var word = before.Get(Layout.SenderSets, receiver * Layout.Words | place, Layout.SendersWord);
        var first = (place << 5 | Symbolic.LowestBit(word) & 31) & (Limits.Threads - 1);
        proof.Path.IsTaken();
        proof.Path.Require(
            summary == 0 | members.Sender(first) == receiver,
            "a summary that is not 0 names a thread in the set"
        );
        proof.Path.Require(
            members.Sender(thread) != receiver | summary != 0,
            "a thread in the set shows in the summary"
        );
    }
}
