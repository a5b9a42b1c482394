namespace Verified.Kernel;

/// <summary>A register, and its value at the first cut point.</summary>
/// <param name="Register">
/// Its name in the list of processor state, such as <c>CR0</c>, or <c>EFLAGS</c> for all flags.
/// </param>
/// <param name="Value">Its value.</param>
/// <param name="Why">The meaning of the value.</param>
/// <param name="Mask">The declared bits; the others are the loader's or the machine's.</param>
public sealed record DeclaredRegister(string Register, uint Value, string Why, uint Mask = 0xFFFFFFFF);

/// <summary>The processor's declared state at the first cut point after boot.</summary>
public static class DeclaredProcessor
{
    // Paging, write protection in ring 0, native errors, a 387, task switched, emulation, monitor, protection (SDM
    // 3A, 2.5).
    private const uint Cr0 = 1u << 31 | 1 << 16 | 1 << 5 | 1 << 4 | 1 << 3 | 1 << 2 | 1 << 1 | 1;

    // The bits of DR6 and DR7 that always read as ones (SDM 3B, 17.2.3 and 17.2.4).
    private const uint NoDebugStatus = 0xFFFF0FF0,
        NoBreakpoints = 0x400;

    // The last comparison set the status flags. Bit 1 is always set.
    private const uint StatusFlags = 0x8D5,
        AlwaysSet = 2;

    /// <summary>All declared registers. General registers are not declared, because pick reads none.</summary>
    public static IReadOnlyList<DeclaredRegister> Of(KernelImage image)
    {
        var layout = image.Layout;
        var descriptors = DeclaredTables.Descriptors(layout).ToDictionary(descriptor => descriptor.Name);
        return
        [
            new("EIP", image.Symbols["pick"], "pick"),
            new("EFLAGS", AlwaysSet, "interrupts off, no trap, direction up, no nested task, IOPL 0", ~StatusFlags),
            new("CPL", 0, "ring 0"),
            new("CR0", Cr0, "paging, write protection in ring 0, native errors, no coprocessor, protection"),
            new("CR3", Layout.Physical(layout.Directories), "nobody's page directory"),
            new("CR4", 0, "no extensions: pages of 4 KB, no global pages"),
            .. Enumerable.Range(0, 4).Select(number => new DeclaredRegister($"DR{number}", 0, "no breakpoint")),
            new("DR6", NoDebugStatus, "no debug exception"),
            new("DR7", NoBreakpoints, "no breakpoint is enabled"),
            new("GDTR base", layout.Gdt, "the GDT"),
            new("GDTR limit", DeclaredTables.GdtLimit, "six descriptors and the null descriptor"),
            new("IDTR base", layout.Idt, "the IDT"),
            new("IDTR limit", DeclaredTables.IdtLimit, $"vectors 00h to {WaysIn.Last:X2}h"),
            new("LDTR selector", 0, "no local descriptor table"),
            new("LDTR attributes", 0, "no local descriptor table"),
            .. Segment("TR", descriptors["task_state"]),
            .. Segment("CS", descriptors["kernel_code"]),
            .. Segment("SS", descriptors["kernel_data"]),
            .. Segment("DS", descriptors["kernel_data"]),
            .. Segment("ES", descriptors["flat_data"]),
            .. Segment("FS", descriptors["flat_data"]),
            .. Segment("GS", descriptors["flat_data"]),
            new("halted state", 0, "the processor runs"),
            new("interrupt shadow", 0, "no instruction holds back interrupts"),
            new("pending debug exception", 0, "none"),
            new("held debug exception", 0, "none"),
        ];
    }

    private static IEnumerable<DeclaredRegister> Segment(string register, DeclaredDescriptor descriptor) =>
        [
            new($"{register} selector", descriptor.Selector, descriptor.Name),
            new($"{register} base", descriptor.Base, descriptor.Name),
            new($"{register} limit", descriptor.Limit, descriptor.Name),
            new($"{register} attributes", descriptor.Attributes, descriptor.Name),
        ];
}
