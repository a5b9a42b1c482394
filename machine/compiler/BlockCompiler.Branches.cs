using System.Reflection.Emit;
using Verified.Machine.Memory;
using Verified.Machine.Processor;

namespace Verified.Machine.Compiler;

/// <summary>The targets of branches: a trace goes on after a branch, leaves, or loops.</summary>
internal sealed partial class BlockCompiler
{
    private uint? WriteBranch(in Operation operation)
    {
        var after = _text.Eip + operation.Length;
        Test? condition = null;
        var isConditional = operation.Op is Op.Jcc or Op.Jcxz or Op.Loop;
        Execute(operation, test =>
        {
            if (isConditional && condition is null)
            {
                condition = test;
                return true;
            }

            LeaveBeyond(test, isConditional);
            return false;
        });
        _done++;
        if (condition is not null)
            WriteChoice(operation, condition);
        if (operation.Op is Op.Call or Op.CallIndirect)
            _returns.Push(after);
        Fix();
        if (operation.Op == Op.Ret && _returns.TryPop(out var expected))
        {
            LeaveIf(new Node(Operator.Equal, _text.Eip, expected), unless: true, Capture());
            _text.Eip = expected;
        }
        if (Distance(_text.Eip) is not { } distance)
            return End();
        if (distance != 0 || _text.FlagForm != _entryForm)
            return distance;
        WriteLoop();
        return null;
    }

    /// <summary>
    /// Leaves the trace before the operation if its target is beyond the code segment; the interpreter then raises the
    /// exception. Nothing is emitted for a target in the trace's own page, which the segment contains as a whole.
    /// </summary>
    private void LeaveBeyond(Test beyond, bool isConditional)
    {
        if (beyond.Node is not { Operator: Operator.Less, A: { Node: null, Value: var last }, B: var target })
            throw new NotCompilable();
        if (last != _reach)
            throw new NotCompilable();
        if (Distance(target) is { } distance && _pageOffset + distance < PhysicalMemory.PageSize)
            return;
        if (isConditional)
            throw new NotCompilable();
        LeaveIf(beyond.Node, unless: false, _before);
    }

    // The operation has been executed as if the condition held. Backward branches are expected to be taken, others not.
    private void WriteChoice(in Operation operation, Test condition)
    {
        var taken = Capture();
        Resume(_before);
        Execute(operation, _ => false);
        var backward = (int)operation.Immediate < 0;
        LeaveIf(condition.Node, unless: backward, backward ? Capture() : taken);
        if (backward)
            Resume(taken);
    }

    /// <summary>
    /// Leaves the trace with <paramref name="state"/> if the condition is true, or, with <paramref name="unless"/>, if
    /// it is false.
    /// </summary>
    private void LeaveIf(Node condition, bool unless, State state)
    {
        var (exit, done) = (_il.DefineLabel(), _done);
        _emitter.Push(new(condition));
        _il.Emit(unless ? OpCodes.Brfalse : OpCodes.Brtrue, exit);
        _exits.Add(() =>
        {
            _il.MarkLabel(exit);
            WriteExit(state, done);
        });
    }

    // Starts another turn of the loop, unless it could exceed the limit.
    private void WriteLoop()
    {
        WriteBack(Capture());
        PushDone(_done);
        _il.Emit(OpCodes.Stloc, _turns);
        PushDone(_done);
        _il.Emit(OpCodes.Ldarg_1);
        _il.Emit(OpCodes.Ble, _start);
        PushDone(0);
        _il.Emit(OpCodes.Ret);
    }

    /// <summary>The distance of a value of EIP from its value on entry, if it is known.</summary>
    private static uint? Distance(Code eip) =>
        eip.Node switch
        {
            { Operator: Operator.Field } field when field.Field == StateWord.Eip => 0,
            {
                Operator: Operator.Add,
                A.Node: { Operator: Operator.Field } field,
                B: { Node: null, Value: var distance }
            } when field.Field == StateWord.Eip => distance,
            _ => null,
        };
}
