using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>The regions of memory in the first state, each with its meaning.</summary>
public sealed partial class FirstState
{
    /// <summary>Describes an address: the region, and the entry, row and field in it.</summary>
    public string Place(FirstRegion region, uint at)
    {
        var offset = at - region.Start;
        var where = $"{region.Name}+{offset:X}h";
        if (region.Start == _layout.Gdt)
            return $"{where}, {DeclaredTables.Descriptor(_layout, offset & ~7u)?.Name ?? "no descriptor"}";
        if (region.Start == _layout.Idt && offset < DeclaredTables.Vectors * 8)
            return $"{where}, gate {offset / 8:X2}h"
                + (DeclaredTables.Gate(offset / 8) is { } gate ? $" to {gate.Entry}" : ", which is absent");
        if (region.Start == _layout.Tss)
            return $"{where}, "
                + (DeclaredTables.Tss(_layout).FirstOrDefault(part => part.Offset == offset).What ?? "unused");
        if (_layout.Areas.FirstOrDefault(area => area.Base == region.Start) is { } table)
        {
            var row = table.Row<Concrete>(offset).Value;
            var inRow = offset - table.Offset<Concrete>(row).Value;
            var field = table.Fields.FirstOrDefault(field => field.Offset == inRow);
            return $"{where}, row {row}{(field is null ? ", between the fields" : $", {field.Name}")}";
        }

        return $"{where} at {at:X8}h";
    }

    private void DeclareRegions(bool servers)
    {
        const uint page = Layout.PageSize;
        const string pageMarks = "; the processor sets the bits accessed and dirty";
        List<FirstRegion> declared =
        [
            new("text", Origin, Origin + Layout.TextSize, "code and constants, as the file has them, then zeros"),
            new("gdt", _layout.Gdt, _layout.Gdt + page, "six descriptors, then the operand of LGDT"),
            new("idt", _layout.Idt, _layout.Idt + page, "256 entries, then the operand of LIDT"),
            new(
                "tss",
                _layout.Tss,
                _layout.Tss + 4 * page,
                "one TSS of 104 bytes, and the byte that ends the map of ports"
            ),
            new("info", _layout.Info, _layout.Info + page, "the kernel info page"),
            new(
                "kernel_page_tables",
                _layout.KernelPageTables,
                _layout.KernelPageTables + Layout.KernelTables * page,
                $"the kernel's frames, for ring 0; code is read-only{pageMarks}"
            )
            {
                Marks = MappingLayout.AccessedAndDirty,
            },
            new(
                "tss_tables",
                _layout.TssTables,
                _layout.TssTables + _layout.Limits.Tasks * page,
                $"the same for the part with the TSS, with each task's map of ports{pageMarks}"
            )
            {
                Marks = MappingLayout.AccessedAndDirty,
            },
            .. _layout.Areas.Where(OfItsOwnPages).Select(Table),
            .. servers ? ServersPages() : [Left("boot pages", _layout.Boot.Base, _layout.Boot.End)],
            new(
                "programs",
                _layout.UserImages,
                End,
                servers
                    ? "no longer the kernel's: memory that sigma0 gives away"
                    : "for each program a page of code, as the file has it, and a page of zeros"
            )
            {
                IsDeclared = !servers,
            },
        ];
        var next = Origin;
        foreach (var region in declared.OrderBy(region => region.Start))
        {
            if (region.Start > next)
                _regions.Add(new($"behind {_regions[^1].Name}", next, region.Start, "zeros"));
            _regions.Add(region);
            next = region.End;
        }

        FirstRegion Left(string name, uint start, uint end) =>
            new(name, Layout.KernelBase + start, Layout.KernelBase + end, "what boot leaves, as on its own stack")
            {
                IsDeclared = false,
            };

        IEnumerable<FirstRegion> ServersPages()
        {
            var (boot, at) = (_layout.Boot, Layout.KernelBase);
            return
            [
                .. Stack("sigma0", boot.Sigma0Stack),
                new(
                    "information",
                    at + boot.Information,
                    at + boot.RootStack,
                    "the loader's information for the root task"
                ),
                .. Stack("root", boot.RootStack),
            ];
        }

        // Boot uses both stacks. Only the argument has a declared value.
        IEnumerable<FirstRegion> Stack(string server, uint start)
        {
            var argument = BootPages.InitialStack(start);
            yield return Left($"{server}_stack", start, argument);
            yield return new(
                $"{server}_argument",
                Layout.KernelBase + argument,
                Layout.KernelBase + argument + 4,
                "the argument at [ESP]"
            );
            yield return Left($"{server}_stack, above the argument", argument + 4, start + page);
        }

        bool OfItsOwnPages(Area area) =>
            !((uint[])[_layout.Gdt, _layout.Tss, _layout.Info]).Contains(area.Base & ~(page - 1));
        FirstRegion Table(Area area) =>
            new(
                area.Name,
                area.Base,
                area.End,
                $"{area.Rows:N0} rows of {area.Stride} bytes: the spec's boot state, encoded"
            )
            {
                Marks =
                    area == _layout.Mappings.PageTables || area == _layout.Mappings.SmallTables
                        ? MappingLayout.AccessedAndDirty
                    : area == _layout.Mappings.Directories ? MappingLayout.Accessed
                    : 0,
            };
    }
}
