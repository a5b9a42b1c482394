using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>The memory of user code: instructions that a program executes, and pages that it uses.</summary>
public sealed partial class ImageMachine
{
    /// <summary>
    /// Writes an instruction at the address where user code starts it. Returns false if a byte of it is in no writable
    /// page, or if the window holds bounds there.
    /// </summary>
    public bool PutInstruction(UserInstruction instruction, uint start, State<Concrete> state)
    {
        Span<uint> addresses = stackalloc uint[instruction.Length];
        var length = 0;
        for (; length < instruction.Length; length++)
        {
            if (CommonCode.HoldsBounds(start + (uint)length))
                return false;
            if (Physical(state, start + (uint)length) is not { } physical)
                break;
            if (physical - Layout.ImageBase < Layout.Physical(Image.Layout.UserImages) - Layout.ImageBase)
                return false;
            addresses[length] = physical;
        }

        // If the next page is absent, the instruction has only its first part, in this page.
        if (length == 0 || (length < instruction.Length && (start + (uint)length) % Layout.PageSize != 0))
            return false;
        for (var i = 0; i < length; i++)
            if (Pc.Memory.Load(addresses[i], 1) != instruction[i])
                Pc.Memory.Store(addresses[i], 1, instruction[i]);
        return true;
    }

    // The physical address of a byte in the current thread's space; null unless the byte is in memory of its task or in
    // the window.
    private static uint? Physical(State<Concrete> state, uint address)
    {
        if (Window.Contains(address))
            return Window.Physical(address);
        var page = address / Layout.PageSize;
        var node = page < state.Limits.Paging.UserPages ? state.NodeOf(state.Task(state.Current), page).Value : 0;
        return node == 0 ? null : state.Mappings.Frame[node].Value * Layout.PageSize + address % Layout.PageSize;
    }

    /// <summary>
    /// Reads or writes a page like user code. Returns false if that faults, except beyond a small space.
    /// </summary>
    public bool Uses(uint address, bool writes)
    {
        var stack = _cpu.S[SegmentRegister.Ss];
        if (address > stack.Limit.Value)
            return true;
        try
        {
            Pc.Mmu.Translate(stack.Base.Value + address, writes, user: true);
            return true;
        }
        catch (Fault)
        {
            return false;
        }
    }
}
