using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Diff;
using Verified.Spec;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Diff;

/// <summary>
/// Wrong kernels that differ only on a PC. The difference is in the gates, the segments or the controllers, in
/// registers that the kernel does not use, or in the state after boot.
/// </summary>
public class PlantedKernelDiffTests
{
    private const long Events = 300_000;

    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    private static readonly IReadOnlyDictionary<string, Func<KernelImage>> Kernels = new Dictionary<
        string,
        Func<KernelImage>
    >
    {
        // MOV of 0 to the caller's EAX becomes MOV EAX,ES and MOV of that.
        ["id_nearest returns ES in EAX"] = () =>
            Image.WithBytes(
                Image.After(Image.Symbols["id_nearest"], 3),
                [0x8C, 0xC0, 0x89, 0x44, 0x24, 0x1C, 0x90, 0x90]
            ),
        ["NT is set between two steps on mappings"] = () => Image.WithDetour(BeforeMapStep, c =>
            {
                c.push(0x4002);
                c.popfd();
            }),
        ["STI is directly followed by CLI between two steps"] = () =>
            Image.WithBytes(Image.Symbols["map_step"] - 2, [0x90, 0xFB]),
        ["ring 3 may raise vectors 20h to 2Fh"] = () =>
            Image.WithDwords(
                high => high | 3u << 13,
                Enumerable
                    .Range(0, 16)
                    .Where(line => line != 2)
                    .Select(line => Image.Layout.Idt + (Layout.TickVector + (uint)line) * 8 + 4)
            ),
        ["the global table has a call gate for ring 3"] = () =>
            Image
                .WithDwords(
                    _ => Layout.KernelCode << 16 | Image.Symbols["id_nearest"] & 0xFFFF,
                    [Image.Layout.Gdt + 0x38]
                )
                .WithDwords(_ => Image.Symbols["id_nearest"] & 0xFFFF0000 | 0xEC00, [Image.Layout.Gdt + 0x3C])
                .WithMemory(Image.Layout.Gdt + 0x40, 0x3F, 0),
        ["the map of ports lacks its last byte"] = () =>
            Image.WithDwords(low => low - 1, [Image.Layout.Gdt + (Layout.TaskState & ~7u)]),
        ["a system call writes DR7"] = () => Image.WithDetour(Image.After(Image.Symbols["thread_switch"]), c =>
            {
                c.mov(eax, 0x400 | 1 << 13);
                c.mov(dr7, eax);
            }),
        ["a system call leaves NT set in its caller"] = () =>
            Image.WithDetour(Image.After(Image.Symbols["thread_switch"]), c =>
                c.or(__dword_ptr[esp + 0x28], Flag.NestedTask)
            ),
        ["a system call leaves AC set in its caller"] = () =>
            Image.WithDetour(Image.After(Image.Symbols["thread_switch"]), c =>
                c.or(__dword_ptr[esp + 0x28], Flag.AlignmentCheck)
            ),
        ["a system call clears CR0.TS"] = () =>
            Image.WithDetour(Image.After(Image.Symbols["thread_switch"]), c => c.clts()),
        ["boot's mappings have a low bit of the frame set"] = () =>
            Image.WithDwords(
                frame => frame | 2,
                Enumerable
                    .Range(1, 0x7FF)
                    .Select(row =>
                        Image
                            .Layout.Mappings.Nodes.Address<Verified.Spec.Values.Concrete>(
                                (uint)row,
                                Image.Layout.Mappings.Frame
                            )
                            .Value
                    )
            ),
        // The displacement of the next thread's trap address in place of the own one.
        ["INT 80h goes to the next thread's trap address"] = () => WithByte("exception_13", 0xDC, 0x5C),
        ["exchange_trap reads the next thread's trap address"] = () => WithByte("exchange_trap", 0xD8, 0x58),
        // The copy keeps its value if the operation deletes a task. The page table is free when the event ends.
        ["a deletion leaves pages in a small space"] = () =>
            Image.WithDetour((uint)Image.Find("map_remove", "mov [edx", 2).IP, c =>
            {
                var clears = c.CreateLabel();
                c.cmp(__dword_ptr[Maps.Current.Base + MappingLayout.Operation.Offset], Operations.Delete);
                c.jne(clears);
                c.mov(eax, __dword_ptr[edx + Maps.SmallTables.Base]);
                c.Label(ref clears);
            }),
        ["idle halts with interrupts off"] = () => Image.WithBytes(Image.Symbols["idle_halt"] - 1, [0xFA]),
    };

    private static MappingLayout Maps => Image.Layout.Mappings;

    // The instruction before STI, NOP and the cut point of mappings.
    private static uint BeforeMapStep => Image.Symbols["map_step"] - 7;

    // Replaces the first occurrence of a byte in a symbol's code.
    private static KernelImage WithByte(string symbol, byte from, byte to)
    {
        var start = (int)(Image.Symbols[symbol] - Image.Text.Linear);
        var at = Image.Text.Bytes.AsSpan(start, 64).IndexOf(from);
        return Image.WithBytes(Image.Symbols[symbol] + (uint)at, [to]);
    }

    public static TheoryData<string> Names => [.. Kernels.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_wrong_kernel_differs_by_few_events(string fault)
    {
        var image = Kernels[fault]();
        var found = DiffRun.Run(image, new(Events: Events)).Disagreement;
        Assert.True(found is not null, fault);
        Assert.InRange(found.Trace.Events.Count, 0, 12);
        Assert.Equal(found.Difference, DiffRun.Replay(new Duel(new ImageMachine(image)), found.Trace)?.Difference);
        Assert.Null(DiffRun.Replay(new Duel(new ImageMachine(Image)), found.Trace));
    }
}
