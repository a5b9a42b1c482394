using System.Reflection.Emit;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Compiler;

/// <summary>
/// Executes at most <paramref name="limit"/> operations from EIP on. The limit must be at least
/// <see cref="CompiledCode.Longest"/>.
/// </summary>
/// <returns>The number of executed operations; 0 if the first one must be interpreted.</returns>
internal delegate int Execution(int limit);

/// <summary>A compiled trace, which is a sequence of blocks.</summary>
/// <param name="Execute">The method.</param>
/// <param name="Longest">Operations of the trace, from its start to its end or back to its start.</param>
/// <param name="Reach">The last byte of the segments for which the code is compiled.</param>
internal sealed record CompiledCode(Execution Execute, int Longest, uint Reach);

/// <summary>
/// Compiles a trace into a method. A trace is a sequence of blocks within one page. At a branch it follows the side
/// that is taken more often, and it may loop back to its start. The compiler executes the operations over
/// <see cref="Code"/>, so compiled code follows from the same text that is interpreted and proved. The code is for one
/// privilege level, segments from 0 to a common last byte, and one form of the flags on entry.
/// </summary>
/// <remarks>
/// Every access goes through the TLB. If the TLB does not allow it at once, the method asks the bus for the access
/// without a fault. If that fails, the method restores the state before the operation and returns. It also returns at
/// every branch that leaves the trace. No other part of the machine can change meanwhile, because interrupts, ports,
/// control registers and stores to code are left to the interpreter.
/// </remarks>
internal sealed partial class BlockCompiler
{
    private const int MostOperations = 96;

    private readonly Mmu _mmu;
    private readonly bool _user;
    private readonly uint _reach,
        _pageOffset;
    private readonly DynamicMethod _method;
    private readonly ILGenerator _il;
    private readonly Emitter _emitter;
    private readonly Ia32<Code, CodeBus> _text;
    private readonly Code[] _registers,
        _flagWords;
    private readonly int _entryForm;
    private readonly List<Action> _exits = [];
    private readonly Stack<Code> _returns = [];
    private readonly HashSet<uint> _visited = [];
    private readonly Label _start;
    private readonly LocalBuilder _turns;
    private State _before;
    private int _done;

    /// <summary>The state before an operation.</summary>
    private readonly record struct State(Registers<Code> Registers, Code Eip, int FlagForm, Code[] FlagWords);

    private BlockCompiler(Mmu mmu, bool user, ProcessorModel model, int flagForm, uint reach, uint pageOffset)
    {
        (_mmu, _user, _entryForm, _reach, _pageOffset) = (mmu, user, flagForm, reach, pageOffset);
        _method = new DynamicMethod(
            "way",
            typeof(int),
            [typeof(Ia32<Concrete, PcBus>), typeof(int)],
            typeof(Ia32<Concrete, PcBus>),
            skipVisibility: true
        );
        _il = _method.GetILGenerator();
        _emitter = new Emitter(_il);
        _start = _il.DefineLabel();
        _turns = _il.DeclareLocal(typeof(int));
        _text = new Ia32<Code, CodeBus>(new CodeBus(this))
        {
            Cpl = user ? 3 : 0,
            Model = model,
            Eip = Field(StateWord.Eip),
            FlagForm = flagForm,
        };
        ref var code = ref _text.S[SegmentRegister.Cs];
        code = Segment<Code>.Load(code.Selector, 0, reach, code.Attributes);
        _registers = [.. StateWord.Registers.Select(Field)];
        for (var i = 0; i < _registers.Length; i++)
            _text.R[i] = _registers[i];
        _flagWords = [.. StateWord.FlagWords.Select(Field)];
        _text.FlagWords = (_flagWords[0], _flagWords[1], _flagWords[2], _flagWords[3], _flagWords[4], _flagWords[5]);
    }

    /// <summary>
    /// Compiles the trace from the processor's present state. Returns null if its first operation must be interpreted.
    /// </summary>
    /// <param name="blocks">The block at a distance from EIP, or null if the trace may not continue there.</param>
    /// <param name="cpu">The processor.</param>
    /// <param name="mmu">Its memory.</param>
    /// <param name="reach">The last byte of its segments, at least.</param>
    public static CompiledCode? Compile(Func<uint, Block?> blocks, Ia32<Concrete, PcBus> cpu, Mmu mmu, uint reach)
    {
        var offset = cpu.Eip.Value % PhysicalMemory.PageSize;
        var compiler = new BlockCompiler(mmu, cpu.Cpl == 3, cpu.Model, cpu.FlagForm, reach, offset);
        compiler.Write(blocks);
        return compiler._done > 0 ? new(compiler._method.CreateDelegate<Execution>(cpu), compiler._done, reach) : null;
    }

    private static Code Field(StateWord field) => new(new Node(Operator.Field) { Field = field });

    private void Write(Func<uint, Block?> blocks)
    {
        _il.MarkLabel(_start);
        for (uint? at = 0; at is { } distance; )
            at =
                _visited.Add(distance) && _done < MostOperations && blocks(distance) is { } block
                    ? Write(block.Operations)
                    : End();
        foreach (var exit in _exits)
            exit();
    }

    private uint? End()
    {
        WriteExit(Capture(), _done);
        return null;
    }

    /// <summary>
    /// Emits a block. Returns the distance from the start at which the trace continues, or null if it has ended.
    /// </summary>
    private uint? Write(ReadOnlySpan<Operation> operations)
    {
        foreach (ref readonly var operation in operations)
        {
            if (Compilable.LoadsDataSegment(operation))
            {
                WriteSegmentLoad(operation);
                continue;
            }
            if (!Compilable.Includes(operation))
                return End();
            if (operation.Op == Op.MovFromSegment)
                _text.S[operation.SourceRegister].Selector = _emitter.Copied(
                    Field(StateWord.Selectors[operation.SourceRegister])
                );
            _before = Capture();
            try
            {
                if (operation.EndsBlock)
                    return WriteBranch(operation);
                Execute(operation, _ => throw new NotCompilable());
            }
            catch (Exception e) when (e is NotCompilable or Fault)
            {
                // The part of the operation that was emitted has changed nothing that its interpretation does not write
                // again.
                Resume(_before);
                return End();
            }
            Fix();
            _done++;
        }
        return Distance(_text.Eip);
    }

    /// <summary>Pushes the number of executed operations: those of the earlier turns and of this one.</summary>
    private void PushDone(int ofThisTurn)
    {
        _il.Emit(OpCodes.Ldloc, _turns);
        _il.Emit(OpCodes.Ldc_I4, ofThisTurn);
        _il.Emit(OpCodes.Add);
    }

    /// <summary>
    /// Computes the values that the operation has assigned, so that later operations and exits only read them.
    /// </summary>
    private void Fix()
    {
        for (var i = 0; i < _registers.Length; i++)
            FixUnlessField(_text.R[i]);
        foreach (var word in Words(_text.FlagWords))
            FixUnlessField(word);

        void FixUnlessField(Code word)
        {
            if (word.Node?.Operator != Operator.Field)
                _emitter.Fixed(word);
        }
    }

    private void Execute(in Operation operation, Func<Test, bool> decider)
    {
        Test.Decider = decider;
        try
        {
            _text.Step(operation);
        }
        finally
        {
            Test.Decider = null;
        }
    }

    private State Capture() => new(_text.R, _text.Eip, _text.FlagForm, Words(_text.FlagWords));

    private void Resume(State state)
    {
        (_text.R, _text.Eip, _text.FlagForm) = (state.Registers, state.Eip, state.FlagForm);
        var words = state.FlagWords;
        _text.FlagWords = (words[0], words[1], words[2], words[3], words[4], words[5]);
    }

    private static Code[] Words((Code, Code, Code, Code, Code, Code) words) =>
        [words.Item1, words.Item2, words.Item3, words.Item4, words.Item5, words.Item6];

    private void WriteExit(State state, int done)
    {
        WriteBack(state);
        PushDone(done);
        _il.Emit(OpCodes.Ret);
    }

    /// <summary>Writes a state to the processor, except for values that are the same as on entry.</summary>
    private void WriteBack(State state)
    {
        // Computes all values first, because the fields from which they are computed are about to change.
        List<(StateWord Field, Code Value)> changes = [(StateWord.Eip, _emitter.Copied(state.Eip))];
        for (var i = 0; i < _registers.Length; i++)
            AddIfChanged(StateWord.Registers[i], _registers[i], state.Registers[i]);
        for (var i = 0; i < _flagWords.Length; i++)
            AddIfChanged(StateWord.FlagWords[i], _flagWords[i], state.FlagWords[i]);
        foreach (var (field, value) in changes)
            _emitter.Assign(field, value);
        if (state.FlagForm != _entryForm)
            _emitter.AssignFlagForm(state.FlagForm >> 2, Math.Max(1, (state.FlagForm & 3) << 1));

        void AddIfChanged(StateWord field, Code onEntry, Code now)
        {
            if (!ReferenceEquals(now.Node, onEntry.Node))
                changes.Add((field, _emitter.Copied(now)));
        }
    }
}
