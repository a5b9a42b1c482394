using System.Reflection;
using System.Reflection.Emit;
using Verified.Spec.Values;

namespace Verified.Machine.Compiler;

/// <summary>
/// Emits expressions, and accesses to the processor's state, as IL. Argument 0 of the method is the processor.
/// </summary>
internal sealed class Emitter(ILGenerator il)
{
    public ILGenerator Il => il;

    /// <summary>Pushes the value of a word.</summary>
    public void Push(Code word)
    {
        if (word.Node is not { } node)
            il.Emit(OpCodes.Ldc_I4, (int)word.Value);
        else if (node.Local is { } local)
            il.Emit(OpCodes.Ldloc, local);
        else
            Compute(node);
    }

    /// <summary>
    /// Computes a word now, so that later code only reads it. A field is not copied: later code reads the field again.
    /// </summary>
    public Code Fixed(Code word)
    {
        if (word.Node is not { Local: null } node)
            return word;
        if (node.Operator == Operator.Field)
            return Copied(word);
        Compute(node);
        node.Local = il.DeclareLocal(typeof(uint));
        il.Emit(OpCodes.Stloc, node.Local);
        return word;
    }

    /// <summary>The present value of a word, copied to a new local unless it is already in one.</summary>
    public Code Copied(Code word)
    {
        if (word.Node is not { Local: null })
            return word;
        Push(word);
        var copy = NewLocal();
        il.Emit(OpCodes.Stloc, copy.Node!.Local!);
        return copy;
    }

    /// <summary>A word in a new local, which the caller assigns.</summary>
    public Code NewLocal() => new(new Node(Operator.Local) { Local = il.DeclareLocal(typeof(uint)) });

    public void Assign(StateWord field, Code value)
    {
        PushAddress(field);
        Push(value);
        il.Emit(OpCodes.Stind_I4);
    }

    public void AssignFlagForm(int rule, int size)
    {
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4, rule);
        il.Emit(OpCodes.Stfld, StateWord.FlagRule);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4, size);
        il.Emit(OpCodes.Stfld, StateWord.FlagSize);
    }

    private void PushAddress(StateWord field)
    {
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldflda, field.Field);
        if (field.Offset == 0)
            return;
        il.Emit(OpCodes.Ldc_I4, field.Offset);
        il.Emit(OpCodes.Add);
    }

    private void Compute(Node node)
    {
        switch (node.Operator)
        {
            case Operator.Field:
                PushAddress(node.Field);
                il.Emit(OpCodes.Ldind_U4);
                break;
            case Operator.Add:
                Binary(node, OpCodes.Add);
                break;
            case Operator.Subtract:
                Binary(node, OpCodes.Sub);
                break;
            case Operator.Multiply:
                Binary(node, OpCodes.Mul);
                break;
            case Operator.And:
                Binary(node, OpCodes.And);
                break;
            case Operator.Or:
                Binary(node, OpCodes.Or);
                break;
            case Operator.Xor:
                Binary(node, OpCodes.Xor);
                break;
            case Operator.Equal:
                Binary(node, OpCodes.Ceq);
                break;
            case Operator.Less:
                Binary(node, OpCodes.Clt_Un);
                break;
            case Operator.LessSigned:
                Binary(node, OpCodes.Clt);
                break;
            case Operator.ShiftLeft:
                Shift(node, OpCodes.Shl);
                break;
            case Operator.ShiftRight:
                Shift(node, OpCodes.Shr_Un);
                break;
            case Operator.ShiftRightSigned:
                Shift(node, OpCodes.Shr);
                break;
            case Operator.Select:
                Select(node);
                break;
            case Operator.MultiplyHigh:
                Call(nameof(Rules.MultiplyHigh), node.A, node.B);
                break;
            case Operator.LowestBit:
                Call(nameof(Rules.LowestBit), node.A);
                break;
            case Operator.HighestBit:
                Call(nameof(Rules.HighestBit), node.A);
                break;
            case Operator.EvenParity:
                Call(nameof(Rules.EvenParity), node.A);
                break;
            default:
                throw new InvalidOperationException($"{node.Operator} without a local");
        }
    }

    private void Binary(Node node, OpCode code)
    {
        Push(node.A);
        Push(node.B);
        il.Emit(code);
    }

    // A count of 32 or more gives 0, or the sign. In IL the result would be undefined.
    private void Shift(Node node, OpCode code)
    {
        if (node.B.Node is null && node.B.Value < 32)
            Binary(node, code);
        else
            Call(
                code == OpCodes.Shl ? nameof(Rules.ShiftLeft)
                    : code == OpCodes.Shr_Un ? nameof(Rules.ShiftRight)
                    : nameof(Rules.ShiftRightSigned),
                node.A,
                node.B
            );
    }

    private void Select(Node node)
    {
        var (otherwise, end) = (il.DefineLabel(), il.DefineLabel());
        var result = il.DeclareLocal(typeof(uint));
        Push(node.A);
        il.Emit(OpCodes.Brfalse, otherwise);
        Push(node.B);
        il.Emit(OpCodes.Stloc, result);
        il.Emit(OpCodes.Br, end);
        il.MarkLabel(otherwise);
        Push(node.C);
        il.Emit(OpCodes.Stloc, result);
        il.MarkLabel(end);
        il.Emit(OpCodes.Ldloc, result);
    }

    private void Call(string rule, params ReadOnlySpan<Code> operands)
    {
        foreach (var operand in operands)
            Push(operand);
        il.Emit(OpCodes.Call, typeof(Rules).GetMethod(rule, BindingFlags.Static | BindingFlags.Public)!);
    }

    /// <summary>
    /// Operations that are not a single IL instruction. They give the same results as the concrete reading.
    /// </summary>
    private static class Rules
    {
        public static uint MultiplyHigh(uint a, uint b) => Concrete.MultiplyHigh(a, b);

        public static uint LowestBit(uint a) => Concrete.LowestBit(a);

        public static uint HighestBit(uint a) => Concrete.HighestBit(a);

        public static uint EvenParity(uint a) => Concrete.Select(Concrete.EvenParity(a), 1, 0);

        public static uint ShiftLeft(uint a, uint count) => (Concrete)a << count;

        public static uint ShiftRight(uint a, uint count) => (Concrete)a >> count;

        public static uint ShiftRightSigned(uint a, uint count) => Concrete.ShiftRightSigned(a, count);
    }
}
