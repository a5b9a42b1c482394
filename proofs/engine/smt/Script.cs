using System.Text;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;

namespace Verified.Proofs.Smt;

/// <summary>
/// A question as a script in SMT-LIB 2, logic QF_BV. It is written from the terms themselves and not by Z3's printer.
/// It also spells the operations in its own way: a sum is always a sum, and the lowest bit is a chain of cases. So an
/// error of <see cref="SolverTranslation"/> shows as a disagreement.
/// </summary>
public static class Script
{
    /// <summary>The whole script: a comment, the logic, and one question.</summary>
    /// <param name="theorem">The theorem's name.</param>
    /// <param name="question">The question.</param>
    /// <param name="equations">
    /// True to write shared terms as variables with equations, for a solver without definitions.
    /// </param>
    public static string Of(string theorem, Question question, bool equations = false)
    {
        var text = new StringBuilder();
        text.Append("; theorem ").Append(theorem).Append(", path ").Append(question.Path).Append('\n');
        text.Append("; ").Append(OneLine(question.Purpose)).Append('\n');
        if (question.Assumption is { } assumed)
            text.Append("; assumed: ").Append(OneLine($"{assumed}")).Append('\n');
        text.Append("; Z3 answered: ").Append(Answer(question.Satisfiable)).Append("\n(set-logic QF_BV)\n");
        Write(text, question, equations);
        return text.Append("(exit)\n").ToString();
    }

    /// <summary>The declarations, definitions, assertions and the check.</summary>
    public static void Write(StringBuilder text, Question question, bool equations = false)
    {
        var roots = question.Assumption is null ? question.Facts : [.. question.Facts, question.Assumption];
        var done = new HashSet<ITerm>(ReferenceEqualityComparer.Instance);
        foreach (var root in roots)
        {
            foreach (var term in Graph.Pending(root, done.Contains))
            {
                done.Add(term);
                if (term is Word { Op: TermOp.Variable } variable)
                    text.Append("(declare-fun |")
                        .Append(variable.Name)
                        .Append("| () ")
                        .Append(SortOf(variable.Value))
                        .Append(")\n");
                else if (!IsLiteral(term))
                    Define(Name(term), term is Word ? SortOf(32) : "Bool", Operation(term));
            }
        }

        foreach (var root in roots)
            text.Append("(assert ").Append(Name(root)).Append(")\n");
        text.Append("(check-sat)\n");

        void Define(string name, string sort, string definition) =>
            text.Append(
                equations
                    ? $"(declare-fun {name} () {sort})\n(assert (= {name} {definition}))\n"
                    : $"(define-fun {name} () {sort} {definition})\n"
            );
    }

    /// <summary>The solver's spelling of an operation.</summary>
    public static string Answer(bool satisfiable) => satisfiable ? "sat" : "unsat";

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Replace('\t', ' ');

    private static bool IsLiteral(ITerm term) => term.Op is TermOp.Constant or TermOp.True or TermOp.False;

    private static string SortOf(uint width) => $"(_ BitVec {width})";

    private static string Name(ITerm term) =>
        term switch
        {
            Word { Op: TermOp.Constant } constant => $"#x{constant.Value:x8}",
            Word { Op: TermOp.Variable, Value: 32 } variable => $"|{variable.Name}|",
            Word { Op: TermOp.Variable } variable => $"((_ zero_extend {32 - variable.Value}) |{variable.Name}|)",
            { Op: TermOp.True } => "true",
            { Op: TermOp.False } => "false",
            _ => $"t{term.Id}",
        };

    private static string Operation(ITerm term)
    {
        var (a, b, c) = (Operand(term.A), Operand(term.B), Operand(term.C));
        return term.Op switch
        {
            TermOp.Add => $"(bvadd {a} {b})",
            TermOp.Subtract => $"(bvsub {a} {b})",
            TermOp.Multiply => $"(bvmul {a} {b})",
            TermOp.MultiplyHigh => $"((_ extract 63 32) (bvmul (concat #x00000000 {a}) (concat #x00000000 {b})))",
            TermOp.Quotient => $"((_ extract 31 0) (bvudiv (concat {a} {b}) (concat #x00000000 {c})))",
            TermOp.Remainder => $"((_ extract 31 0) (bvurem (concat {a} {b}) (concat #x00000000 {c})))",
            TermOp.And => $"(bvand {a} {b})",
            TermOp.Or => $"(bvor {a} {b})",
            TermOp.Xor => $"(bvxor {a} {b})",
            TermOp.ShiftLeft => $"(bvshl {a} {b})",
            TermOp.ShiftRight => $"(bvlshr {a} {b})",
            TermOp.ShiftRightSigned => $"(bvashr {a} {b})",
            TermOp.Select => $"(ite {a} {b} {c})",
            TermOp.LowestBit => FirstOf(Enumerable.Range(0, 32), a),
            TermOp.HighestBit => FirstOf(Enumerable.Range(0, 32).Reverse(), a),
            TermOp.Equal => $"(= {a} {b})",
            TermOp.Less => $"(bvult {a} {b})",
            TermOp.LessSigned => $"(bvslt {a} {b})",
            TermOp.Both => $"(and {a} {b})",
            TermOp.Either => $"(or {a} {b})",
            TermOp.Not => $"(not {a})",
            TermOp.EvenParity =>
                $"(= #b0 {Enumerable.Range(1, 7).Aggregate(Bit(0, a), (odd, bit) => $"(bvxor {odd} {Bit(bit, a)})")})",
            _ => throw new ArgumentOutOfRangeException(
                nameof(term),
                term.Op,
                "a constant or variable is not an operation"
            ),
        };
    }

    private static string Operand(ITerm? term) => term is null ? "" : Name(term);

    private static string Bit(int bit, string word) => $"((_ extract {bit} {bit}) {word})";

    /// <summary>The number of the first bit that is set, in an order of the bits; 0 if none is.</summary>
    private static string FirstOf(IEnumerable<int> bits, string word)
    {
        var order = bits.ToList();
        var cases = string.Concat(order.Select(bit => $"(ite (= #b1 {Bit(bit, word)}) #x{bit:x8} "));
        return cases + "#x00000000" + new string(')', order.Count);
    }
}
