using System.Numerics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// Sets of threads as two-level bitmaps. Each operation is a piece of code between two symbols, entered at the first
/// and left at the second, that keeps a contract (<see cref="SetOperationKind"/>): no other code reads or writes the
/// sets, but for the summary of one's own senders. Straight-line: a word that becomes empty clears its bit in the level
/// above by arithmetic, not by a branch.
/// </summary>
internal sealed partial class KernelProgram
{
    /// <summary>log2 of the bytes of one set.</summary>
    private byte SetShift => (byte)(BitOperations.Log2(_layout.Words) + 2);

    /// <summary>A word of the set whose offset is in EBX.</summary>
    private static AssemblerMemoryOperand SetWord(Area sets, AssemblerRegister32 word) =>
        __dword_ptr[ebx + word * 4 + sets.Base];

    private readonly Dictionary<SetOperationKind, int> _operations = [];

    /// <summary>Emits an operation between its symbols.</summary>
    /// <param name="kind">Its contract.</param>
    /// <param name="emit">Its code.</param>
    /// <returns>Its symbol.</returns>
    private string Operation(SetOperationKind kind, Action emit)
    {
        var number = _operations[kind] = _operations.GetValueOrDefault(kind) + 1;
        var name = SetOperation.Symbol(kind, number);
        Place(name);
        emit();
        Place(name + SetOperation.EndSuffix);
        return name;
    }

    /// <summary>Defines a symbol here: where an operation leaves to when there is nothing to find.</summary>
    private void NoneFound(string operation) => Place(operation + SetOperation.NoneSuffix);

    /// <summary>EAX = the bit that CL names, modulo 32.</summary>
    private void Bit()
    {
        c.mov(eax, 1);
        c.shl(eax, cl);
    }

    /// <summary>Clears bit CL, modulo 32, of a word if EAX is 1 (it is 0 otherwise); EAX = the word.</summary>
    private void ClearBit(AssemblerMemoryOperand word, Action? pointAtWord = null)
    {
        c.shl(eax, cl);
        c.not(eax);
        pointAtWord?.Invoke();
        c.and(eax, word);
        c.mov(word, eax);
    }

    /// <summary>EAX = 1 if it is 0, else 0.</summary>
    private void IsEmpty()
    {
        c.cmp(eax, 1);
        c.sbb(eax, eax);
        c.neg(eax);
    }

    /// <summary>
    /// Puts the thread at EBP, which is in none, into the ready set of its priority, if it has time. Uses EAX, EBX,
    /// ECX, EDX.
    /// </summary>
    private void AddReady() => Operation(SetOperationKind.AddReady, () =>
        {
            var noTime = c.CreateLabel();
            c.mov(eax, The(_layout.Top));
            c.cmp(At(ebp, Layout.Slice), 0);
            c.je(noTime);
            Number(ecx, ebp);
            c.mov(edx, At(ebp, Layout.Priority));
            c.mov(ebx, edx);
            c.shl(ebx, SetShift);
            Bit();
            c.shr(ecx, 5);
            c.or(SetWord(_layout.Ready, ecx), eax);
            Bit();
            c.or(In(_layout.ReadySummary, edx), eax);
            c.mov(ecx, edx);
            Bit();
            c.shr(ecx, 5);
            c.or(In(_layout.PriorityMap, ecx), eax);
            Bit();
            c.or(The(_layout.PrioritySummary), eax);

            // top = the greater of top and the priority
            c.mov(eax, The(_layout.Top));
            c.mov(ebx, eax);
            c.sub(ebx, edx);
            c.sbb(ecx, ecx);
            c.and(ebx, ecx);
            c.sub(eax, ebx);
            c.Label(ref noTime);
            c.mov(The(_layout.Top), eax);
        });

    /// <summary>
    /// Takes thread number EDI out of the ready set of priority ESI, if it is in there. Uses EAX, EBX, ECX.
    /// </summary>
    private void RemoveReady() => Operation(SetOperationKind.RemoveReady, () =>
        {
            c.mov(ecx, edi);
            c.mov(ebx, esi);
            c.shl(ebx, SetShift);
            c.mov(eax, 1);
            ClearBit(SetWord(_layout.Ready, ecx), () => c.shr(ecx, 5));
            IsEmpty();
            ClearBit(In(_layout.ReadySummary, esi));
            IsEmpty();
            c.mov(ecx, esi);
            ClearBit(In(_layout.PriorityMap, ecx), () => c.shr(ecx, 5));
            IsEmpty();
            ClearBit(The(_layout.PrioritySummary));
        });

    /// <summary>
    /// EAX and top = the greatest priority of the competing threads; to <paramref name="none"/> if there are none,
    /// where <see cref="NoneFound"/> must be said. Uses ECX.
    /// </summary>
    private string GreatestPriority(Label none) => Operation(SetOperationKind.GreatestPriority, () =>
        {
            c.mov(eax, The(_layout.PrioritySummary));
            c.test(eax, eax);
            c.je(none);
            c.bsr(eax, eax);
            c.bsr(ecx, In(_layout.PriorityMap, eax));
            c.shl(eax, 5);
            c.or(eax, ecx);
            c.mov(The(_layout.Top), eax);
        });

    /// <summary>
    /// EAX = the next thread number, after the one picked last, in the ready set of priority ESI, which is not empty.
    /// Uses EBX, ECX, EDX.
    /// </summary>
    private void NextReady() => Operation(SetOperationKind.NextReady, () =>
        {
            c.mov(ebx, esi);
            c.shl(ebx, SetShift);
            c.mov(ecx, In(_layout.Picked, esi));
            FindNext(_layout.Ready, In(_layout.ReadySummary, esi));
        });

    /// <summary>Puts the current thread into the sender set of the thread at EBP. Uses EAX, EBX, ECX.</summary>
    private void AddSender() => Operation(SetOperationKind.AddSender, () =>
        {
            SenderSet(ebp);
            LoadMe(eax);
            Number(ecx, eax);
            Bit();
            c.shr(ecx, 5);
            c.or(SetWord(_layout.SenderSets, ecx), eax);
            Bit();
            c.or(At(ebp, _layout.Senders), eax);
        });

    /// <summary>Takes the thread at EBP out of the sender set of the thread at EDX. Uses EAX, EBX, ECX.</summary>
    private void RemoveSender() => Operation(SetOperationKind.RemoveSender, () =>
        {
            SenderSet(edx);
            Number(ecx, ebp);
            c.mov(eax, 1);
            ClearBit(SetWord(_layout.SenderSets, ecx), () => c.shr(ecx, 5));
            IsEmpty();
            ClearBit(At(edx, _layout.Senders));
        });

    /// <summary>
    /// EAX = the next thread number, after the one served last, in the sender set of the current thread, which is not
    /// empty. Uses EBX, ECX, EDX.
    /// </summary>
    private void NextSender() => Operation(SetOperationKind.NextSender, () =>
        {
            LoadMe(eax);
            SenderSet(eax);
            c.mov(ecx, Me(_layout.Served));
            FindNext(_layout.SenderSets, Me(_layout.Senders));
        });

    /// <summary>Puts the thread at EBP into the set of its deadline's slot. Uses EAX, EBX, ECX, EDX.</summary>
    private void AddTimer() => Operation(SetOperationKind.AddTimer, () =>
        {
            Number(ecx, ebp);
            Slot(edx, At(ebp, Layout.Deadline));
            c.mov(ebx, edx);
            c.shl(ebx, SetShift);
            Bit();
            c.shr(ecx, 5);
            c.or(SetWord(_layout.Timers, ecx), eax);
            Bit();
            c.or(In(_layout.TimerSummary, edx), eax);
        });

    /// <summary>
    /// Takes the thread at EBP out of the set of its deadline's slot, if its status says so. Uses EAX, EBX, ECX, EDX.
    /// </summary>
    private void RemoveTimer() => Operation(SetOperationKind.RemoveTimer, () =>
        {
            var untimed = c.CreateLabel();
            c.test(At(ebp, Layout.Status), StoredStatus.Timed);
            c.je(untimed);
            Number(ecx, ebp);
            Slot(edx, At(ebp, Layout.Deadline));
            c.mov(ebx, edx);
            c.shl(ebx, SetShift);
            c.mov(eax, 1);
            ClearBit(SetWord(_layout.Timers, ecx), () => c.shr(ecx, 5));
            IsEmpty();
            ClearBit(In(_layout.TimerSummary, edx));
            c.Label(ref untimed);
        });

    /// <summary>
    /// EAX = the next thread number after the one examined last in the set of the clock's slot; to
    /// <paramref name="none"/> if there is none, where <see cref="NoneFound"/> must be said. Uses EBX, ECX, EDX, ESI.
    /// </summary>
    private string NextTimer(Label none) => Operation(SetOperationKind.NextTimer, () =>
        {
            Slot(esi, The(_layout.Clock));
            c.cmp(In(_layout.TimerSummary, esi), 0);
            c.je(none);
            c.mov(ebx, esi);
            c.shl(ebx, SetShift);
            c.mov(ecx, The(_layout.Examined));
            FindNext(_layout.Timers, In(_layout.TimerSummary, esi));
            c.cmp(eax, The(_layout.Examined));
            c.jbe(none);
        });

    /// <summary>The slot that a time is in.</summary>
    private void Slot(AssemblerRegister32 slot, AssemblerMemoryOperand time)
    {
        c.mov(slot, time);
        c.and(slot, Spec.Limits.ClockSlots - 1);
    }

    /// <summary>EBX = the offset of the sender set of the thread whose row's address is in a register.</summary>
    private void SenderSet(AssemblerRegister32 receiver)
    {
        Number(ebx, receiver);
        c.shl(ebx, SetShift);
    }

    /// <summary>
    /// EAX = the next thread number after ECX, cyclically and ECX itself last, in the set whose offset is in EBX and
    /// which is not empty. Uses ECX, EDX.
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

        // A later word; if none, any word (the first, or the same one again from its start).
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
