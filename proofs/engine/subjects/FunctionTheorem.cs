using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec.Tables;

namespace Verified.Proofs.Subjects;

/// <summary>
/// A function of another compiler, by the calling convention of System V for IA-32: for all arguments, EAX is the
/// result that a text says. The function keeps EBX, ESI, EDI and EBP, returns to its caller, and touches no memory but
/// its stack frame.
/// </summary>
/// <param name="name">The theorem's name.</param>
/// <param name="code">The code, in dwords.</param>
/// <param name="entry">The address of the function.</param>
/// <param name="arguments">How many arguments it has.</param>
/// <param name="result">The result of the arguments.</param>
public sealed class FunctionTheorem(
    string name,
    IReadOnlyDictionary<uint, uint> code,
    uint entry,
    int arguments,
    Func<IReadOnlyList<Symbolic>, Symbolic> result
) : Theorem(name, [])
{
    private const uint StackBase = 0x10000,
        StackSize = 0x80,
        Frame = StackSize / 2;

    // System V for IA-32 lets a function change EAX, ECX and EDX. ESP ends above the return address.
    private static readonly int[] Kept = [Register.Ebx, Register.Esi, Register.Edi, Register.Ebp];

    private readonly Area _stack = new(
        "stack",
        StackBase,
        1,
        StackSize,
        [.. Enumerable.Range(0, (int)StackSize / 4).Select(i => new Field($"+{i * 4:X}h", (uint)i * 4))]
    );

    public override string Key => $"{Name} {entry:x}";

    public override bool IsKept => false;

    public override uint? Constant(uint address) => code.TryGetValue(address, out var dword) ? dword : null;

    protected override void Assume(ProofContext proof)
    {
        // Nothing is known of the arguments.
    }

    protected override void Run(ProofContext proof)
    {
        var path = proof.Path;
        var memory = new TypedMemory(
            [_stack],
            proof.Terms,
            path,
            (_, field, row) => proof.Initial(field.Name, 32, row),
            Recorded,
            (_, _, _) => { }
        );
        var cpu = new Ia32<Symbolic, TypedMemory>(memory);
        new ContractedProcessor<Symbolic, TypedMemory>(cpu).Start(
            new CutPoint(
                "call",
                0,
                InUserMode: true,
                new ProtectedMode(0x1000, new Dictionary<byte, uint>()).Contract()
            ),
            () => proof.Register("EFLAGS") & ~Flag.Trap,
            (field, _) => RefinementTheorem.Open(proof, field)
        );
        (cpu.R[Register.Esp], cpu.Eip) = (StackBase + Frame, entry);
        var before = Kept.Select(register => cpu.R[register]).ToList();
        var caller = memory.Peek(StackBase + Frame);
        List<Symbolic> given =
        [
            .. Enumerable.Range(1, arguments).Select(i => memory.Peek(StackBase + Frame + (uint)i * 4)),
        ];

        var execution = new Execution<TypedMemory>(cpu, path, Recorded);
        proof.Trail = execution.Trail;
        execution.Guarded(() =>
        {
            while (!cpu.Eip.Equals(caller))
                execution.Execute(execution.Next());
        });
        proof.Ran(new WorstCase(execution.Trail.Count, 0, 0));
        var expected = result(given);
        path.IsTaken();
        path.Require(cpu.R[Register.Eax] == expected, "the function returns what the text says");
        path.Require(cpu.R[Register.Esp] == StackBase + Frame + 4, "the function leaves the stack as it was");
        foreach (var (register, value) in Kept.Zip(before))
            path.Require(cpu.R[register] == value, $"the function keeps {ProcessorNames.General[register]}");
        foreach (var (_, field, _) in memory.WrittenFields)
            path.Require(
                field.Offset < Frame || (field.Offset > Frame && field.Offset <= Frame + arguments * 4),
                "the function writes only below its return address and to its arguments"
            );

        uint? Recorded(uint address)
        {
            proof.Constants.Add(address);
            return Constant(address);
        }
    }
}
