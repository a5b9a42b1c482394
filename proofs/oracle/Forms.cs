using Iced.Intel;

namespace Verified.Proofs.Oracle;

/// <summary>The integer instructions of the Pentium, one form per opcode and operand size: Iced's codes.</summary>
public static class Forms
{
    /// <summary>Every form that processors from the 8086 to the Pentium share, in 16- or 32-bit code.</summary>
    public static readonly IReadOnlyList<Code> Pentium = [.. Enum.GetValues<Code>().Where(IsPentium)];

    /// <summary>The forms that are compared with the host.</summary>
    public static readonly IReadOnlyList<Code> Compared = [.. Pentium.Where(code => WhyNot(code) is null)];

    /// <summary>The reason why a form is not compared with the host; null if it is.</summary>
    public static string? WhyNot(Code code) =>
        code switch
        {
            Code.Cpuid => "the results tell the processor's model",
            Code.Rdtsc => "the result is the time",
            Code.Sgdt_m1632
            or Code.Sgdt_m1632_16
            or Code.Sidt_m1632
            or Code.Sidt_m1632_16
            or Code.Smsw_rm16
            or Code.Smsw_r32m16
            or Code.Sldt_rm16
            or Code.Sldt_r32m16
            or Code.Str_rm16
            or Code.Str_r32m16 =>
                "user mode may not on processors with UMIP, and gets what the operating system makes up",
            Code.Int1 => "undocumented on the Pentium",
            Code.Pushd_ES or Code.Pushd_CS or Code.Pushd_SS or Code.Pushd_DS or Code.Pushd_FS or Code.Pushd_GS =>
                "the upper half of the dword is written as 0 or left as it was, by processor (SDM vol. 2, PUSH)",
            Code.Bswap_r16 => "undefined (SDM vol. 2, BSWAP)",
            Code.Ud0 or Code.Ud0_r16_rm16 or Code.Ud0_r32_rm32 => "#UD with or without a ModR/M byte, by processor",
            _ => null,
        };

    /// <summary>The reason why one case of a compared form is left out, or null.</summary>
    public static string? WhyNot(in Instruction instruction, uint eflags)
    {
        const uint nestedTask = 0x4000;
        if (instruction.Mnemonic == Mnemonic.Int && instruction.Immediate8 == 0x80)
            return "INT 80h is a system call of the host";
        if (instruction.Mnemonic is Mnemonic.Iret or Mnemonic.Iretd && (eflags & nestedTask) != 0)
            return "long mode, in which the host's kernel runs, has no nested tasks: IRET faults";
        if (
            instruction.Mnemonic is Mnemonic.Loope or Mnemonic.Loopne
            && (instruction.HasRepePrefix || instruction.HasRepnePrefix)
        )
            return "a repeat prefix is reserved there (SDM vol. 2, 2.1.1); AMD's processors take the condition from it";
        return null;
    }

    private static bool IsPentium(Code code)
    {
        if (code == Code.INVALID)
            return false;
        var form = code.ToOpCode();
        if (!form.IsInstruction || !form.Mode32 || form.Encoding != EncodingKind.Legacy)
            return false;
        foreach (var feature in code.CpuidFeatures())
            if (
                feature
                is not (
                    CpuidFeature.INTEL8086
                    or CpuidFeature.INTEL186
                    or CpuidFeature.INTEL286
                    or CpuidFeature.INTEL386
                    or CpuidFeature.INTEL486
                    or CpuidFeature.CPUID
                    or CpuidFeature.TSC
                    or CpuidFeature.MSR
                    or CpuidFeature.CX8
                    or CpuidFeature.SMM
                    or CpuidFeature.PAUSE
                )
            )
                return false;
        return true;
    }
}
