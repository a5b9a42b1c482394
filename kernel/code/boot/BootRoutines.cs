using System.Runtime.CompilerServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>Boot's subroutines, which run with paging off: memory regions, ELF files, messages.</summary>
internal sealed partial class KernelProgram
{
    private readonly List<string> _messages = [];
    private Label _fail,
        _put;

    /// <summary>
    /// Prints a line and halts, unless the jump <paramref name="unless"/> is taken. In the text, # is the hexadecimal
    /// number in EDX, and @ is the number of the module whose server record is at EDI.
    /// </summary>
    private void Fail(
        string text,
        Action<Label>? unless = null,
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0
    )
    {
        var pass = c.CreateLabel();
        c.OnLine(file, line);
        unless?.Invoke(pass);
        c.mov(esi, Layout.Physical(_address(MessageSymbol(_messages.Count))));
        c.jmp(_fail);
        if (unless is not null)
            c.Label(ref pass);
        _messages.Add(text + "\r\n");
    }

    private static string MessageSymbol(int number) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"boot_message_{number}");

    private void BootConstants()
    {
        Constant("banner", "Verified: L4 X.0 on IA-32\r\n");
        Constant("boot_empty", "");
        Constant("panic_line", "panic: NMI, double fault or machine check\r\n");
        DefineLabel("boot_table");
        foreach (var thread in _threads)
        foreach (var dword in StartRow(thread))
            c.dd(dword);
        c.dd(0);
        DefineLabel("boot_mappings");
        foreach (var (linear, dword) in _mappings)
            c.dd(Layout.Physical(linear), dword);
        c.dd(0);
        for (var i = 0; i < _messages.Count; i++)
            Constant(MessageSymbol(i), _messages[i]);
    }

    private void BootSubroutines()
    {
        FailRoutine();
        if (!ServerThreads.Fit(_layout.Limits))
            return;
        AddRegionRoutine();
        FindOverlapRoutine();
        CheckRoutine();
        StageRoutine();
        UnpackRoutine();
        AppendRoutines();
    }

    private void FailRoutine()
    {
        var next = c.CreateLabel();
        var number = c.CreateLabel();
        var digit = c.CreateLabel();
        var decimalDigit = c.CreateLabel();
        var module = c.CreateLabel();
        var halt = c.CreateLabel();
        var wait = c.CreateLabel();
        _put = c.CreateLabel("boot_put");

        DefineLabel(ref _fail);
        c.mov(ebx, edx);
        c.Label(ref next);
        c.lodsb();
        c.test(al, al);
        c.je(halt);
        c.cmp(al, (byte)'#');
        c.je(number);
        c.cmp(al, (byte)'@');
        c.je(module);
        c.call(_put);
        c.jmp(next);

        c.Label(ref module);
        c.mov(eax, Of(Number_));
        c.add(al, (byte)'0');
        c.call(_put);
        c.jmp(next);

        c.Label(ref number);
        c.mov(ecx, 8);
        c.Label(ref digit);
        c.rol(ebx, 4);
        c.mov(eax, ebx);
        c.and(eax, 0xF);
        c.add(al, (byte)'0');
        c.cmp(al, (byte)'9');
        c.jbe(decimalDigit);
        c.add(al, 'A' - '9' - 1);
        c.Label(ref decimalDigit);
        c.call(_put);
        c.dec(ecx);
        c.jne(digit);
        c.mov(al, (byte)'h');
        c.call(_put);
        c.jmp(next);
        c.Label(ref halt);
        Halt();

        // Sends AL to COM1.
        DefineLabel(ref _put);
        c.push(eax);
        c.mov(dx, (ushort)Com1Ports.LineStatus);
        c.Label(ref wait);
        c.@in(al, dx);
        c.test(al, (byte)Com1Ports.TransmitterEmpty);
        c.je(wait);
        c.pop(eax);
        c.mov(dx, (ushort)Com1Ports.Data);
        c.@out(dx, al);
        c.ret();
    }

    /// <summary>Records that EAX..EDX is in use. Uses ECX.</summary>
    private void AddRegionRoutine()
    {
        DefineLabel(ref _addRegion);
        c.mov(ecx, RegionCount);
        c.cmp(ecx, MostRegions);
        Fail("boot: too many modules and program segments; give fewer", unless: c.jb);
        c.mov(__dword_ptr[ecx * 8 + Regions], eax);
        c.mov(__dword_ptr[ecx * 8 + (Regions + 4)], edx);
        c.inc(RegionCount);
        c.ret();
    }

    /// <summary>Sets carry if a region overlaps EAX..EDX; EBP is then the address of the first one. Uses ECX.</summary>
    private void FindOverlapRoutine()
    {
        var next = c.CreateLabel();
        var other = c.CreateLabel();
        var none = c.CreateLabel();
        DefineLabel(ref _findOverlap);
        c.mov(ebp, Regions);
        c.mov(ecx, RegionCount);
        c.Label(ref next);
        c.dec(ecx);
        c.js(none);
        c.cmp(__dword_ptr[ebp], edx);
        c.jae(other);
        c.cmp(eax, __dword_ptr[ebp + 4]);
        c.jae(other);
        c.stc();
        c.ret();
        c.Label(ref other);
        c.add(ebp, 8);
        c.jmp(next);
        c.Label(ref none);
        c.clc();
        c.ret();
    }

    /// <summary>
    /// Examines the module of the server at EDI: where its memory is, whether that memory is free, and where it starts.
    /// </summary>
    private void CheckRoutine()
    {
        var segment = c.CreateLabel();
        var skip = c.CreateLabel();
        var done = c.CreateLabel();
        var flat = c.CreateLabel();
        var above = c.CreateLabel();
        DefineLabel(ref _check);
        c.mov(esi, Of(Source));
        c.mov(ebx, Of(SourceSize));
        c.dec(ebx);
        c.mov(edx, esi);
        c.add(edx, ebx);
        Fail("boot: module @ is empty; give sigma0 as module 1, the root task as module 2", unless: c.jnc);
        c.inc(ebx);
        c.mov(ebp, Of(Start));
        c.cmp(ebx, ElfFormat.HeaderSize);
        c.jb(flat);
        c.cmp(__dword_ptr[esi], ElfMagic);
        c.jne(flat);

        // EBP is the module's entry in the start table. Each segment extends the entry's begin and end.
        c.mov(Of(IsElf), 1);
        c.mov(__dword_ptr[ebp + KernelInfo.StartBegin], -1);
        c.cmp(__word_ptr[esi + 4], 0x0101);
        Fail("boot: module @ is not a 32-bit little-endian ELF file; compile it for IA-32", unless: c.je);
        c.cmp(__dword_ptr[esi + 16], (uint)ElfFormat.Intel386 << 16 | ElfFormat.Executable);
        Fail("boot: module @ is an ELF file, but no executable for IA-32; link it statically", unless: c.je);
        c.mov(eax, __dword_ptr[esi + 24]);
        c.mov(__dword_ptr[ebp + KernelInfo.StartEip], eax);

        Headers("boot: module @ is cut off: its program headers are beyond its end; give the whole file");
        c.Label(ref segment);
        c.dec(__dword_ptr[esp]);
        c.js(done);
        c.cmp(__dword_ptr[esi], ElfFormat.Load);
        c.jne(skip);
        c.mov(ecx, __dword_ptr[esi + 20]);
        c.test(ecx, ecx);
        c.je(skip);
        c.mov(eax, __dword_ptr[esi + 16]);
        c.cmp(ecx, eax);
        Fail("boot: a segment of module @ has more bytes in the file than in memory; link it again", unless: c.jae);
        c.add(eax, __dword_ptr[esi + 4]);
        c.sbb(edx, edx);
        c.or(eax, edx);
        c.cmp(Of(SourceSize), eax);
        Fail("boot: module @ is cut off: a segment is beyond its end; give the whole file", unless: c.jae);
        c.mov(eax, __dword_ptr[esi + 12]);
        c.mov(edx, eax);
        c.add(edx, ecx);
        Fail("boot: a segment of module @ goes beyond 4 GB; link it below", unless: c.jnc);
        Claim();

        // Extends begin and end of the program.
        c.mov(ecx, Of(Start));
        c.cmp(eax, __dword_ptr[ecx + KernelInfo.StartBegin]);
        c.jae(above);
        c.mov(__dword_ptr[ecx + KernelInfo.StartBegin], eax);
        c.Label(ref above);
        c.cmp(edx, __dword_ptr[ecx + KernelInfo.StartEnd]);
        c.jbe(skip);
        c.mov(__dword_ptr[ecx + KernelInfo.StartEnd], edx);
        c.Label(ref skip);
        c.add(esi, ebx);
        c.jmp(segment);

        c.Label(ref done);
        c.pop(ecx);
        c.mov(ebp, Of(Start));
        c.mov(edx, __dword_ptr[ebp + KernelInfo.StartEip]);
        c.mov(eax, edx);
        c.sub(eax, __dword_ptr[ebp + KernelInfo.StartBegin]);
        c.mov(ecx, __dword_ptr[ebp + KernelInfo.StartEnd]);
        c.sub(ecx, __dword_ptr[ebp + KernelInfo.StartBegin]);
        c.cmp(eax, ecx);
        Fail("boot: module @ starts at #, where it has no segment; link it with its physical addresses", unless: c.jb);
        c.ret();

        c.Label(ref flat);
        c.mov(eax, esi);
        c.lea(edx, __[esi + ebx]);
        c.mov(__dword_ptr[ebp + KernelInfo.StartEip], eax);
        c.mov(__dword_ptr[ebp + KernelInfo.StartBegin], eax);
        c.mov(__dword_ptr[ebp + KernelInfo.StartEnd], edx);
        Claim();
        c.ret();
    }

    /// <summary>Makes EAX..EDX a region. It must be memory, and free. Uses ECX, EBP.</summary>
    private void Claim()
    {
        c.cmp(edx, MemoryEnd);
        Fail(
            "boot: not enough memory: module @ needs it up to #; give the machine more, or link it lower",
            unless: c.jbe
        );
        c.call(_findOverlap);
        var free = c.CreateLabel();
        c.jnc(free);
        c.mov(edx, __dword_ptr[ebp]);
        Fail("boot: module @ overlaps what is at #: the kernel, devices, a module or itself; link it elsewhere");
        c.Label(ref free);
        c.call(_addRegion);
    }
}
