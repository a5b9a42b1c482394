using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Tests.Diff;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>
/// Typical mistakes in the code of mappings, interrupts and small spaces: one instruction is left out. Each is refuted,
/// and differs.
/// </summary>
public sealed class SeededDefectTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping, new(Programs: []));

    [Theory]
    [InlineData("a removed page stays in the TLB", "map_remove", "invlpg", 1, "map-flush", "leaves the TLB")]
    [InlineData(
        "a page made read-only stays writable in the TLB",
        "map_begin_reduce",
        "invlpg",
        1,
        "map-unmap",
        "leaves the TLB"
    )]
    [InlineData("a removed mapping's neighbour still names it", "map_remove", "mov [ecx", 1, "map-flush", "Previous")]
    [InlineData(
        "the mapping behind a new one names the old one before it",
        "map_derive",
        "mov [ecx",
        1,
        "map-page",
        "Previous"
    )]
    [InlineData(
        "a removed page stays in the page table",
        "map_remove",
        "mov dword ptr [ecx",
        2,
        "map-flush",
        "page-tables-map"
    )]
    [InlineData("a port that is taken away can still be used", "map_remove", "xor [ecx*4", 1, "map-flush", "port-maps")]
    [InlineData("a grant without the right to write keeps it", "map_grant", "je", 1, "map-page", "")]
    [InlineData("a line is not masked when it fires", "interrupt_first", "out", 1, "interrupt-4", "")]
    [InlineData("an interrupt is not ended at the controller", "interrupt_first", "out", 2, "interrupt-4", "")]
    [InlineData(
        "a removed page stays in the TLB where a small space is",
        "map_remove",
        "invlpg",
        2,
        "map-flush",
        "where a small space may be"
    )]
    [InlineData("a segment register keeps another small space", "exit_load", "mov es", 1, "exit", "ES")]
    [InlineData("the flat segment stays in a small space", "exit_small", "mov dword", 1, "exit", "user-segments")]
    [InlineData("a small space has the loaded space's ports", "exit_small", "mov dword", 2, "exit", "user-segments")]
    [InlineData("a small receiver has the sender's ports", "ipc_into", "mov ds:[0F081", 5, "ipc", "user-segments")]
    [InlineData("a small receiver's directory is unknown", "ipc_into", "mov ds:[0F081", 4, "ipc", "address-space")]
    [InlineData("a large receiver keeps the small space's GS", "ipc_large_call", "mov gs", 1, "ipc", "GS")]
    [InlineData("a large receiver keeps another space", "ipc_large_call", "mov cr3", 1, "ipc", "address-space")]
    [InlineData("a removed page stays in a small space", "map_remove", "mov [edx", 2, "map-flush", "small-tables-map")]
    [InlineData("a small space lacks a new page", "map_derive", "mov [edx", 1, "map-page", "small-tables-map")]
    [InlineData("another thread runs in an outgrown space", "outgrow", "and dword", 2, "outgrow-12", "directories")]
    [InlineData("a trap goes beyond a large space", "exception_13", "ja", 1, "trap-13", "exception 13")]
    [InlineData("a thread returns to where its small space is not", "exit_small", "jae", 1, "exit", "exception 13")]
    [InlineData("a thread with mcp 0 gives map items", "ipc_deliver", "je", 2, "ipc-slow", "")]
    [InlineData("a thread with mcp 0 has a window", "ipc_deliver", "je", 3, "ipc-slow", "")]
    [InlineData("any pager gives pages to a thread with mcp 0", "ipc_deliver", "jmp", 1, "ipc-slow", "")]
    [InlineData("a sender with mcp 0 that has waited gives map items", "remove_timer_3_end", "je", 2, "accept", "")]
    [InlineData("a receiver with mcp 0 has a window", "remove_timer_3_end", "je", 3, "accept", "")]
    [InlineData("a call reaches a caller that waits for another", "ipc_call_closed", "jne", 1, "ipc", "")]
    [InlineData(
        "a caller that was called still names whom it waited for",
        "ipc_call_closed",
        "mov [ebp",
        1,
        "ipc",
        "Partner"
    )]
    [InlineData("FS keeps the sender's small space", "ipc_small_call", "jne", 1, "ipc", "FS")]
    [InlineData("ES keeps the sender's small space", "ipc_small_call", "mov es,", 1, "ipc", "ES")]
    [InlineData("SS keeps the flat segment in a small space", "exit_small", "mov [esp", 1, "exit", "exception 12")]
    [InlineData(
        "a task that outgrew its small space gets it again",
        "outgrow",
        "mov dword",
        1,
        "outgrow-12",
        "Small is what the spec says"
    )]
    [InlineData("INT 80h returns to itself", "exception_13", "add eax", 2, "trap-13", "TrapAddress")]
    [InlineData("INT 80h traps without a trap address", "exception_13", "je", 1, "exception-13", "")]
    [InlineData("any forbidden instruction traps", "exception_13", "jne", 1, "exception-13", "")]
    [InlineData("a trap keeps the thread's FS", "exception_13", "jne", 2, "trap-13", "")]
    [InlineData("exchange_trap keeps the thread's FS", "exchange_trap", "jne", 1, "exchange_trap", "")]
    [InlineData("a trap loses ECX", "exception_13", "mov ecx,[esp-4", 1, "trap-13", "Ecx")]
    [InlineData("exchange_trap only reads", "exchange_trap", "mov [esp-28h", 1, "exchange_trap", "TrapAddress")]
    [InlineData("a page is passed over with the empty ones around it", "map_skip", "or", 5, "map-unmap", "SourcePage")]
    [InlineData("empty pages beyond the fpage are passed over", "map_skip", "jb", 1, "map-unmap", "writes to")]
    [InlineData("a wait for a deleted thread goes on", "delete_waiters", "and ecx", 1, "delete", "Pass")]
    [InlineData("a deleted task keeps a page table behind free ones", "delete_tables", "jne", 2, "delete", "Pass")]
    [InlineData("a new thread has an old trap address", "delete_blank", "mov [esi+44h", 1, "delete-thread", "Trap")]
    public void A_left_out_instruction_is_found(
        string defect,
        string symbol,
        string starts,
        int number,
        string way,
        string what
    )
    {
        var damaged = Without(symbol, starts, number);
        var verdict = Theorems.Of(damaged).Single(theorem => theorem.Name == $"image.{way}").Prove();
        Assert.True(verdict.Refutation is not null, $"{defect}: proved");
        Assert.Contains(what, verdict.Refutation.What, StringComparison.Ordinal);
        Assert.NotNull(DiffRun.Run(damaged, new(Events: 3_000_000, Shrink: false)).Disagreement);
    }

    // No run differs. A thread that waits after it has run in its small space never has the flat segment in SS. The
    // directory of a deleted task shows no page that another directory does not show.
    [Theory]
    [InlineData("ipc_small_call", "mov [ebp+7Ch", "ipc", "exception 12")]
    [InlineData("ipc_into", "mov [ebp+7Ch", "ipc", "exception 12")]
    [InlineData("delete_return", "mov cr3", "delete", "the page directory of a deleted task is not loaded")]
    [InlineData("delete_task", "mov cr3", "delete", "the page directory of a deleted task is not loaded")]
    public void A_left_out_instruction_without_a_visible_effect_is_refuted(
        string symbol,
        string starts,
        string way,
        string what
    )
    {
        var verdict = Theorems.Of(Without(symbol, starts, 1)).Single(theorem => theorem.Name == $"image.{way}").Prove();
        Assert.Contains(what, verdict.Refutation?.What, StringComparison.Ordinal);
    }

    // The low dwords of the descriptors never change, so the theorems take them from the image.
    [Theory]
    [InlineData(Layout.UserCode)]
    [InlineData(Layout.UserData)]
    [InlineData(Layout.FlatData)]
    public void A_large_space_that_ends_a_page_later_is_refuted(uint selector)
    {
        var at = Image.Layout.Gdt + (selector & ~7u);
        var longer = Image.WithBytes(
            at,
            BitConverter.GetBytes((selector == Layout.FlatData ? UserSegments.FlatLow : UserSegments.Low) + 1)
        );
        var verdict = Theorems.Of(longer).Single(theorem => theorem.Name == "image.exit").Prove();
        Assert.Contains("segments", verdict.Refutation?.What, StringComparison.Ordinal);
    }

    // The machine's TLB holds pages, and not entries of directories like later processors, so no run on it can differ.
    [Fact]
    public void A_freed_page_table_that_the_processor_may_still_use_is_refuted()
    {
        var verdict = Theorems
            .Of(Without("delete_table", "invlpg", 1))
            .Single(theorem => theorem.Name == "image.delete")
            .Prove();
        Assert.Contains(
            "an entry of the page directories that cha",
            verdict.Refutation?.What,
            StringComparison.Ordinal
        );
    }

    private static KernelImage Without(string symbol, string starts, int number)
    {
        var instruction = Image.Find(symbol, starts, number);
        return Image.WithBytes((uint)instruction.IP, Enumerable.Repeat((byte)0x90, instruction.Length).ToArray());
    }
}
