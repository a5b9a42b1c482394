using System.Text;

namespace Verified.Proofs.Values;

/// <summary>Terms for a reader: infix, hexadecimal, and cut off if they are longer than a line or two.</summary>
public static class Notation
{
    /// <summary>The number of characters after which the rest is written as ….</summary>
    private const int Limit = 400;

    public static string Of(uint value) => value < 10 ? $"{value}" : $"{value:X}h";

    public static string Of(ITerm term)
    {
        var text = new StringBuilder();
        Write(text, term);
        return text.ToString();
    }

    /// <summary>The spelling of an operation, between or before its operands.</summary>
    public static string Symbol(this TermOp op) =>
        op switch
        {
            TermOp.Add => "+",
            TermOp.Subtract => "-",
            TermOp.Multiply => "*",
            TermOp.MultiplyHigh => "mulhigh",
            TermOp.Quotient => "quotient",
            TermOp.Remainder => "remainder",
            TermOp.And or TermOp.Both => "&",
            TermOp.Or or TermOp.Either => "|",
            TermOp.Xor => "^",
            TermOp.ShiftLeft => "<<",
            TermOp.ShiftRight => ">>",
            TermOp.ShiftRightSigned => "sar",
            TermOp.Select => "select",
            TermOp.LowestBit => "lowest",
            TermOp.HighestBit => "highest",
            TermOp.Equal => "==",
            TermOp.Less => "<",
            TermOp.LessSigned => "less",
            TermOp.Not => "!",
            TermOp.EvenParity => "even",
            _ => op.ToString(),
        };

    private static void Write(StringBuilder text, ITerm term)
    {
        if (text.Length > Limit)
        {
            text.Append('…');
            return;
        }

        switch (term)
        {
            case Word { Op: TermOp.Constant } constant:
                text.Append(Of(constant.Value));
                break;
            case Word { Op: TermOp.Variable } variable:
                text.Append(variable.Name);
                break;
            case { Op: TermOp.True or TermOp.False }:
                text.Append(term.Op == TermOp.True ? "true" : "false");
                break;
            case { Op: TermOp.Not }:
                Operand(text.Append('!'), term.A!);
                break;
            case { B: not null, C: null } when !char.IsLetter(term.Op.Symbol()[0]):
                Operand(text, term.A!);
                text.Append(' ').Append(term.Op.Symbol()).Append(' ');
                Operand(text, term.B!);
                break;
            default:
                text.Append(term.Op.Symbol()).Append('(');
                Write(text, term.A!);
                if (term.B is not null)
                    Write(text.Append(", "), term.B);
                if (term.C is not null)
                    Write(text.Append(", "), term.C);
                text.Append(')');
                break;
        }
    }

    private static void Operand(StringBuilder text, ITerm term)
    {
        var infix = term.B is not null && term.C is null && !char.IsLetter(term.Op.Symbol()[0]);
        if (infix)
            text.Append('(');
        Write(text, term);
        if (infix)
            text.Append(')');
    }
}
