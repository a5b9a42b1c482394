using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Proofs.Prove;

/// <summary>A theorem about the kernel's spec or image, with statements about the rows of its state.</summary>
public abstract class KernelTheorem(string name, Limits limits) : Theorem(name, Of(limits))
{
    protected Limits Limits => limits;

    public override string Key => $"{Name} {limits.Tasks}x{limits.Lthreads}x{limits.Priorities}";

    private static List<Domain> Of(Limits limits) =>
        [
            .. KernelTables
                .All.Where(table => table != Table.Processor)
                .Select(table => new Domain(
                    table,
                    State<Symbolic>.Rows(table, limits),
                    Pairs: table == Table.Thread,
                    Special: table == Table.Thread ? State<Symbolic>.Nobody : null
                )
                {
                    // Names steer Z3's search: with other names spec.receive takes a tenth longer.
                    Variable = table == Table.Thread || table == Table.Priority ? table.Name.ToLowerInvariant() : null,
                }),
        ];
}
