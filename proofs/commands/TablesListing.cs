using Verified.Kernel;

namespace Verified.Proofs.Commands;

/// <summary>The declared first state in words, as <c>list --tables</c> prints it.</summary>
public static class TablesListing
{
    /// <summary>Registers, GDT, IDT, TSS, the kernel's memory by region, the chips.</summary>
    public static IEnumerable<string> Lines(KernelImage image) =>
        [
            .. Registers(image),
            .. Descriptors(image.Layout),
            .. Gates(image),
            .. TaskState(image.Layout),
            .. Memory(image),
            .. Chips(),
        ];

    private static IEnumerable<string> Registers(KernelImage image) =>
        [
            "processor at the first cut point, pick:",
            .. DeclaredProcessor
                .Of(image)
                .Select(register => $"  {register.Register, -24} {register.Value:X8}h  {register.Why}"),
        ];

    private static IEnumerable<string> Chips() =>
        [
            "chips at the first cut point:",
            .. DeclaredChips.All.Select(chip =>
                $"  {chip.Register, -30} port {chip.Port:X3}h  {chip.Value & chip.Mask:X2}h  {chip.Why}"
            ),
        ];

    private static IEnumerable<string> Descriptors(Layout layout) =>
        [
            $"GDT at {layout.Gdt:X8}h, limit {DeclaredTables.GdtLimit:X2}h:",
            "  00h  null: 0",
            .. DeclaredTables
                .Descriptors(layout)
                .Select(each =>
                    $"  {each.Offset:X2}h  {each.Name}: {Words(each.Kind)}, ring {each.Ring}, "
                    + $"base {each.Base:X8}h, limit {each.Limit:X8}h ({each.Dwords.High:X8} {each.Dwords.Low:X8})"
                ),
            "  a small space changes base and limit of user_code and user_data, and makes flat_data not present",
        ];

    private static IEnumerable<string> Gates(KernelImage image)
    {
        yield return $"IDT at {image.Layout.Idt:X8}h, limit {DeclaredTables.IdtLimit:X3}h:";
        for (var vector = 0u; vector < DeclaredTables.Vectors; )
        {
            if (DeclaredTables.Gate(vector) is { } gate)
            {
                yield return $"  {vector:X2}h  interrupt gate, ring {gate.Ring}, to {gate.Entry} "
                    + $"at {image.Symbols[gate.Entry]:X8}h in kernel_code";
                vector++;
                continue;
            }

            var first = vector;
            while (vector < DeclaredTables.Vectors && DeclaredTables.Gate(vector) is null)
                vector++;
            yield return $"  {first:X2}h{(vector - first > 1 ? $"..{vector - 1:X2}h" : "")}  absent: 0";
        }
    }

    private static IEnumerable<string> TaskState(Layout layout) =>
        [
            $"TSS at {layout.Tss:X8}h, {DeclaredTables.TssSize} bytes, and a map of ports; all other bytes are 0:",
            .. DeclaredTables.Tss(layout).Select(each => $"  {each.Offset:X4}h  {each.Dword:X8}h  {each.What}"),
        ];

    private static IEnumerable<string> Memory(KernelImage image) =>
        [
            "memory, linear and physical; each bit has a declared value:",
            .. FirstState
                .Of(image)
                .Regions.Select(region =>
                    $"  {region.Start:X8}h..{region.End - 1:X8}h  {Layout.Physical(region.Start):X8}h  "
                    + $"{region.Name}: {region.Contents}"
                ),
        ];

    private static string Words(DescriptorKind kind) =>
        kind switch
        {
            DescriptorKind.Code => "code, execute and read, 32 bits, not conforming, accessed",
            DescriptorKind.Data => "data, read and write, 32 bits, expands up, accessed",
            _ => "32-bit TSS, busy",
        };
}
