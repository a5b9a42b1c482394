using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>A fact that needs an x86-64 Linux host, whose processor is the oracle.</summary>
internal sealed class HostFactAttribute : Xunit.FactAttribute
{
    public HostFactAttribute()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64 || !OperatingSystem.IsLinux())
            Skip = "the oracle is the host's own processor: x86-64 Linux only";
    }
}

/// <summary>Registers EAX, ECX, EDX, EBX, ESI, EDI, EBP and flags, before or after an instruction.</summary>
internal record struct HostState(uint Eax, uint Ecx, uint Edx, uint Ebx, uint Esi, uint Edi, uint Ebp, uint Flags);

/// <summary>One instruction wrapped so that the host executes it natively with given registers and flags.</summary>
internal sealed unsafe partial class HostProcessor : IDisposable
{
    private const nuint PageSize = 4096;
    private readonly byte* _code;

    public HostProcessor(Action<Assembler> instruction)
    {
        const int readWrite = 3, readExecute = 5, privateAnonymous = 0x22;
        var bytes = TestPc.Assemble(c => Wrap(c, instruction), 0, 64);
        _code = (byte*)Map(null, PageSize, readWrite, privateAnonymous, -1, 0);
        if (_code == (byte*)-1)
            throw new InvalidOperationException("mmap failed");
        bytes.CopyTo(new Span<byte>(_code, (int)PageSize));
        if (Protect(_code, PageSize, readExecute) != 0)
            throw new InvalidOperationException("mprotect failed");
    }

    public HostState Execute(HostState s)
    {
        var cells = stackalloc ulong[] { s.Eax, s.Ecx, s.Edx, s.Ebx, s.Esi, s.Edi, s.Ebp, s.Flags };
        ((delegate* unmanaged<ulong*, void>)_code)(cells);
        return new((uint)cells[0], (uint)cells[1], (uint)cells[2], (uint)cells[3], (uint)cells[4], (uint)cells[5], (uint)cells[6],
            (uint)cells[7]);
    }

    public void Dispose() => _ = Unmap(_code, PageSize);

    private static void Wrap(Assembler c, Action<Assembler> instruction)
    {
        AssemblerRegister32[] registers = [eax, ecx, edx, ebx, esi, edi, ebp];
        c.push(rbx);
        c.push(rbp);
        c.push(r15);
        c.mov(r15, rdi);
        c.push(__qword_ptr[r15 + 56]);
        for (var i = 0; i < registers.Length; i++)
            c.mov(registers[i], __dword_ptr[r15 + i * 8]);
        c.popfq();
        instruction(c);
        c.pushfq();
        c.pop(__qword_ptr[r15 + 56]);
        for (var i = 0; i < registers.Length; i++)
            c.mov(__dword_ptr[r15 + i * 8], registers[i]);
        c.pop(r15);
        c.pop(rbp);
        c.pop(rbx);
        c.ret();
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* at, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* at, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* at, nuint length);
}
