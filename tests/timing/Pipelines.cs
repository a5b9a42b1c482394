using Iced.Intel;
using Verified.Machine.Timing;
using Verified.Tests.Machine;

namespace Verified.Tests.Timing;

/// <summary>Programs without branches, and the cycles that they take.</summary>
internal static class Pipelines
{
    internal static IReadOnlyList<Timed> Straight(Action<Assembler> code) =>
        Pipeline.Straight(TestPc.Assemble(code, TestPc.Code), TestPc.Code);

    internal static int Cycles(Action<Assembler> code) => Straight(code).Sum(timed => timed.Cycles);

    internal static bool Pairs(Action<Assembler> code) => Straight(code)[1].Second;
}
