using System.Runtime.InteropServices;

namespace Verified.Proofs.Bench;

/// <summary>
/// The emulator Unicorn 2 (QEMU's translator as a library), for comparison if it is installed: Debian's libunicorn2.
/// A machine with flat 32-bit memory.
/// </summary>
internal sealed partial class Unicorn : IDisposable
{
    private const string Name = "libunicorn.so.2";
    private const int X86 = 4,
        Bits32 = 4,
        AllRights = 7;

    // uc_x86_reg: AH AL AX BH BL BP BPL BX CH CL CS CX DH DI DIL DL DS DX EAX EBP EBX ECX EDI EDX EFLAGS EIP ...
    public const int Eax = 19,
        Esp = 30,
        Esi = 29;

    private readonly nint _engine;

    private Unicorn(nint engine) => _engine = engine;

    /// <summary>A machine with memory from address 0; null if there is no Unicorn.</summary>
    public static Unicorn? TryCreate(ulong memory)
    {
        if (!NativeLibrary.TryLoad(Name, out _))
            return null;
        Check(Open(X86, Bits32, out var engine), "open");
        Check(Map(engine, 0, memory, AllRights), "map memory");
        return new(engine);
    }

    public void Write(uint address, ReadOnlySpan<byte> bytes) =>
        Check(WriteMemory(_engine, address, bytes, (ulong)bytes.Length), "write memory");

    public void Read(uint address, Span<byte> bytes) =>
        Check(ReadMemory(_engine, address, bytes, (ulong)bytes.Length), "read memory");

    public void Set(int register, uint value) => Check(WriteRegister(_engine, register, in value), "write a register");

    public void Run(uint from, uint until) => Check(Start(_engine, from, until, 0, 0), "run");

    public void Dispose() => _ = Close(_engine);

    private static void Check(int error, string what)
    {
        if (error != 0)
            throw new InvalidOperationException($"Unicorn could not {what}: error {error}");
    }

    [LibraryImport(Name, EntryPoint = "uc_open")]
    private static partial int Open(int architecture, int mode, out nint engine);

    [LibraryImport(Name, EntryPoint = "uc_close")]
    private static partial int Close(nint engine);

    [LibraryImport(Name, EntryPoint = "uc_mem_map")]
    private static partial int Map(nint engine, ulong address, ulong size, uint rights);

    [LibraryImport(Name, EntryPoint = "uc_mem_write")]
    private static partial int WriteMemory(nint engine, ulong address, ReadOnlySpan<byte> bytes, ulong size);

    [LibraryImport(Name, EntryPoint = "uc_mem_read")]
    private static partial int ReadMemory(nint engine, ulong address, Span<byte> bytes, ulong size);

    [LibraryImport(Name, EntryPoint = "uc_reg_write")]
    private static partial int WriteRegister(nint engine, int register, in uint value);

    [LibraryImport(Name, EntryPoint = "uc_emu_start")]
    private static partial int Start(nint engine, ulong from, ulong until, ulong microseconds, ulong count);
}
