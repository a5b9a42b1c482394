using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Tables;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// The kernel as an assembler program. Each part emits straight-line code from one cut point to the next. After boot
/// there is no kernel stack, no call and no loop.
/// </summary>
/// <remarks>
/// The stack of ring 0 always starts at the end of the current thread's row. So the interrupt and PUSHA save the user
/// registers in that row, and ESP is the only pointer to the current thread that the code needs. Within the kernel,
/// from PUSHA on, ESP = row + <see cref="Layout.Frame"/>.
/// </remarks>
internal sealed partial class KernelProgram
{
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
    /// Assembles the code and constants, to be loaded at <see cref="Layout.KernelBase"/> +
    /// <see cref="Layout.ImageBase"/>, and their symbols. If the loader gives no modules, boot applies
    /// </summary>
    /// <paramref name="mappings"/>, which are dwords of the tables, and starts <paramref name="threads"/>.
    public static (byte[] Text, SortedDictionary<string, uint> Symbols) Assemble(
        Layout layout,
        IReadOnlyList<BootThread> threads,
        IReadOnlyList<(uint Linear, uint Dword)> mappings
    )
    {
        // The first pass computes the addresses that boot uses as numbers. The length of no instruction depends on
        // them.
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
        Traps();
        ShortCalls();
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

        // Behind Ipc they would share lines of a Pentium's code cache with other short paths, and Unix would be slower.
        IpcOfSmallSpaces();
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

    /// <summary>Defines a label and a symbol of the same name at this place.</summary>
    private void DefineLabel(ref Label label)
    {
        c.Label(ref label);
        _marks.Add((label.Name, label));
    }

    /// <summary>Defines a symbol at this place. A label may be here, too.</summary>
    private void DefineSymbol(string name) => _places.Add((name, c.Instructions.Count));

    private void DefineLabel(string name)
    {
        var label = c.CreateLabel(name);
        DefineLabel(ref label);
    }

    /// <summary>A field of the current thread.</summary>
    private static AssemblerMemoryOperand Current(Field field) => __dword_ptr[esp + (int)(field.Offset - Layout.Frame)];

    /// <summary>
    /// A field of the current thread before its registers are saved. The processor has pushed no error code, or POP
    /// removes it.
    /// </summary>
    private static AssemblerMemoryOperand OnEntryStack(Field field) =>
        __dword_ptr[esp + (int)(field.Offset - Layout.InterruptFrame)];

    /// <summary>A field of the thread whose row address is in a register.</summary>
    private static AssemblerMemoryOperand Row(AssemblerRegister32 row, Field field) => __dword_ptr[row + field.Offset];

    /// <summary>The dword of a row in an area of dwords; the row number is in a register.</summary>
    private static AssemblerMemoryOperand Element(Area area, AssemblerRegister32 row) =>
        __dword_ptr[row * 4 + area.Base];

    /// <summary>The only dword of an area.</summary>
    private static AssemblerMemoryOperand Variable(Area area) => __dword_ptr[area.Base];

    /// <summary>The value of the partner field for a thread without a partner.</summary>
    private uint Nobody => _layout.Threads.Base;

    /// <summary>Sets ESP to its value within the kernel. A cut point assumes nothing about the registers.</summary>
    private void LoadCurrent()
    {
        c.mov(esp, Variable(_layout.TssStack));
        c.sub(esp, Layout.ThreadSize - Layout.Frame);
    }

    /// <summary>Loads the address of the current thread's row.</summary>
    private void LoadCurrentRow(AssemblerRegister32 row) => c.lea(row, __[esp - (int)Layout.Frame]);

    /// <summary>Makes the thread whose row address is in a register ready, without a partner.</summary>
    private void Free(AssemblerRegister32 row)
    {
        c.mov(Row(row, Layout.Status), StoredStatus.Ready);
        c.mov(Row(row, _layout.Partner), Nobody);
    }

    /// <summary>
    /// Computes the address of the row that an id names. A shift and a mask keep every id within the table.
    /// </summary>
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
    /// Computes the number of the thread whose row address is in another register. Uses EAX, which may be that
    /// register.
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

    /// <summary>Computes the row address of the thread whose number is in another register, which is lost.</summary>
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

    private int LthreadBits => (int)_layout.Limits.LthreadBits;
}
