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

    private Truth SmallTableMaps(W page) =>
        (view.Get(_layout.Mappings.SmallTables, page, MappingLayout.Entry) & ~MappingLayout.AccessedAndDirty)
        == PageEntries.OfSmallTable(state, page);

    private Truth UserDescriptors
    {
        get
        {
            var high = High(_layout.DataSegment);
            return (High(_layout.CodeSegment) == (high | UserSegments.Code))
                & ((high & UserSegments.Code) == 0)
                & (
                    High(_layout.FlatSegment)
                    == W.Select(IsFlat, UserSegments.FlatHigh, UserSegments.FlatHigh & ~UserSegments.Present)
                )
                & (
                    view.Get(_layout.TssPorts, 0, Layout.PortMapBase)
                    == W.Select(IsFlat, UserSegments.Ports, UserSegments.NoPorts)
                );
        }
    }

    private Truth IsDirectory(W address)
    {
        var offset = address - Layout.Physical(_layout.Directories);
        return ((offset & (Layout.PageSize - 1)) == 0) & (offset < _layout.Limits.Tasks * Layout.PageSize);
    }

    private Truth AddressSpace
    {
        get
        {
            var cr3 = view.Machine.Cr3;
            if (!view.Machine.InUserMode)
                return IsDirectory(cr3);
            var small = UserSegments.HighOf(TaskOf(view.Current));
            var loaded = view.Get(_layout.Loaded, 0, Layout.LoadedDirectory);
            return (IsFlat & (cr3 == DirectoryOf(view.Current)) & (Directory(view.Current) == cr3) & (loaded == 0))
                | (
                    (small != 0)
                    & (High(_layout.DataSegment) == small)
                    & (Directory(view.Current) == (DirectoryOf(view.Current) | Layout.RunsSmall))
                    & IsDirectory(cr3)
                    & (loaded == cr3)
                );
        }
    }

    private Truth Segments
    {
        get
        {
            if (!view.Machine.InUserMode)
                return view.Machine.Selector(Ds) == Layout.KernelData;
            Truth holds = true;
            var (start, limit) = (
                W.Select(IsFlat, 0, UserSegments.BaseOf(TaskOf(view.Current))),
                W.Select(IsFlat, UserSegments.LastOfCode, UserSegments.SmallSize - 1)
            );
            foreach (var segment in (ReadOnlySpan<int>)[CodeSegment, StackSegment, .. DataSegments])
            {
                var (selector, hidden) = (view.Machine.Selector(segment), view.Machine.Hidden(segment));
                var isWhole = (hidden.Base == start) & (hidden.Limit == limit);
                var isFlat = IsFlat & (hidden.Base == 0) & (hidden.Limit == UserSegments.LastOfData);
                holds &= segment switch
                {
                    CodeSegment => isWhole & (selector == Layout.UserCode),
                    StackSegment => (isWhole & (selector == Layout.UserData))
                        | (isFlat & (selector == Layout.FlatData)),
                    Es or Ds => (isFlat & (selector == Layout.FlatData))
                        | (!IsFlat & isWhole & (selector == Layout.UserData)),
                    _ => (isFlat & (selector == Layout.FlatData)) | (!IsFlat & (selector == 0)),
                };
            }

            return holds;
        }
    }
}
