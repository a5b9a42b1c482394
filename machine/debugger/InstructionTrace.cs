using Verified.Machine.Computer;
using Verified.Machine.Processor;

namespace Verified.Machine.Debugger;

/// <summary>Writes a line for each instruction, with the registers that it changed.</summary>
public static class InstructionTrace
{
    private static readonly string[] Names =
    [
        "EAX",
        "ECX",
        "EDX",
        "EBX",
        "ESP",
        "EBP",
        "ESI",
        "EDI",
        "EFLAGS",
        "ES",
        "CS",
        "SS",
        "DS",
        "FS",
        "GS",
        "CR0",
        "CR3",
    ];

    public static void Attach(Pc pc, TextWriter output)
    {
        var before = new uint[Names.Length];
        var now = new uint[Names.Length];
        string? line = null;
        pc.Trace = _ =>
        {
            Read(pc, now);
            if (line is not null)
                output.WriteLine(line + Changes(before, now));
            now.CopyTo(before, 0);
            ref var code = ref pc.Cpu.S[SegmentRegister.Cs];
            line = $"{code.Selector.Value:X4}:{pc.Disassemble((code.Base + pc.Cpu.Eip).Value, code.Big).Text}";
        };
    }

    private static string Changes(uint[] before, uint[] now)
    {
        var changed = Enumerable
            .Range(0, Names.Length)
            .Where(i => before[i] != now[i])
            .Select(i => $" {Names[i]}={now[i]:X}");
        return string.Concat(changed) is { Length: > 0 } text ? $"  ;{text}" : "";
    }

    private static void Read(Pc pc, uint[] values)
    {
        for (var i = 0; i < 8; i++)
            values[i] = pc.Cpu.R[i];
        values[8] = pc.Cpu.Eflags;
        for (var i = 0; i < 6; i++)
            values[9 + i] = pc.Cpu.S[i].Selector;
        (values[15], values[16]) = (pc.Cpu.Cr0, pc.Cpu.Cr3);
    }
}
