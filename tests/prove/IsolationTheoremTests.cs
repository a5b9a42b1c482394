using Verified.Proofs.Prove;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>Theorems of isolation hold for the grants of the spec, and fail for smaller grants.</summary>
public sealed class IsolationTheoremTests
{
    private static readonly IsolationTheorem.Policy Granted = new(
        Isolation<Symbolic>.TakesPart,
        Isolation<Symbolic>.MayChange
    );

    [Fact]
    public void A_message_changes_and_depends_on_its_receiver_and_sender_alone()
    {
        Assert.Null(Refutation(Entry.Ipc, Stages.User, Granted));
        Assert.Null(Refutation(Entry.Accept, Stages.Accept, Granted));
    }

    [Fact]
    public void That_a_message_changes_its_sender_alone_is_refuted() =>
        Assert.Contains(
            "changes only where the step may change it",
            Refutation(
                Entry.Ipc,
                Stages.User,
                Granted with
                {
                    MayChange = (s, _, info, row) => info.Table == Table.Processor | row == s.Current,
                }
            )
        );

    [Fact]
    public void That_accepting_a_message_does_not_depend_on_its_sender_is_refuted() =>
        Assert.Contains(
            "depends on no registers of threads that take no part in the step",
            Refutation(Entry.Accept, Stages.Accept, Granted with { TakesPart = (s, _, row) => row == s.Current })
        );

    [Fact]
    public void That_an_operation_changes_no_derived_mappings_is_refuted() =>
        Assert.Contains(
            "NodeAt changes only where the step may change it",
            Refutation(
                Entry.Map,
                Stages.Map,
                Granted with
                {
                    MayChange = (s, entry, info, row) =>
                        info.Table == Table.Page
                            ? row
                                == s.EntryOf(s.TableOf(s.Mappings.Source, s.Mappings.SourcePage), s.Mappings.SourcePage)
                                | row
                                    == s.EntryOf(
                                        s.TableOf(s.Mappings.Target, s.Mappings.TargetPage),
                                        s.Mappings.TargetPage
                                    )
                            : Isolation<Symbolic>.MayChange(s, entry, info, row),
                }
            )
        );

    private static string? Refutation(Entry entry, uint stage, IsolationTheorem.Policy policy) =>
        new IsolationTheorem("isolation", Limits.Shipping, entry, stage, policy: policy).Prove().Refutation?.What;
}
