namespace Verified.Proofs.Execution;

/// <summary>Conditions that kernels of this project have in common, whatever their segments and tables are.</summary>
public static class CommonContract
{
    // SDM vol. 3, table 9-1: DR7 after RESET.
    private const uint NoBreakpoint = 0x400;

    /// <summary>
    /// Adds these conditions: no breakpoints, no SYSENTER, no test registers, no local descriptors. The kernel keeps
    /// the x87. No instruction leaves a state for the next one.
    /// </summary>
    public static void AddTo(IDictionary<string, Holding> contract)
    {
        (contract["CR2"], contract["CR4"]) = (Holding.Kept, Holding.Is(0));
        for (var i = 0; i < 4; i++)
            contract[$"DR{i}"] = Holding.Is(0);
        (contract["DR6"], contract["DR7"]) = (Holding.Kept, Holding.Is(NoBreakpoint));
        foreach (var part in (string[])["selector", "base", "limit", "attributes"])
            contract[$"LDTR {part}"] = Holding.Is(0);
        foreach (var msr in (string[])["CS", "ESP", "EIP"])
            contract[$"IA32_SYSENTER_{msr}"] = Holding.Is(0);
        foreach (var half in (string[])["low", "high"])
            contract[$"time-stamp offset, {half}"] = Holding.Kept;
        for (var i = 0; i < ProcessorNames.CoprocessorItems; i++)
            contract[$"x87 word {i}"] = Holding.Kept;
        for (var i = 0; i < ProcessorNames.TestRegisters; i++)
            contract[$"test register {i}"] = Holding.Is(0);
        foreach (
            var clear in (string[])
                [
                    "halted state",
                    "interrupt shadow",
                    "NMI block",
                    "pending debug exception",
                    "held debug exception",
                    "armed breakpoints",
                    "alignment checks",
                ]
        )
            contract[clear] = Holding.Is(0);
    }
}
