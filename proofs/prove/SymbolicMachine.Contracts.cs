using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec.Values;
using SegmentDescriptor = Verified.Machine.Processor.Descriptor;

namespace Verified.Proofs.Prove;

/// <summary>The contract of a cut point: assumed where a run starts, shown where it ends.</summary>
public sealed partial class SymbolicMachine
{
    /// <summary>ESP in the kernel, once the current thread's registers are saved in its row.</summary>
    private Symbolic SavedStack
    {
        get
        {
            var (tss, stackTop) = (_image.Layout.TssStack, _image.Layout.StackTop);
            return Load(tss.Address<Symbolic>(0, stackTop)) - (Layout.ThreadSize - Layout.Edi.Offset);
        }
    }

    private void Assume(CutPoint start)
    {
        _contracted.Start(start, () => _attempt.Register("eflags"), Initial);
        if (start == _image.Points.Idle)
            _cpu.Eip = Symbolic.Select(_attempt.Register("idle") == 0, _image.IdleHalt, _image.IdleHalt + 1);
        else if (_image.AddressOf(start) is { } address)
            _cpu.Eip = address;
        _contracted.Begun();
    }

    /// <summary>A field's value at the start; null if the field keeps its value.</summary>
    private Symbolic? Initial(string field, Holding holding) =>
        holding switch
        {
            _ when holding == KernelHoldings.SavedRegisters => SavedStack,
            _ when holding == KernelHoldings.Loadable => LoadedByUser(field, IsLoadable),
            _ when holding == KernelHoldings.LoadableStack => LoadedByUser(field, IsLoadableStack),

            // An interrupt ends the halted state, whether the processor is in it or not.
            { Kind: HoldingKind.Any } when field == "halted state" => 1,

            // A segment that a user has loaded may not be used. It is treated as if it were null.
            _ when field.EndsWith(" attributes", StringComparison.Ordinal) => 0,
            _ when Array.Exists(DataSegments, segment =>
                    field.StartsWith(ProcessorNames.Segments[segment] + ' ', StringComparison.Ordinal)
                    && !field.EndsWith("selector", StringComparison.Ordinal)
                ) => 0,
            _ => _attempt.Register(field.ToLowerInvariant()),
        };

    /// <summary>The contract of the cut point where the run has ended.</summary>
    private void Show(CutPoint end) => _path.RequireOfProcessor(_contracted.Goals(end, Named));

    private Truth Named(string field, Holding holding, Symbolic value) =>
        holding == KernelHoldings.SavedRegisters ? value == SavedStack
        : holding == KernelHoldings.Loadable ? IsLoadable(value)
        : holding == KernelHoldings.LoadableStack ? IsLoadableStack(value)
        : holding == KernelHoldings.OfSelector ? KernelHoldings.AreOfSelector(value, SelectorOf(field))
        : throw new ProverException($"no one knows what \"{holding}\" means");

    private Symbolic SelectorOf(string attributes) =>
        _cpu.S[ProcessorNames.Segments.ToList().IndexOf(attributes.Split(' ')[0])].Selector;

    private Symbolic LoadedByUser(string field, Func<Symbolic, Truth> isLoadable)
    {
        var number = ProcessorNames.Segments.ToList().IndexOf(field.Split(' ')[0]);
        var selector = _attempt.Register($"selector-{number}");
        _path.Assume(isLoadable(selector));
        return selector;
    }

    private static readonly int[] DataSegments =
    [
        SegmentRegister.Ds,
        SegmentRegister.Es,
        SegmentRegister.Fs,
        SegmentRegister.Gs,
    ];

    /// <summary>
    /// A fast path examines the segments that the user has loaded (<see cref="Way.ExaminesSegments"/>). If all of them
    /// are the flat data segment, the code can use them. Otherwise the code must not rely on any of them (SDM vol. 3,
    /// 5.5 and 5.6).
    /// </summary>
    private void FlatIfAllAre()
    {
        Truth flat = true;
        foreach (var segment in DataSegments)
            flat &= _cpu.S[segment].Selector == Layout.FlatData;
        if (flat)
            foreach (var segment in DataSegments)
                _cpu.S[segment] = Segment<Symbolic>.Unpack(
                    Layout.FlatData,
                    UserSegments.FlatLow,
                    UserSegments.FlatHigh,
                    UserSegments.FlatHigh & SegmentDescriptor.Mask
                );
    }

    private Truth IsLoadable(Symbolic selector)
    {
        Truth loadable = false;
        foreach (var (one, isLoadable) in UserSelectors())
            loadable |= selector == one & isLoadable;
        return loadable;
    }

    /// <summary>The users' two data segments. Ring 3 can write none of the others (SDM vol. 3, 5.7).</summary>
    private Truth IsLoadableStack(Symbolic selector)
    {
        var high = Load(_image.Layout.FlatSegment.Base + Layout.DescriptorHigh.Offset);
        return (selector == Layout.UserData) | ((selector == Layout.FlatData) & ((high & UserSegments.Present) != 0));
    }

    /// <summary>
    /// Null, and the segments of the GDT that ring 3 may load into a data segment register. There is no LDT.
    /// </summary>
    private IEnumerable<(uint Selector, Truth IsLoadable)> UserSelectors()
    {
        for (var selector = 0u; selector <= Layout.GdtLimit; selector++)
        {
            if ((selector | 3) is Layout.UserCode or Layout.UserData or Layout.FlatData)
            {
                var high = Load(_image.Layout.Gdt + (selector & ~7u) + 4);
                yield return (selector, (high & UserSegments.Present) != 0);
                continue;
            }

            var a =
                (selector & 4) == 0 && selector >= 8
                    ? Constant(_image.Layout.Gdt + (selector & ~7u) + 4) & SegmentDescriptor.Mask
                    : 0;
            var readable = SegmentDescriptor.IsData(a) || SegmentDescriptor.IsReadableCode(a);
            if (
                selector < 4
                || (
                    readable
                    && (a & SegmentDescriptor.Present) != 0
                    && (SegmentDescriptor.IsConforming(a) || SegmentDescriptor.Dpl(a) == 3)
                )
            )
                yield return (selector, true);
        }
    }

    private uint Constant(uint address) =>
        _image.Constant(address) ?? throw new ProverException($"{address:X8}h holds no constant of the booted image");
}
