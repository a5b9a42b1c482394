using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Tables;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// The trap address: INT 80h exchanges it with EIP, and exchange_trap with EAX. Both return at once if the thread's
/// segments are flat. Otherwise, above all in a small space, the thread returns by the usual way out.
/// </summary>
internal sealed partial class KernelProgram
{
    private Label _protection;

    private void Traps()
    {
        _protection = c.CreateLabel("protection");
        var slow = c.CreateLabel("trap_slow");
        var none = c.CreateLabel();
        var saved = c.CreateLabel();

        // INT 80h has no gate. It raises this exception, and EIP is in front of the instruction. The error code is
        // where EAX is saved.
        DefineLabel($"exception_{FaultMessage.Protection}");
        c.cmp(AtErrorCode(Layout.Eax), FaultMessage.TrapCode);
        c.jne(_protection);
        c.mov(AtErrorCode(Layout.Ecx), ecx);
        c.mov(ecx, AtErrorCode(Layout.TrapAddress));
        c.test(ecx, ecx);
        c.je(none);
        c.mov(AtErrorCode(Layout.Eax), eax);
        c.cmp(ecx, UserSpace.Last);
        c.ja(slow);
        UnlessFlat(slow);

        // POINT OF NO RETURN: EIP and the trap address change places.
        c.mov(eax, AtErrorCode(Layout.Eip));
        c.mov(ecx, AtErrorCode(Layout.TrapAddress));
        c.add(eax, LengthOfInt);
        c.mov(AtErrorCode(Layout.Eip), ecx);
        c.mov(AtErrorCode(Layout.TrapAddress), eax);
        c.mov(ecx, AtErrorCode(Layout.Ecx));
        c.pop(eax);
        c.iretd();

        c.Label(ref none);
        c.mov(ecx, AtErrorCode(Layout.Ecx));
        c.jmp(_protection);

        // The usual way out knows whether the new EIP is in the small space. An EIP beyond a large space is clipped.
        DefineLabel(ref slow);
        c.mov(ecx, AtErrorCode(Layout.Ecx));
        c.pop(eax);
        Enter();
        c.mov(eax, Current(Layout.Eip));
        c.mov(ecx, Current(Layout.TrapAddress));
        c.add(eax, LengthOfInt);
        c.mov(Current(Layout.TrapAddress), eax);
        Clip(ecx, eax);
        c.mov(Current(Layout.Eip), ecx);
        c.jmp(_exit);

        DefineLabel("exchange_trap");
        c.mov(OnEntryStack(Layout.Eax), eax);
        c.mov(OnEntryStack(Layout.Ecx), ecx);
        UnlessFlat(saved);

        // POINT OF NO RETURN: EAX and the trap address change places.
        c.mov(ecx, OnEntryStack(Layout.Eax));
        c.mov(eax, OnEntryStack(Layout.TrapAddress));
        c.mov(OnEntryStack(Layout.TrapAddress), ecx);
        c.mov(ecx, OnEntryStack(Layout.Ecx));
        c.iretd();

        c.Label(ref saved);
        c.mov(eax, OnEntryStack(Layout.Eax));
        c.mov(ecx, OnEntryStack(Layout.Ecx));
        Enter();
        c.mov(eax, Current(Layout.TrapAddress));
        c.mov(ecx, Current(Layout.Eax));
        c.mov(Current(Layout.Eax), eax);
        c.mov(Current(Layout.TrapAddress), ecx);
        c.jmp(_exit);
    }

    private const int LengthOfInt = 2;

    /// <summary>
    /// Jumps to <paramref name="slow"/> unless DS, ES, FS and GS are flat, as <see cref="FindReceiver"/> explains. EAX
    /// and ECX are lost.
    /// </summary>
    private void UnlessFlat(Label slow)
    {
        c.mov(eax, ds);
        c.mov(ecx, es);
        c.lea(eax, __[eax + ecx - 4 * (int)Layout.FlatData]);
        c.mov(ecx, fs);
        c.add(eax, ecx);
        c.mov(ecx, gs);
        c.add(al, cl);
        c.jne(slow);
    }

    /// <summary>A field of the current thread if the processor has just pushed an error code.</summary>
    private static AssemblerMemoryOperand AtErrorCode(Field field) =>
        __dword_ptr[esp + (int)(field.Offset - (Layout.InterruptFrame - 4))];
}
