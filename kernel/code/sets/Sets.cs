using System.Numerics;
using Iced.Intel;
using Verified.Spec.Tables;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// Sets of threads as two-level bitmaps. Each operation is a piece of code between two symbols, entered at the first
/// and left at the second. It keeps a contract (<see cref="SetOperationKind"/>). No other code reads or writes the
/// sets, except for the summary of the current thread's own senders. The code is straight-line: if a word becomes
/// empty, arithmetic clears its bit in the level above, without a branch.
/// </summary>
internal sealed partial class KernelProgram
{
    /// <summary>log2 of the bytes of one set.</summary>
    private byte SetShift => (byte)(BitOperations.Log2(_layout.Words) + 2);

    /// <summary>A word of the set at the offset in EBX.</summary>
    private static AssemblerMemoryOperand SetWord(Area sets, AssemblerRegister32 word) =>
        __dword_ptr[ebx + word * 4 + sets.Base];

    private readonly Dictionary<SetOperationKind, int> _operations = [];

    /// <summary>Emits an operation between its symbols.</summary>
    /// <param name="kind">The operation's contract.</param>
    /// <param name="emit">Emits its code.</param>
    /// <returns>The operation's symbol.</returns>
    private string Operation(SetOperationKind kind, Action emit)
    {
        var number = _operations[kind] = _operations.GetValueOrDefault(kind) + 1;
        var name = SetOperation.Symbol(kind, number);
        DefineSymbol(name);
        emit();
        DefineSymbol(name + SetOperation.EndSuffix);
        return name;
    }

    /// <summary>Defines a symbol at this place, to which an operation jumps if it finds nothing.</summary>
    private void NoneFound(string operation) => DefineSymbol(operation + SetOperation.NoneSuffix);

    /// <summary>EAX = the bit that CL selects, modulo 32.</summary>
    private void Bit()
    {
        c.mov(eax, 1);
        c.shl(eax, cl);
    }

    /// <summary>Clears bit CL, modulo 32, of a word if EAX is 1; EAX must be 0 or 1. Then EAX = the word.</summary>
    private void ClearBit(AssemblerMemoryOperand word, Action? pointAtWord = null)
    {
        c.shl(eax, cl);
        c.not(eax);
        pointAtWord?.Invoke();
        c.and(eax, word);
        c.mov(word, eax);
    }

    /// <summary>EAX = 1 if EAX was 0, else 0.</summary>
    private void IsEmpty()
    {
        c.cmp(eax, 1);
        c.sbb(eax, eax);
        c.neg(eax);
    }

    /// <summary>
    /// Puts the thread at EBP, which is in no ready set, into the ready set of its priority, if it has time. Uses EAX,
    /// EBX, ECX, EDX.
    /// </summary>
    private void AddReady() => Operation(SetOperationKind.AddReady, () =>
        {
            var noTime = c.CreateLabel();
            c.mov(eax, Variable(_layout.Top));
            c.cmp(Row(ebp, Layout.Slice), 0);
            c.je(noTime);
            Number(ecx, ebp);
            c.mov(edx, Row(ebp, Layout.Priority));
            c.mov(ebx, edx);
            c.shl(ebx, SetShift);
            Bit();
            c.shr(ecx, 5);
            c.or(SetWord(_layout.Ready, ecx), eax);
            Bit();
            c.or(Element(_layout.ReadySummary, edx), eax);
            c.mov(ecx, edx);
            Bit();
            c.shr(ecx, 5);
            c.or(Element(_layout.PriorityMap, ecx), eax);
            Bit();
            c.or(Variable(_layout.PrioritySummary), eax);

            // top = the greater of top and the priority
            c.mov(eax, Variable(_layout.Top));
            c.mov(ebx, eax);
            c.sub(ebx, edx);
            c.sbb(ecx, ecx);
            c.and(ebx, ecx);
            c.sub(eax, ebx);
            c.Label(ref noTime);
            c.mov(Variable(_layout.Top), eax);
        });

    /// <summary>
    /// Removes thread number EDI from the ready set of priority ESI, if it is in that set. Uses EAX, EBX, ECX.
    /// </summary>
    private void RemoveReady() => Operation(SetOperationKind.RemoveReady, () =>
        {
            c.mov(ecx, edi);
            c.mov(ebx, esi);
            c.shl(ebx, SetShift);
            c.mov(eax, 1);
            ClearBit(SetWord(_layout.Ready, ecx), () => c.shr(ecx, 5));
            IsEmpty();
            ClearBit(Element(_layout.ReadySummary, esi));
            IsEmpty();
            c.mov(ecx, esi);
            ClearBit(Element(_layout.PriorityMap, ecx), () => c.shr(ecx, 5));
            IsEmpty();
            ClearBit(Variable(_layout.PrioritySummary));
        });

    /// <summary>
    /// EAX and top = the greatest priority of the competing threads. Jumps to <paramref name="none"/> if no thread
    /// competes; the code there must call <see cref="NoneFound"/>. Uses ECX.
    /// </summary>
    private string GreatestPriority(Label none) => Operation(SetOperationKind.GreatestPriority, () =>
        {
            c.mov(eax, Variable(_layout.PrioritySummary));
            c.test(eax, eax);
            c.je(none);
            c.bsr(eax, eax);
            c.bsr(ecx, Element(_layout.PriorityMap, eax));
            c.shl(eax, 5);
            c.or(eax, ecx);
            c.mov(Variable(_layout.Top), eax);
        });

    /// <summary>
    /// EAX = the next thread number, after the one picked last, in the ready set of priority ESI, which must not be
    /// empty. Uses EBX, ECX, EDX.
    /// </summary>
    private void NextReady() => Operation(SetOperationKind.NextReady, () =>
        {
            c.mov(ebx, esi);
            c.shl(ebx, SetShift);
            c.mov(ecx, Element(_layout.Picked, esi));
            FindNext(_layout.Ready, Element(_layout.ReadySummary, esi));
        });

    /// <summary>Puts the current thread into the sender set of the thread at EBP. Uses EAX, EBX, ECX.</summary>
    private void AddSender() => Operation(SetOperationKind.AddSender, () =>
        {
            SenderSet(ebp);
            LoadCurrentRow(eax);
            Number(ecx, eax);
            Bit();
            c.shr(ecx, 5);
            c.or(SetWord(_layout.SenderSets, ecx), eax);
            Bit();
            c.or(Row(ebp, _layout.Senders), eax);
        });

    /// <summary>Removes the thread at EBP from the sender set of the thread at EDX. Uses EAX, EBX, ECX.</summary>
    private void RemoveSender() => Operation(SetOperationKind.RemoveSender, () =>
        {
            SenderSet(edx);
            Number(ecx, ebp);
            c.mov(eax, 1);
            ClearBit(SetWord(_layout.SenderSets, ecx), () => c.shr(ecx, 5));
            IsEmpty();
            ClearBit(Row(edx, _layout.Senders));
        });

    /// <summary>
    /// EAX = the next thread number, after the one served last, in the sender set of the current thread, which must not
    /// be empty. Uses EBX, ECX, EDX.
    /// </summary>
    private void NextSender() => Operation(SetOperationKind.NextSender, () =>
        {
            LoadCurrentRow(eax);
            SenderSet(eax);
            c.mov(ecx, Current(_layout.Served));
            FindNext(_layout.SenderSets, Current(_layout.Senders));
        });

    /// <summary>Puts the thread at EBP into the set of its deadline's slot. Uses EAX, EBX, ECX, EDX.</summary>
    private void AddTimer() => Operation(SetOperationKind.AddTimer, () =>
        {
            Number(ecx, ebp);
            Slot(edx, Row(ebp, Layout.Deadline));
            c.mov(ebx, edx);
            c.shl(ebx, SetShift);
            Bit();
            c.shr(ecx, 5);
            c.or(SetWord(_layout.Timers, ecx), eax);
            Bit();
            c.or(Element(_layout.TimerSummary, edx), eax);
        });

    /// <summary>
    /// Removes the thread at EBP from the set of its deadline's slot, if its status is timed. Uses EAX, EBX, ECX, EDX.
    /// </summary>
    private void RemoveTimer() => Operation(SetOperationKind.RemoveTimer, () =>
        {
            var untimed = c.CreateLabel();
            c.test(Row(ebp, Layout.Status), StoredStatus.Timed);
            c.je(untimed);
            Number(ecx, ebp);
            Slot(edx, Row(ebp, Layout.Deadline));
            c.mov(ebx, edx);
            c.shl(ebx, SetShift);
            c.mov(eax, 1);
            ClearBit(SetWord(_layout.Timers, ecx), () => c.shr(ecx, 5));
            IsEmpty();
            ClearBit(Element(_layout.TimerSummary, edx));
            c.Label(ref untimed);
        });

    /// <summary>
    /// EAX = the next thread number, after the one examined last, in the set of the clock's slot. Jumps to
    /// </summary>
    /// <paramref name="none"/> if there is none; the code there must call <see cref="NoneFound"/>. Uses EBX, ECX, EDX,
    /// ESI.
    private string NextTimer(Label none) => Operation(SetOperationKind.NextTimer, () =>
        {
            Slot(esi, Variable(_layout.Clock));
            c.cmp(Element(_layout.TimerSummary, esi), 0);
            c.je(none);
            c.mov(ebx, esi);
            c.shl(ebx, SetShift);
            c.mov(ecx, Variable(_layout.Examined));
            FindNext(_layout.Timers, Element(_layout.TimerSummary, esi));
            c.cmp(eax, Variable(_layout.Examined));
            c.jbe(none);
        });

    /// <summary>The clock slot of a time.</summary>
    private void Slot(AssemblerRegister32 slot, AssemblerMemoryOperand time)
    {
        c.mov(slot, time);
        c.and(slot, Spec.Limits.ClockSlots - 1);
    }

    /// <summary>EBX = the offset of the sender set of the thread whose row address is in a register.</summary>
    private void SenderSet(AssemblerRegister32 receiver)
    {
        Number(ebx, receiver);
        c.shl(ebx, SetShift);
    }

    /// <summary>
    /// EAX = the next thread number after ECX, cyclically, with ECX itself last, in the set at the offset in EBX. The
    /// set must not be empty. Uses ECX, EDX.
    /// </summary>
    private void FindNext(Area sets, AssemblerMemoryOperand summary)
    {
        var found = c.CreateLabel();
        c.mov(edx, ecx);
        c.shr(edx, 5);
        c.mov(eax, -2);
        c.shl(eax, cl);
        c.and(eax, SetWord(sets, edx));
        c.jne(found);

        // Takes a later word; if there is none, any word (the first, or the same one again from its start).
        c.mov(ecx, edx);
        c.mov(eax, -2);
        c.shl(eax, cl);
        c.and(eax, summary);
        c.cmp(eax, 1);
        c.sbb(edx, edx);
        c.and(edx, summary);
        c.or(eax, edx);
        c.bsf(edx, eax);
        c.mov(eax, SetWord(sets, edx));
        c.Label(ref found);
        c.bsf(eax, eax);
        c.shl(edx, 5);
        c.or(eax, edx);
    }
}
