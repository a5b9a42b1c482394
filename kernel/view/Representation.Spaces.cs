using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>The parts of the representation that concern address spaces and segments.</summary>
public sealed partial class Representation<W>
{
    // The processor sets the bits accessed and dirty (SDM 3A, 4.8).
    private Truth DirectoryMaps(W slot) =>
        (view.Get(_layout.Mappings.Directories, slot, MappingLayout.Entry) & ~MappingLayout.Accessed)
        == PageEntries.OfDirectory(_layout, state, slot);

    private Truth PageTableMaps(W page) =>
        (view.Get(_layout.Mappings.PageTables, page, MappingLayout.Entry) & ~MappingLayout.AccessedAndDirty)
        == PageEntries.OfTable(state, page);

    private Truth MapsPorts(W word) =>
        view.Get(_layout.Mappings.PortMaps, word, MappingLayout.PortBits) == PageEntries.OfPorts(state, word);

    private W High(Area descriptor) => view.Get(descriptor, 0, Layout.DescriptorHigh);

    /// <summary>Whether users run in a large space; otherwise in a small one.</summary>
    public Truth IsFlat => High(_layout.DataSegment) == UserSegments.FlatHigh;

    private Truth UserDescriptors
    {
        get
        {
            var (high, low) = (
                High(_layout.DataSegment),
                W.Select(IsFlat, UserSegments.FlatLow, UserSegments.SmallLow)
            );
            return (High(_layout.CodeSegment) == (high | UserSegments.Code))
                & ((high & UserSegments.Code) == 0)
                & (view.Get(_layout.DataSegment, 0, Layout.DescriptorLow) == low)
                & (view.Get(_layout.CodeSegment, 0, Layout.DescriptorLow) == low)
                & (view.Get(_layout.FlatSegment, 0, Layout.DescriptorLow) == UserSegments.FlatLow)
                & (
                    High(_layout.FlatSegment)
                    == W.Select(IsFlat, UserSegments.FlatHigh, UserSegments.FlatHigh & ~UserSegments.Present)
                );
        }
    }

    private Truth AddressSpace
    {
        get
        {
            var (cr3, directories) = (view.Machine.Cr3, (uint)Layout.Physical(_layout.Directories));
            if (!view.Machine.InUserMode)
                return (((cr3 - directories) & (Layout.PageSize - 1)) == 0)
                    & (cr3 - directories < _layout.Limits.Tasks * Layout.PageSize);
            var table = SmallTable;
            return (IsFlat & (cr3 == DirectoryOf(view.Current)))
                | ((table != 0) & (High(_layout.DataSegment) == UserSegments.HighOf(table)) & (cr3 == directories));
        }
    }

    /// <summary>The first page table of the current thread's task.</summary>
    private W SmallTable => state.TableOf(TaskOf(view.Current), 0);

    private Truth Segments
    {
        get
        {
            if (!view.Machine.InUserMode)
                return view.Machine.Selector(Ds) == Layout.KernelData;
            Truth holds = true;
            var (start, limit) = (
                W.Select(IsFlat, 0, UserSegments.BaseOf(SmallTable)),
                W.Select(IsFlat, uint.MaxValue, UserSegments.SmallSize - 1)
            );
            foreach (var segment in (ReadOnlySpan<int>)[CodeSegment, StackSegment, .. DataSegments])
            {
                var (selector, hidden) = (view.Machine.Selector(segment), view.Machine.Hidden(segment));
                var isWhole = (hidden.Base == start) & (hidden.Limit == limit);
                holds &= segment switch
                {
                    CodeSegment => isWhole & (selector == Layout.UserCode),
                    StackSegment => isWhole
                        & ((selector == Layout.UserData) | (IsFlat & (selector == Layout.FlatData))),
                    Es or Ds => isWhole & (selector == W.Select(IsFlat, Layout.FlatData, Layout.UserData)),
                    _ => (isWhole | !IsFlat) & (selector == W.Select(IsFlat, Layout.FlatData, 0)),
                };
            }

            return holds;
        }
    }
}
