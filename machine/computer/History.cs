using System.Globalization;
using Iced.Intel;
using Verified.Machine.Compiler;
using Verified.Machine.Processor;
using Decoder = Iced.Intel.Decoder;

namespace Verified.Machine.Computer;

/// <summary>
/// The report of a machine that has crashed: registers, the last instructions, and the descriptor that failed.
/// </summary>
public sealed partial class Pc
{
    private const int Remembered = 32,
        LongestInstruction = 15;

    private readonly PastRun[] _history = new PastRun[Remembered];
    private int _historyAt;

    // The present run of instructions.
    private Block? _runningBlock;
    private uint _running;

    /// <summary>
    /// An execution from the start of a block: its linear address, and the number of instructions that were begun.
    /// </summary>
    private readonly record struct PastRun(Block Block, uint Linear, int Begun);

    /// <summary>
    /// Called after each run of consecutive instructions, with the linear addresses of the first and of the last one
    /// that was begun. May be null. Compiled code reports only the first block of a trace, so whoever wants all runs
    /// keeps <see cref="HotAfter"/> out of reach.
    /// </summary>
    public Action<uint, uint>? Ran { get; set; }

    // The history contains only the first block of a trace.
    private void Remember(Block block, uint linear, int begun)
    {
        _history[_historyAt = _historyAt + 1 & Remembered - 1] = new(block, linear, begun);
        if (Ran is not { } ran || begun == 0)
            return;
        var last = linear;
        for (var i = 0; i < begun - 1; i++)
            last += block.Operations[i].Length;
        ran(linear, last);
    }

    private void BeginRun(Block block, uint linear) => (_runningBlock, _running) = (block, linear);

    /// <summary>
    /// Completes the history when an exception ends a run, because the instructions begun are not recorded yet. It
    /// catches no exception.
    /// </summary>
    private bool RememberCrash()
    {
        var code = Cpu.S[SegmentRegister.Cs];
        var last = (code.Base + Cpu.Eip).Value;
        // An interrupt that could not be delivered occurred between two runs.
        if (
            _runningBlock is { } block
            && last - _running < LongestInstruction * (uint)Cpu.Begun
            && _history[_historyAt] != new PastRun(block, _running, Cpu.Begun)
        )
            Remember(block, _running, Cpu.Begun);
        return false;
    }

    /// <summary>
    /// The last instructions, oldest first: linear address, bytes, text. The bytes are those that were executed, even
    /// if memory or page tables have changed since.
    /// </summary>
    /// <param name="most">The largest number of instructions.</param>
    public IReadOnlyList<string> LastInstructions(int most = 16)
    {
        var lines = new List<string>();
        for (var i = 1; i <= Remembered; i++)
        {
            var (block, linear, begun) = _history[_historyAt + i & Remembered - 1];
            for (var at = 0; begun > 0 && at < block.Bytes.Length; begun--)
            {
                var (text, length) = Disassemble(block.Bytes.AsSpan(at), linear + (uint)at, block.Big);
                lines.Add(text);
                at += Math.Max(length, 1);
            }
        }
        return lines.TakeLast(most).ToList();
    }

    /// <summary>Disassembles the instruction at a linear address from the present contents of memory.</summary>
    public (string Text, int Length) Disassemble(uint linear, bool big)
    {
        var bytes = new byte[LongestInstruction];
        var length = 0;
        for (; length < bytes.Length && Mmu.Look(linear + (uint)length) is { } at; length++)
            bytes[length] = (byte)Memory.Load(at, 1);
        return Disassemble(bytes.AsSpan(0, length), linear, big);
    }

    private static (string Text, int Length) Disassemble(ReadOnlySpan<byte> bytes, uint linear, bool big)
    {
        var decoder = Decoder.Create(big ? 32 : 16, new ByteArrayCodeReader(bytes.ToArray()), linear);
        decoder.Decode(out var instruction);
        return (
            $"{linear:X8}  {Convert.ToHexString(bytes[..instruction.Length]), -20} {instruction}",
            instruction.Length
        );
    }

    /// <summary>The registers, in four lines.</summary>
    public IReadOnlyList<string> DescribeRegisters()
    {
        var (c, r) = (Cpu, Cpu.R);
        var mode =
            c.Virtual ? "virtual-8086"
            : (c.Cr0 & ControlBit.ProtectionEnable) == 0 ? "real"
            : "protected";
        return
        [
            $"EAX {Hex(r[0])} ECX {Hex(r[1])} EDX {Hex(r[2])} EBX {Hex(r[3])} ESP {Hex(r[4])} EBP {Hex(r[5])} ESI "
                + $"{Hex(r[6])} EDI {Hex(r[7])}",
            $"CS:EIP {Sel(SegmentRegister.Cs)}:{Hex(c.Eip)} SS {Sel(SegmentRegister.Ss)} DS {Sel(SegmentRegister.Ds)} "
                + $"ES {Sel(SegmentRegister.Es)}"
                + $" FS {Sel(SegmentRegister.Fs)} GS {Sel(SegmentRegister.Gs)} EFLAGS {Hex(c.Eflags)}, CPL {c.Cpl}, "
                + $"{mode} mode",
            $"CR0 {Hex(c.Cr0)} CR2 {Hex(c.Cr2)} CR3 {Hex(c.Cr3)} CR4 {Hex(c.Cr4)} TR "
                + $"{(uint)c.TaskRegister.Selector:X4} LDTR {(uint)c.LocalTable.Selector:X4}",
            $"GDT {Hex(c.GdtBase)}+{(uint)c.GdtLimit:X4} IDT {Hex(c.IdtBase)}+{(uint)c.IdtLimit:X4}",
        ];
    }

    /// <summary>
    /// Describes the table entry that an error code of #TS, #NP, #SS or #GP names; null for other faults.
    /// </summary>
    public string? DescribeDescriptor(Fault fault)
    {
        if (
            fault.ErrorCode is not { } code
            || fault.Vector is < Vectors.InvalidTaskState or > Vectors.GeneralProtection
            || code < 2
        )
            return null;
        var index = code & 0xFFF8;
        var (name, table) =
            (code & 2) != 0 ? ("IDT", Cpu.IdtBase.Value)
            : (code & 4) != 0 ? ("LDT", Cpu.LocalTable.Base.Value)
            : ("GDT", Cpu.GdtBase.Value);
        var entry = (code & 2) != 0 ? $"vector {index / 8:X2}h" : $"selector {index:X4}h";
        return TryPeek(table + index) is { } low && TryPeek(table + index + 4) is { } high
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{name} entry of {entry}, at {table + index:X8}h: {high:X8} {low:X8}"
            )
            : $"{name} entry of {entry}, at {table + index:X8}h: not mapped";
    }

    private string Sel(int register) => $"{Cpu.S[register].Selector.Value:X4}";

    private static string Hex(uint value) => $"{value:X8}";
}
