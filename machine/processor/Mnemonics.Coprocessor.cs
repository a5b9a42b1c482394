using Iced.Intel;

namespace Verified.Machine.Processor;

/// <summary>Which encodings belong to the coprocessor, and which exist.</summary>
internal static partial class Mnemonics
{
    private static bool IsCoprocessor(in Instruction i)
    {
        foreach (var feature in i.CpuidFeatures)
            if (
                feature
                is CpuidFeature.FPU
                    or CpuidFeature.FPU287
                    or CpuidFeature.FPU287XL_ONLY
                    or CpuidFeature.FPU387
                    or CpuidFeature.FPU387SL_ONLY
            )
                return true;
        return false;
    }

    /// <summary>Whether a supported processor could have the instruction. Other instructions raise #UD.</summary>
    public static bool MayExist(in Instruction i)
    {
        foreach (var feature in i.CpuidFeatures)
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
                )
            )
                return false;
        return true;
    }

    private static Op UseOfCoprocessor(in Instruction i, ref Operation op)
    {
        op.Size = (byte)(
            i.Code is Code.Fnstenv_m28byte or Code.Fldenv_m28byte or Code.Fnsave_m108byte or Code.Frstor_m108byte
                ? 4
                : 2
        );
        op.Extra = (ushort)(
            i.Mnemonic switch
            {
                Mnemonic.Fnop or Mnemonic.Fndisi or Mnemonic.Fneni or Mnemonic.Fnsetpm => CoprocessorUse.Nothing,
                Mnemonic.Fninit => CoprocessorUse.Initialise,
                Mnemonic.Fnclex => CoprocessorUse.ClearExceptions,
                Mnemonic.Fnstcw => CoprocessorUse.StoreControl,
                Mnemonic.Fnstsw => CoprocessorUse.StoreStatus,
                Mnemonic.Fldcw => CoprocessorUse.LoadControl,
                Mnemonic.Fnstenv => CoprocessorUse.StoreEnvironment,
                Mnemonic.Fldenv => CoprocessorUse.LoadEnvironment,
                Mnemonic.Fnsave => CoprocessorUse.Save,
                Mnemonic.Frstor => CoprocessorUse.Restore,
                _ => CoprocessorUse.Arithmetic,
            }
        );
        return Op.Coprocessor;
    }
}
