using Verified.Proofs.Mutation;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Mutation;

/// <summary>Each kind of change to a source yields the expected text, and changes only code.</summary>
public sealed class SourceMutationTests
{
    [Theory]
    [InlineData("operator", "if (a == b) F();", "if (a != b) F();")]
    [InlineData("operator", "x = a < b;", "x = a <= b;")]
    [InlineData("operator", "x = a & b;", "x = a | b;")]
    [InlineData("operator", "if (a || b) F();", "if (a && b) F();")]
    [InlineData("operator", "x |= a;", "x = a;")]
    [InlineData("operator", "x -= 1;", "x += 1;")]
    [InlineData("constant", "F(Code.Done);", "F(Code.Mapped);")]
    [InlineData("constant", "F(ThreadStatus.Giving);", "F(ThreadStatus.Inactive);")]
    [InlineData("constant", "x = s.Ebx[me];", "x = s.Ebp[me];")]
    [InlineData("constant", "F(Code.Unheard);")]
    [InlineData("off by one", "x = 1;", "x = 2;", "x = 0;")]
    [InlineData("off by one", "x = 0;", "x = 1;")]
    [InlineData("statement dropped", "F(me);", "{ }")]
    [InlineData("statement dropped", "s.Eax[to] = Code.Done;", "{ }")]
    [InlineData("statement dropped", "if (a) F(me);", "if (a) { }")]
    [InlineData("statement dropped", "else if (F(a)) G(me);", "else if (F(a)) { }")]
    [InlineData("statement dropped", "else F(me);", "else { }")]
    [InlineData("statement dropped", "case Entry.Ipc: Ipc(); break;", "case Entry.Ipc: { } break;")]
    [InlineData("statement dropped", "if (a) return;", "if (a) { }")]
    [InlineData("statement dropped", "var a = F();")]
    [InlineData("statement dropped", "return a;")]
    [InlineData("statement dropped", "private Truth _outranked;")]
    [InlineData("condition negated", "if (F(a) & b) G();", "if (!(F(a) & b)) G();")]
    [InlineData("arguments swapped", "F(a, b[c], d);", "F(b[c], a, d);", "F(a, d, b[c]);")]
    [InlineData("arguments swapped", "F(a, a);")]
    [InlineData("arguments swapped", "F(s, a);")]
    [InlineData("arguments swapped", "private void F(W a, W b)")]
    [InlineData(
        "conjunct dropped",
        "if (a & (b | c) & d) F();",
        "if ((b | c) & d) F();",
        "if (a & d) F();",
        "if (a & (b | c)) F();"
    )]
    [InlineData("disjunct dropped", "if (a & (b | c) & d) F();", "if (a & (c) & d) F();", "if (a & (b) & d) F();")]
    [InlineData("disjunct dropped", "x = a == b | c & d;", "x = c & d;", "x = a == b;")]
    [InlineData("conjunct dropped", "x = a == b | c & d;", "x = a == b | d;", "x = a == b | c;")]
    [InlineData(
        "conjunct dropped",
        "Truth F(W a) => G(a) && (a != b);",
        "Truth F(W a) => (a != b);",
        "Truth F(W a) => G(a);"
    )]
    public void A_line_is_changed_in_every_way_of_its_kind(string kind, string line, params string[] changed) =>
        Assert.Equal(
            changed,
            SourceMutations.Of(In(line), "File.cs").Where(mutant => mutant.Kind == kind).Select(mutant => mutant.After)
        );

    [Theory]
    [InlineData("/// <summary>a == b, 1 &amp; 2</summary>")]
    [InlineData("// F(a, b);")]
    [InlineData("""Each("a == b & c, \" 1", x);""")]
    [InlineData("W.Word(x);")]
    public void Comments_and_texts_are_left_alone(string line) =>
        Assert.DoesNotContain(SourceMutations.Of(In(line), "File.cs"), mutant =>
            mutant.Kind is not "statement dropped"
        );

    [Fact]
    public void A_change_is_told_by_its_line_and_leaves_the_others()
    {
        var mutant = Assert.Single(SourceMutations.Of(new("a\n  b\n    x = y &\n      z;\n"), "File.cs"), mutant =>
            mutant.Kind == "operator"
        );
        Assert.Equal(3, mutant.Line);
        Assert.Equal("a\n  b\n    x = y |\n      z;\n", mutant.Text);
        Assert.Equal("File.cs:3 operator: x = y &  ->  x = y |", mutant.ToString());
    }

    [Fact]
    public void An_invariant_is_dropped_or_negated_as_a_whole()
    {
        const string list = """
            [
                Each("one", "why (1)", (s, t) =>
                    A(s, t) | B(t)),
                new("two", "why", Table.Priority, false,
                    (s, p, _) => s.Picked[p] < 3),
            ]
            """;
        Assert.Equal(
            [
                (
                    "one dropped",
                    "[\n    \n    new(\"two\", \"why\", Table.Priority, false,\n        (s, p, _) => s.Picked[p] < "
                        + "3),\n]"
                ),
                ("one negated", list.Replace("A(s, t) | B(t)", "!(A(s, t) | B(t))")),
                ("two dropped", "[\n    Each(\"one\", \"why (1)\", (s, t) =>\n        A(s, t) | B(t)),\n    \n]"),
                ("two negated", list.Replace("s.Picked[p] < 3", "!(s.Picked[p] < 3)")),
            ],
            InvariantMutations.Of(new(list), "File.cs").Select(mutant => (mutant.Kind, mutant.Text))
        );
    }

    [Fact]
    public void Every_invariant_of_the_spec_is_dropped_and_negated() =>
        Assert.Equal(
            Invariants<Concrete>.All.SelectMany(invariant =>
                (string[])[$"{invariant.Name} dropped", $"{invariant.Name} negated"]
            ),
            SpecMutants.OfInvariants(Spec).Select(mutant => mutant.Kind).Where(kind => kind.Contains('-'))
        );

    private static readonly string[] TextFolders = ["steps", "state", "properties"];

    private static readonly Dictionary<string, string> NotChanged = new()
    {
        ["steps/Boot.cs"] = "the first state, and no step",
        ["state/KernelTables.cs"] = "names",
        ["state/MappingOperations.cs"] = "public constants, which the other assemblies contain",
        ["state/Mappings.cs"] = "names of columns",
        ["state/State.cs"] = "names of columns",
        ["state/Status.cs"] = "public constants, which the other assemblies contain",
        ["state/Widths.cs"] = "widths of columns, which the theorems show that every step keeps",
        ["properties/AlongLists.cs"] = "goals of theorems, and no invariants",
        ["properties/ChiefOrder.cs"] = "goals of theorems, and no invariants",
        ["properties/Derivation.cs"] = "goals of theorems, and no invariants",
        ["properties/Isolation.cs"] = "goals of theorems, and no invariants",
        ["properties/ListOrder.cs"] = "goals of theorems, and no invariants",
        ["properties/Rank.cs"] = "goals of theorems, and no invariants",
    };

    [Fact]
    public void Every_file_of_steps_state_and_properties_is_changed_or_has_a_reason() =>
        Assert.Equal(
            [.. SpecMutants.Files.Where(IsText).Concat(NotChanged.Keys).Order(StringComparer.Ordinal)],
            TextFolders
                .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Spec, folder), "*.cs"))
                .Select(file => Path.GetRelativePath(Spec, file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal)
        );

    private static bool IsText(string file) => !file.StartsWith("interface/", StringComparison.Ordinal);

    [Fact]
    public void Every_entry_of_the_spec_is_dropped()
    {
        var lines = File.ReadAllLines(Path.Combine(Spec, "steps/Kernel.cs"));
        var dropped = SpecMutants
            .OfSteps(Spec)
            .Where(mutant => mutant is { File: "steps/Kernel.cs", After: "{ }" })
            .ToList();
        Assert.All(Enum.GetNames<Entry>(), name =>
        {
            var label = Array.FindIndex(lines, line => line.Trim() == $"case Entry.{name}:");
            Assert.True(label >= 0, $"the spec has no entry {name}");
            Assert.Contains(dropped, mutant => mutant.Line == label + 2);
        });
    }

    /// <summary>The folder spec/ of the sources that these tests were built from.</summary>
    private static string Spec
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Verified.sln")))
                folder = folder.Parent;
            return Path.Combine(folder!.FullName, "spec");
        }
    }

    private static SourceText In(string line) => new($"{{\n    {line}\n}}\n");
}
