using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// ipc, fast path between a large and a small space. Only segments are loaded, because every page directory contains
/// the small spaces. The large space's directory stays loaded until a thread of another large space runs.
/// </summary>
internal sealed partial class KernelProgram
{
    /// <summary>
    /// The receiver, at EBP, has the processor. Its space is the caller's, or its directory's sign says that it runs in
    /// its small space. EAX is 0, and the flags are those of the two directories.
    /// </summary>
    private void IntoSmallSpace()
    {
        var same = c.CreateLabel();
        var grown = c.CreateLabel("ipc_grown");
        DefineLabel(ref _ipcInto);
        c.mov(ecx, Row(ebp, Layout.Segment));
        c.je(same);
        c.mov(esi, Row(ebp, Layout.Eip));
        c.mov(eax, UserSegments.FlatHigh & ~UserSegments.Present);
        c.cmp(esi, UserSegments.SmallSize);
        c.jae(grown);
        c.mov(High(_layout.DataSegment), ecx);
        c.mov(esi, OnEntryStack(Layout.Directory));
        c.or(ecx, UserSegments.Code);
        c.mov(High(_layout.FlatSegment), eax);
        c.mov(High(_layout.CodeSegment), ecx);
        c.mov(eax, UserSegments.NoPorts);
        c.mov(Variable(_layout.Loaded), esi);
        c.mov(Variable(_layout.TssPorts), eax);
        c.mov(ecx, Layout.UserData);
        c.xor(eax, eax);
        c.mov(Row(ebp, Layout.Ss), ecx);
        c.mov(ds, ecx);
        c.mov(es, ecx);
        c.mov(fs, eax);
        c.mov(gs, eax);
        c.Label(ref same);
        RunReceiver();

        // Its EIP is no longer in the small space, where IRET would fault, so it runs in its large space.
        DefineLabel(ref grown);
        c.mov(ecx, Row(ebp, Layout.Directory));
        c.xor(eax, eax);
        c.and(ecx, ~Layout.RunsSmall);
        c.mov(Row(ebp, Layout.Directory), ecx);
        c.mov(cr3, ecx);
        RunReceiver();
    }

    // Entered like SmallIpc, when the receiver does not run in its small space. EBX is saved.
    private void OutOfSmallSpace(ref Label call, ref Label reply, Label leave)
    {
        var closed = c.CreateLabel("ipc_large_closed");
        var named = c.CreateLabel();
        DefineLabel(ref call);
        FindLargeReceiver(StoredStatus.ReceivingAny, leave, closed);
        c.Label(ref named);

        // POINT OF NO RETURN: the caller waits for the partner.
        c.mov(eax, UserSegments.FlatHigh);
        c.mov(OnEntryStack(_layout.Partner), ebp);
        SwitchToLargeReceiver(StoredStatus.ReceivingFrom);

        // POINT OF NO RETURN: the partner's wait ends; then as above.
        DefineLabel(ref closed);
        IfClosedOnMe(leave);
        c.mov(esi, Nobody);
        c.mov(Row(ebp, _layout.Partner), esi);
        c.jmp(named);

        DefineLabel(ref reply);
        FindLargeReceiver(StoredStatus.ReceivingFrom, leave, leave);
        IfReplies(leave);

        // POINT OF NO RETURN: the caller waits for anyone.
        c.mov(esi, Nobody);
        c.mov(eax, UserSegments.FlatHigh);
        c.mov(OnEntryStack(_layout.Partner), esi);
        c.mov(Row(ebp, _layout.Partner), esi);
        SwitchToLargeReceiver(StoredStatus.ReceivingAny);
    }

    /// <summary>
    /// Jumps to a label unless ESI names the thread at EBP, it waits with the given status, and no competing thread has
    /// a higher priority. DS is the user's, so accesses use SS.
    /// </summary>
    private void FindLargeReceiver(uint status, Label leave, Label otherwise)
    {
        c.mov(ecx, __dword_ptr.ss[_layout.Top.Base]);
        c.mov(eax, Row(ebp, Layout.Status));
        c.mov(OnEntryStack(Layout.Edi), edi);
        c.add(eax, ecx);
        c.sub(eax, status);
        IfNamed(leave, otherwise, () => c.mov(ecx, Layout.FlatData));
    }

    /// <summary>
    /// Gives the processor to the receiver, at EBP, in its large space. The caller waits with the given status. EAX is
    /// the high dword of the flat segment, ECX its selector.
    /// </summary>
    private void SwitchToLargeReceiver(uint status)
    {
        var loaded = c.CreateLabel();
        c.mov(__dword_ptr.ss[_layout.FlatSegment.Base + Layout.DescriptorHigh.Offset], eax);
        c.mov(esi, Row(ebp, Layout.Directory));
        c.mov(ds, ecx);
        c.mov(es, ecx);
        c.mov(fs, ecx);
        c.mov(gs, ecx);
        c.mov(High(_layout.DataSegment), eax);
        c.mov(ecx, status);
        c.or(eax, UserSegments.Code);
        c.mov(OnEntryStack(Layout.Status), ecx);
        c.mov(High(_layout.CodeSegment), eax);
        c.mov(ecx, UserSegments.Ports);
        c.mov(eax, Variable(_layout.Loaded));
        c.mov(Variable(_layout.TssPorts), ecx);
        c.cmp(eax, esi);
        c.je(loaded);
        c.mov(cr3, esi);
        c.Label(ref loaded);
        c.lea(ecx, __[ebp + Layout.ThreadSize]);
        c.xor(eax, eax);
        c.mov(Variable(_layout.TssStack), ecx);
        c.mov(Variable(_layout.Loaded), eax);
        c.mov(Row(ebp, Layout.Status), eax);
        RunReceiver();
    }
}
