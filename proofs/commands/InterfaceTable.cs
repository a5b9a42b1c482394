using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Verified.Proofs.Check;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;

namespace Verified.Proofs.Commands;

/// <summary>A numbered sentence of the interface, with everything that states or shows it.</summary>
/// <param name="Number">Its number: <c>3.12</c>.</param>
/// <param name="Text">The sentence.</param>
/// <param name="Tests">Tests with the attribute <c>[Sentence]</c>: <c>IpcSentences.A_failed_send...</c>.</param>
/// <param name="Properties">Properties, laws and histories of the stated meaning that cite it.</param>
/// <param name="Meaning">Theorems that a step has those properties.</param>
/// <param name="Image">Theorems that the image's bytes do those steps, or that show the sentence themselves.</param>
/// <param name="Untested">The reason why no test can state it; null for every sentence about behaviour.</param>
public sealed record SentenceRow(
    string Number,
    string Text,
    IReadOnlyList<string> Tests,
    IReadOnlyList<string> Properties,
    IReadOnlyList<string> Meaning,
    IReadOnlyList<string> Image,
    string? Untested
);

/// <summary>
/// The table of the interface: made from the document, the sources of the tests, and the index of properties.
/// </summary>
public static partial class InterfaceTable
{
    /// <summary>Sentences that are not about the kernel's behaviour, with reasons.</summary>
    public static readonly IReadOnlyDictionary<string, string> Untested = new Dictionary<string, string>
    {
        ["1.6"] = "a definition: the field of an id has six bits, and the shipped kernel has fewer lthreads (1.7)",
        ["20.3"] = "a convention of benchmark programs, not of the kernel",
    };

    // Histories judge whole operations, so no property of one step cites these sentences.
    private static readonly (string Name, string Sentences)[] Histories =
    [
        (
            SpaceHistory.Abstract,
            "5.1 5.2 5.3 5.4 5.5 5.6 5.8 11.1 11.2 11.3 11.4 11.5 11.6 11.7 11.8 11.10 11.11 11.12 11.16 11.22 11.23 "
                + "11.24 11.25"
        ),
        (SpaceHistory.Between, "11.14 11.20"),
        (SpaceHistory.Nothing, "11.21"),
        (SpaceHistory.Deleted, "9.3 9.14 9.21"),
        (SpaceHistory.Full, "11.13 11.19"),
        (TurnHistory.Senders, "3.31"),
        (TurnHistory.Threads, "10.4"),
        (DelayHistory.Name, "3.32 3.33 7.24 10.3 10.8"),
    ];

    private const string BootWithServers = "image.boot-servers";

    // Theorems that show a sentence without a property of a step: about the first state, or about all ways.
    private static readonly (string Theorem, string Sentences)[] Direct =
    [
        (BootWithServers, "1.8 1.9 19.4 19.5 19.6 19.7 19.12 19.13 19.14"),
        ("image.vectors", "2.1 2.5"),
        (ReachTheorem.Title, "12.2"),
    ];

    // The bytes of these entries show more than their step: which dwords they write, and which TLB entries they
    // invalidate.
    private static readonly (Entry[] Entries, string Sentences)[] OfBytes =
    [
        (Enum.GetValues<Entry>(), "2.4"),
        ([Entry.Map], "11.15"),
    ];

    [GeneratedRegex(
        @"^- \*\*(?<number>\d+\.\d+)\*\* (?<text>.+(\n  \S.*)*)$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Sentence();

    private static string OneLine(string text) => text.Replace("\n  ", " ", StringComparison.Ordinal);

    /// <summary>Every sentence of the document, in its order.</summary>
    /// <param name="source">The folder that contains <c>spec/</c> and <c>tests/</c>.</param>
    /// <exception cref="CommandException">One of these folders is missing.</exception>
    public static IReadOnlyList<SentenceRow> Of(string source)
    {
        var (document, tests) = (Path.Combine(source, "spec", "interface", "README.md"), Path.Combine(source, "tests"));
        if (!File.Exists(document) || !Directory.Exists(tests))
            throw new CommandException(
                $"there are no sources in '{source}': give the folder that contains spec/ and tests/, by --source"
            );
        var ofTests = TestsOf(tests);
        return
        [
            .. Sentence()
                .Matches(File.ReadAllText(document))
                .Select(match => Row(match.Groups["number"].Value, OneLine(match.Groups["text"].Value), ofTests)),
        ];
    }

    /// <summary>Every sentence that a property, law or history cites, with its name.</summary>
    public static ILookup<string, string> Properties { get; } =
        Statements<Concrete>
            .All.Select(property => (property.Name, property.Sentences))
            .Concat(Laws.All.Select(law => (law.Name, law.Sentences)))
            .Concat(Histories)
            .SelectMany(each => each.Sentences.Split(' ').Select(number => (Number: number, each.Name)))
            .ToLookup(each => each.Number, each => each.Name);

    /// <summary>The tests that have the attribute, by sentence, read from their sources.</summary>
    /// <param name="tests">The folder of the tests.</param>
    public static ILookup<string, string> TestsOf(string tests) =>
        Directory
            .EnumerateFiles(tests, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(tests, file).Split('/', '\\').Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal)
            .SelectMany(file =>
                CSharpSyntaxTree
                    .ParseText(File.ReadAllText(file))
                    .GetRoot()
                    .DescendantNodes()
                    .OfType<MethodDeclarationSyntax>()
                    .SelectMany(Attributes)
            )
            .ToLookup(each => each.Number, each => each.Test);

    private static IEnumerable<(string Number, string Test)> Attributes(MethodDeclarationSyntax method) =>
        from list in method.AttributeLists
        from attribute in list.Attributes
        where $"{attribute.Name}" == "Sentence"
        from argument in attribute.ArgumentList!.Arguments
        select (
            $"{((LiteralExpressionSyntax)argument.Expression).Token.Value}",
            $"{((TypeDeclarationSyntax)method.Parent!).Identifier}.{method.Identifier}"
        );

    private static SentenceRow Row(string number, string text, ILookup<string, string> tests)
    {
        var properties = Properties[number].Distinct().ToList();
        var entries = Statements<Concrete>
            .All.Where(property => !property.Searches && properties.Contains(property.Name))
            .SelectMany(property => property.Entries)
            .ToHashSet();
        var meaning = Theorems.StepsOf(entries).Select(step => $"meaning.{step}");
        entries.UnionWith(OfBytes.Where(each => Cites(each.Sentences, number)).SelectMany(each => each.Entries));
        var image = Way
            .All.Where(way => way.Step is { } step && entries.Contains(step))
            .Select(way => $"image.{way.Name}")
            .Concat(Direct.Where(each => Cites(each.Sentences, number)).Select(each => each.Theorem));
        return new(
            number,
            text.Replace(" **[D]**", "", StringComparison.Ordinal),
            [.. tests[number]],
            properties,
            [.. meaning],
            [.. image],
            Untested.GetValueOrDefault(number)
        );
    }

    private static bool Cites(string sentences, string number) => sentences.Split(' ').Contains(number);
}
