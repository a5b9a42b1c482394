using System.ComponentModel;
using System.Diagnostics;
using Iced.Intel;
using Verified.Proofs.Host;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Proofs.Bench;

/// <summary>
/// Whole-machine emulators that run as separate programs: QEMU and Bochs. They run the loop of
/// <see cref="MachineSpeed"/> as a ROM. The result is the processor time of the program, minus its time for a loop of
/// one turn.
/// </summary>
internal static class OtherMachines
{
    private const int Size = 0x10000,
        Entry = 0x100,
        Table = 0x80,
        Loop = 0x200;
    private const ushort FlatCode = 8,
        FlatData = 16;

    // The loop's value for isa-debug-exit: QEMU itself fails with other codes.
    private const byte EndStatus = 0x10;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2),
        Sample = TimeSpan.FromMilliseconds(5);

    public static IReadOnlyList<(string Name, Func<double?> Speed)> All { get; } =
    [
        ("QEMU", () =>
            Speed(
                "qemu-system-i386",
                ended => ended.Exit == EndStatus * 2 + 1,
                (rom, _) =>
                    [
                        "-cpu",
                        "486",
                        "-bios",
                        rom,
                        "-display",
                        "none",
                        "-serial",
                        "none",
                        "-monitor",
                        "none",
                        "-no-reboot",
                        "-device",
                        "isa-debug-exit,iobase=0xf4,iosize=4",
                    ]
            )
        ),
        ("Bochs", () => Speed(
                "bochs",
                ended => ended.Errors.Contains("shutdown requested", StringComparison.Ordinal),
                (rom, folder) =>
                {
                    var (options, commands) = (Path.Combine(folder, "bochsrc"), Path.Combine(folder, "commands"));
                    File.WriteAllLines(
                        options,
                        [
                            "display_library: rfb, options=\"timeout=0\"",
                            "megs: 16",
                            $"romimage: file={rom}, address=0xffff0000",
                            "cpu: model=pentium, ips=500000000",
                            $"log: {Path.Combine(folder, "log")}",
                            "panic: action=fatal",
                            "error: action=ignore",
                            "info: action=ignore",
                        ]
                    );
                    // A build with the debugger waits for a command first.
                    File.WriteAllText(commands, "c\n");
                    return ["-q", "-f", options, "-rc", commands];
                }
            )),
    ];

    /// <summary>
    /// Millions of instructions per second of a core; null if the program is not installed or did not end.
    /// </summary>
    private static double? Speed(string program, Func<Ended, bool> isRegular, Func<string, string, string[]> arguments)
    {
        var folder = Directory.CreateTempSubdirectory("verified-bench").FullName;
        try
        {
            var start = Seconds(1);
            var whole = start is null ? null : Seconds(MachineSpeed.Turns);
            return whole - start is > 0 and var seconds ? MachineSpeed.LoopInstructions / seconds / 1e6 : null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        double? Seconds(uint turns)
        {
            var rom = Path.Combine(folder, "rom");
            File.WriteAllBytes(rom, Rom(turns));
            try
            {
                using var running = OtherProgram.Start(program, arguments(rom, folder), Patience);
                running.Process.OutputDataReceived += (_, _) => { };
                running.Process.BeginOutputReadLine();
                // The system does not report the time of a process that has ended.
                var used = TimeSpan.Zero;
                while (!running.Process.WaitForExit(Sample))
                    used = Used(running.Process) ?? used;
                return isRegular(running.End("")) ? used.TotalSeconds : null;
            }
            catch (Win32Exception)
            {
                return null;
            }
        }
    }

    private static TimeSpan? Used(Process process)
    {
        try
        {
            return process.TotalProcessorTime;
        }
        catch (InvalidOperationException)
        {
            return null; // it has just ended
        }
    }

    /// <summary>
    /// A ROM of 64 KB, entered by reset at F000:FFF0. It switches to flat protected mode, runs the loop, and ends QEMU
    /// by isa-debug-exit, or Bochs by its port.
    /// </summary>
    internal static byte[] Rom(uint turns)
    {
        var rom = new byte[Size];
        Put(16, 0xFFF0, c => c.jmp(0xF000, Entry));
        BitConverter.TryWriteBytes(rom.AsSpan(Table), (ushort)23);
        BitConverter.TryWriteBytes(rom.AsSpan(Table + 2), 0xF0000u + Table + 8);
        BitConverter.TryWriteBytes(rom.AsSpan(Table + 16), 0x00CF9B000000FFFFul);
        BitConverter.TryWriteBytes(rom.AsSpan(Table + 24), 0x00CF93000000FFFFul);
        Put(16, Entry, c =>
        {
            c.cli();
            c.mov(ax, 0xF000);
            c.mov(ds, ax);
            c.lgdt(__[Table]);
            c.mov(eax, cr0);
            c.or(al, 1);
            c.mov(cr0, eax);
            // JMP FlatCode:Loop, with an operand of 32 bits.
            c.db(0x66, 0xEA);
            c.dd(0xF0000u + Loop);
            c.dw(FlatCode);
        });
        Put(32, Loop, c =>
        {
            c.mov(eax, (uint)FlatData);
            c.mov(ds, ax);
            c.mov(es, ax);
            c.mov(ss, ax);
            c.mov(esi, MachineSpeed.Data);
            c.mov(esp, MachineSpeed.Stack);
            c.mov(edi, esi);
            c.xor(eax, eax);
            c.mov(ecx, MachineSpeed.Words);
            c.cld();
            c.rep.stosd();
            c.mov(__dword_ptr[MachineSpeed.Counter], turns);
            MachineSpeed.WriteLoop(c);
            c.mov(dx, 0xF4);
            c.mov(al, EndStatus);
            c.@out(dx, al);
            c.mov(dx, 0x8900);
            foreach (var letter in "Shutdown")
            {
                c.mov(al, (byte)letter);
                c.@out(dx, al);
            }

            c.hlt();
        });
        return rom;

        void Put(int bits, int at, Action<Assembler> program)
        {
            var assembler = new Assembler(bits);
            program(assembler);
            using var bytes = new MemoryStream();
            assembler.Assemble(new StreamCodeWriter(bytes), bits == 16 ? (uint)at : 0xF0000u + (uint)at);
            bytes.ToArray().CopyTo(rom, at);
        }
    }
}
