using Verified.Kernel;
using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// A theorem about the code of a booted image. Nothing is known about its processor and memory, except for the
/// constants after boot.
/// </summary>
public abstract class CodeTheorem(string name, BootedImage image) : KernelTheorem(name, image.Layout.Limits)
{
    protected BootedImage Image => image;

    protected Layout Layout { get; } = image.Layout;

    public override uint? Constant(uint address) => image.Constant(address);

    /// <summary>The kernel's tables.</summary>
    /// <param name="proof">The proof.</param>
    /// <param name="touch">Called with each row that the code reads or writes; null before it runs.</param>
    /// <param name="senders">The summary of a thread's senders if the sets are not bitmaps; null if they are.</param>
    /// <param name="instruction">
    /// The user's instruction that the code may read (<see cref="KernelMemory.Instruction"/>).
    /// </param>
    protected KernelMemory Memory(
        ProofContext proof,
        Action<Area, Field, Symbolic>? touch,
        Func<Symbolic, Symbolic>? senders,
        (Symbolic At, Symbolic Bytes, Symbolic Length)? instruction = null
    ) =>
        new(
            Layout,
            proof.Terms,
            proof.Path,
            (area, field, row) => proof.Initial($"{area.Name}.{field.Name}", (int)field.Bits, row),
            address => Recorded(proof, address),
            touch ?? ((_, _, _) => { }),
            proof.Initial($"{Layout.Masked.Name}.{Layout.MaskedLines.Name}", (int)Layout.MaskedLines.Bits, 0),
            senders
        )
        {
            Instruction = instruction,
        };

    /// <inheritdoc cref="SymbolicMachine(BootedImage, ProofContext, KernelMemory, CutPoint)"/>
    protected SymbolicMachine Machine(ProofContext proof, KernelMemory memory, CutPoint start) =>
        new(image with { Constant = address => Recorded(proof, address) }, proof, memory, start);

    /// <summary>The state before the run, as the view of a machine.</summary>
    protected State<Symbolic> Before(ProofContext proof, View<Symbolic> view) =>
        new(Limits, new SymbolicTables(view.Column, proof.Terms, null, Limits.Priorities));

    private uint? Recorded(ProofContext proof, uint address)
    {
        proof.Constants.Add(address);
        return image.Constant(address);
    }

    private readonly Lazy<Dictionary<uint, uint>> _empty = new(() =>
    {
        Dictionary<uint, uint> dwords = [];
        Encode.Memory(image.Layout, Boot.Initial(image.Layout.Limits, []), (linear, value) => dwords[linear] = value);
        return dwords;
    });

    private protected override uint? Blank(string column, uint row)
    {
        if (column.Split('.') is not [var areaName, var fieldName])
            return base.Blank(column, row);
        var area = Layout.Areas.First(area => area.Name == areaName);
        var field = area.Fields.First(field => field.Name == fieldName);
        return row < area.Rows && _empty.Value.TryGetValue(area.Address<Concrete>(row, field).Value, out var dword)
            ? field.Decode<Concrete>(dword).Value
            : null;
    }
}
