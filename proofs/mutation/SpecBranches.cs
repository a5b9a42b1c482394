using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Verified.Proofs.Mutation;

/// <summary>A branch of the spec's steps.</summary>
/// <param name="File">The source file, relative to the folder spec/.</param>
/// <param name="Line">The line, from 1 on.</param>
/// <param name="Method">The method that contains it.</param>
/// <param name="What">The kind of branch, and its condition.</param>
public sealed record SpecBranch(string File, int Line, string Method, string What)
{
    public override string ToString() => $"spec/{File}:{Line} {Method}: {What}";
}

/// <summary>
/// Puts a counter into each branch of a source text. A branch is the body of a method or a loop, one side of an
/// <c>if</c>, or a case of a <c>switch</c>. Conditional expressions have no counter, because most of them are data.
/// </summary>
public sealed class SpecBranches : CSharpSyntaxRewriter
{
    private const int MostText = 60;

    private readonly string _file;
    private readonly int _first;
    private readonly List<SpecBranch> _found = [];
    private string _method = "";

    /// <summary>The class of the counters, in the spec's namespace.</summary>
    public const string Counters = "Reached";

    private SpecBranches(string file, int first) => (_file, _first) = (file, first);

    /// <summary>The text with counters, and its branches in order of their numbers.</summary>
    /// <param name="file">The name of the file.</param>
    /// <param name="text">Its text.</param>
    /// <param name="first">The number of the first branch.</param>
    public static (string Text, IReadOnlyList<SpecBranch> Branches) Of(string file, string text, int first)
    {
        var rewriter = new SpecBranches(file, first);
        var root = rewriter.Visit(CSharpSyntaxTree.ParseText(text).GetRoot());
        return (root.ToFullString(), rewriter._found);
    }

    /// <summary>The source text of the counters.</summary>
    public static string Source(int branches) =>
        $$"""
            namespace Verified.Spec
            {
                public static class {{Counters}}
                {
                    public static readonly long[] Counts = new long[{{branches}}];

                    public static void At(int branch) => Interlocked.Increment(ref Counts[branch]);
                }
            }
            """;

    public override SyntaxNode? VisitMethodDeclaration(MethodDeclarationSyntax node)
    {
        _method = node.Identifier.Text;
        if (node.Body is null)
            return base.VisitMethodDeclaration(node);
        var count = Count(node.Identifier, "the method");
        var visited = (MethodDeclarationSyntax)base.VisitMethodDeclaration(node)!;
        return visited.WithBody(visited.Body!.WithStatements(visited.Body.Statements.Insert(0, count)));
    }

    public override SyntaxNode? VisitIfStatement(IfStatementSyntax node)
    {
        var condition = Short(node.Condition);
        var (yes, no) = (Count(node.IfKeyword, $"if {condition}"), Count(node.IfKeyword, $"not {condition}"));
        var then = (StatementSyntax)Visit(node.Statement);
        var otherwise = node.Else is { } clause ? (StatementSyntax)Visit(clause.Statement) : null;
        return SyntaxFactory.IfStatement(
            (ExpressionSyntax)Visit(node.Condition),
            SyntaxFactory.Block(yes, then),
            SyntaxFactory.ElseClause(otherwise is null ? SyntaxFactory.Block(no) : SyntaxFactory.Block(no, otherwise))
        );
    }

    public override SyntaxNode? VisitSwitchSection(SwitchSectionSyntax node)
    {
        var count = Count(node.Labels[0].Keyword, Short(node.Labels[0]));
        var visited = (SwitchSectionSyntax)base.VisitSwitchSection(node)!;
        return visited.WithStatements(visited.Statements.Insert(0, count));
    }

    public override SyntaxNode? VisitForStatement(ForStatementSyntax node) =>
        Loop(node.ForKeyword, (ForStatementSyntax)base.VisitForStatement(node)!, (loop, body) =>
            loop.WithStatement(body)
        );

    public override SyntaxNode? VisitWhileStatement(WhileStatementSyntax node) =>
        Loop(node.WhileKeyword, (WhileStatementSyntax)base.VisitWhileStatement(node)!, (loop, body) =>
            loop.WithStatement(body)
        );

    public override SyntaxNode? VisitForEachStatement(ForEachStatementSyntax node) =>
        Loop(node.ForEachKeyword, (ForEachStatementSyntax)base.VisitForEachStatement(node)!, (loop, body) =>
            loop.WithStatement(body)
        );

    private T Loop<T>(SyntaxToken keyword, T loop, Func<T, StatementSyntax, T> with)
        where T : StatementSyntax
    {
        var body = loop switch
        {
            ForStatementSyntax each => each.Statement,
            WhileStatementSyntax each => each.Statement,
            ForEachStatementSyntax each => each.Statement,
            _ => throw new InvalidOperationException("this is no loop"),
        };
        return with(loop, SyntaxFactory.Block(Count(keyword, "the body of the loop"), body));
    }

    private StatementSyntax Count(SyntaxToken at, string what)
    {
        var line = at.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
        _found.Add(new(_file, line, _method, what));
        return SyntaxFactory.ParseStatement($" global::Verified.Spec.{Counters}.At({_first + _found.Count - 1}); ");
    }

    private static string Short(SyntaxNode node)
    {
        var text = string.Join(' ', node.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= MostText ? text : text[..MostText] + "...";
    }
}
