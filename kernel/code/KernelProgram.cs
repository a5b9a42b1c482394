using System.Numerics;
using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// The kernel as an assembler program: its parts emit straight-line code from one cut point to the next. No kernel
/// stack, no calls, no loops after boot.
/// </summary>
/// <remarks>
/// The stack of ring 0 always starts at the end of the current thread's row, so the interrupt and PUSHA save the user
/// registers where they belong, and ESP is the only pointer to the current thread that the code needs. Within the
/// kernel, from PUSHA on, ESP = row + <see cref="Frame"/>.
/// </remarks>
internal sealed partial class KernelProgram
{
    /// <summary>Offset of the saved registers in a row: what POPA and IRET load.</summary>
    private const uint Frame = 0x4C;

    /// <summary>Offset of the part of the frame that the processor itself pushes.</summary>
    private const uint InterruptFrame = 0x6C;

    private readonly Layout _layout;
    private readonly IReadOnlyList<BootThread> _threads;
    private readonly IReadOnlyList<(uint Linear, uint Dword)> _mappings;
    private readonly Func<string, uint> _address;
    private readonly KernelAssembler c = new();
    private readonly List<(string Name, Label Label)> _marks = [];
    private readonly List<(string Name, int Instruction)> _places = [];
    private IReadOnlyList<uint> _addresses = [];

    private KernelProgram(
        Layout layout,
        IReadOnlyList<BootThread> threads,
        IReadOnlyList<(uint Linear, uint Dword)> mappings,
        Func<string, uint> address
    ) => (_layout, _threads, _mappings, _address) = (layout, threads, mappings, address);

    /// <summary>
    /// The code and constants, to be loaded at <see cref="Layout.KernelBase"/> + <see cref="Layout.ImageBase"/>, and
    /// its symbols. Where the loader gives no modules, boot starts <paramref name="threads"/>, after it has made their
    /// <paramref name="mappings"/>: dwords of the tables.
    /// </summary>
    public static (byte[] Text, SortedDictionary<string, uint> Symbols) Assemble(
        Layout layout,
        IReadOnlyList<BootThread> threads,
        IReadOnlyList<(uint Linear, uint Dword)> mappings
    )
    {
        // The first pass learns the addresses of the labels that boot takes as numbers; no length depends on them.
        var (_, symbols) = new KernelProgram(layout, threads, mappings, _ => Layout.KernelBase).Emit();
        return new KernelProgram(layout, threads, mappings, name => symbols[name]).Emit();
    }

    /// <summary>The source line of each instruction of <see cref="Assemble"/>, by linear address.</summary>
    public static (SortedDictionary<string, uint> Symbols, IReadOnlyDictionary<uint, SourceLine> Lines) Lines(
        Layout layout,
        IReadOnlyList<BootThread> threads,
        IReadOnlyList<(uint Linear, uint Dword)> mappings
    )
    {
        var program = new KernelProgram(layout, threads, mappings, _ => Layout.KernelBase);
        var (_, symbols) = program.Emit();
        var lines = program
            ._addresses.Index()
            .Where(at => program.c.LineOf(at.Index) is not null)
            .ToDictionary(at => at.Item, at => program.c.LineOf(at.Index)!);
        return (symbols, lines);
    }

    private (byte[] Text, SortedDictionary<string, uint> Symbols) Emit()
    {
        _exit = c.CreateLabel("exit");
        MultibootHeader();
        Ipc();
        IpcSend();
        IpcReceive();
        IpcAccept();
        Leave();
        IdNearest();
        FpageUnmap();
        Map();
        ThreadSwitch();
        ThreadSchedule();
        LthreadExRegs();
        TaskNew();
        Delete();
        Tick();
        Wake();
        DeviceInterrupts();
        Exceptions();
        Pick();
        Exit();
        Panic();
        Boot();

        const ulong origin = Layout.KernelBase + Layout.ImageBase;
        using var text = new MemoryStream();
        var result = c.Assemble(new StreamCodeWriter(text), origin, BlockEncoderOptions.ReturnNewInstructionOffsets);
        _addresses = [.. result.Result[0].NewInstructionOffsets.Select(offset => (uint)origin + offset)];
        var symbols = new SortedDictionary<string, uint>(StringComparer.Ordinal);
        foreach (var (name, label) in _marks)
            symbols.Add(name, (uint)result.GetLabelRIP(label));
        foreach (var (name, instruction) in _places)
            symbols.Add(name, _addresses[instruction]);
        return (text.ToArray(), symbols);
    }

    /// <summary>Defines a label here, and the symbol of its name.</summary>
    private void Mark(ref Label label)
    {
        c.Label(ref label);
        _marks.Add((label.Name, label));
    }

    /// <summary>Defines a symbol here, where a label may be too.</summary>
    private void Place(string name) => _places.Add((name, c.Instructions.Count));

    private void Mark(string name)
    {
        var label = c.CreateLabel(name);
        Mark(ref label);
    }

    /// <summary>A field of the current thread.</summary>
    private static AssemblerMemoryOperand Me(Field field) => __dword_ptr[esp + (int)(field.Offset - Frame)];

    /// <summary>
    /// A field of the current thread, before its registers are saved, where the processor has pushed no error code, or
    /// POP takes it.
    /// </summary>
    private static AssemblerMemoryOperand AtStack(Field field) =>
        __dword_ptr[esp + (int)(field.Offset - InterruptFrame)];

    /// <summary>A field of the thread whose row's address is in a register.</summary>
    private static AssemblerMemoryOperand At(AssemblerRegister32 row, Field field) => __dword_ptr[row + field.Offset];

    /// <summary>The dword of an area of dwords whose row's number is in a register.</summary>
    private static AssemblerMemoryOperand In(Area area, AssemblerRegister32 row) => __dword_ptr[row * 4 + area.Base];

    /// <summary>The dword of an area of one dword.</summary>
    private static AssemblerMemoryOperand The(Area area) => __dword_ptr[area.Base];

    /// <summary>The partner field of a thread that has none.</summary>
    private uint Nobody => _layout.Threads.Base;

    /// <summary>
    /// ESP as it is within the kernel, whatever it was: at a cut point nothing is known of the registers.
    /// </summary>
    private void LoadCurrent()
    {
        c.mov(esp, The(_layout.TssStack));
        c.sub(esp, Layout.ThreadSize - Frame);
    }

    /// <summary>Address of the current thread's row.</summary>
    private void LoadMe(AssemblerRegister32 row) => c.lea(row, __[esp - (int)Frame]);

    /// <summary>The thread whose row's address is in a register is ready, and has no partner.</summary>
    private void Free(AssemblerRegister32 row)
    {
        c.mov(At(row, Layout.Status), StoredStatus.Ready);
        c.mov(At(row, _layout.Partner), Nobody);
    }

    /// <summary>Address of the row that an id names: a shift and a mask, so that no id leaves the table.</summary>
    private void RowAddress(AssemblerRegister32 row, AssemblerRegister32 id)
    {
        c.mov(row, id);
        c.shr(row, (byte)(ThreadId.LthreadShift - Layout.ThreadShift));
        c.and(row, RowMask);
        c.add(row, _layout.Threads.Base);
    }

    /// <summary>The bits of a row's offset in the table of threads.</summary>
    private uint RowMask =>
        (_layout.Limits.Tasks - 1) << Layout.BlockShift | (_layout.Limits.Lthreads - 1) << (int)Layout.ThreadShift;

    /// <summary>
    /// Number of the thread whose row's address is in another register. Uses EAX, which may be that one.
    /// </summary>
    private void Number(AssemblerRegister32 number, AssemblerRegister32 row)
    {
        c.mov(number, row);
        if (row != eax)
            c.mov(eax, row);
        c.shr(number, (byte)(Layout.BlockShift - LthreadBits));
        c.and(eax, (_layout.Limits.Lthreads - 1) << (int)Layout.ThreadShift);
        c.shr(eax, (byte)Layout.ThreadShift);
        c.and(number, (_layout.Limits.Tasks - 1) << LthreadBits);
        c.or(number, eax);
    }

    /// <summary>Address of the row of the thread whose number is in another register, which is lost.</summary>
    private void RowOfNumber(AssemblerRegister32 row, AssemblerRegister32 number)
    {
        c.mov(row, number);
        c.and(number, _layout.Limits.Lthreads - 1);
        c.shl(number, (byte)Layout.ThreadShift);
        c.and(row, (_layout.Limits.Tasks - 1) << LthreadBits);
        c.shl(row, (byte)(Layout.BlockShift - LthreadBits));
        c.add(number, _layout.Threads.Base);
        c.add(row, number);
    }

    private int LthreadBits => BitOperations.Log2(_layout.Limits.Lthreads);
}
