using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Verified.Proofs.Watch;

/// <summary>
/// The C# sources of one project, compiled in this process as its assembly. A file that does not change is parsed once.
/// </summary>
public sealed class CompiledSources
{
    private static readonly CSharpParseOptions Language = new(LanguageVersion.Latest);

    private readonly string _folder;
    private readonly Dictionary<string, (string Text, SyntaxTree Tree)> _sources = [];
    private CSharpCompilation _compilation;

    /// <param name="folder">The project's folder.</param>
    /// <param name="like">The assembly of the project that this program has loaded.</param>
    /// <param name="references">The assemblies that the project refers to, without those of the platform.</param>
    public CompiledSources(string folder, Assembly like, params IEnumerable<Assembly> references)
    {
        _folder = Path.GetFullPath(folder);

        // The SDK's implicit usings, and the assembly version that the dependent assemblies ask for.
        var usings =
            "global using System; global using System.Collections.Generic; global using System.IO; "
            + "global using System.Linq; global using System.Threading; global using System.Threading.Tasks; "
            + $"[assembly: System.Reflection.AssemblyVersion(\"{like.GetName().Version}\")]";
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path =>
                Path.GetFileName(path) is "netstandard.dll"
                || Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal)
            );
        _compilation = CSharpCompilation.Create(
            like.GetName().Name,
            [CSharpSyntaxTree.ParseText(usings, Language)],
            platform
                .Concat(references.Select(assembly => assembly.Location))
                .Select(path => MetadataReference.CreateFromFile(path)),
            new(
                OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                allowUnsafe: true,
                deterministic: true,
                nullableContextOptions: NullableContextOptions.Enable
            )
        );
        Update();
    }

    /// <summary>The files, by their paths from the folder, with slashes.</summary>
    public IEnumerable<string> Names => _sources.Keys;

    /// <summary>The text of a file, by its path from the folder, with slashes; null if there is none.</summary>
    public string? TextOf(string file) => _sources.TryGetValue(file, out var source) ? source.Text : null;

    /// <summary>Reads the sources again. Returns the files that were changed, added or removed.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public IReadOnlyList<string> Update()
    {
        List<string> changed = [];
        var present = Files(_folder).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in _sources.Keys.Where(file => !present.Contains(file)).ToList())
        {
            changed.Add(gone);
            _compilation = _compilation.RemoveSyntaxTrees(_sources[gone].Tree);
            _sources.Remove(gone);
        }

        foreach (var file in present.Order(StringComparer.Ordinal))
        {
            var text = File.ReadAllText(Path.Combine(_folder, file));
            var known = _sources.TryGetValue(file, out var source);
            if (known && source.Text == text)
                continue;
            changed.Add(file);
            var tree = Parse(file, text);
            _compilation = known
                ? _compilation.ReplaceSyntaxTree(source.Tree, tree)
                : _compilation.AddSyntaxTrees(tree);
            _sources[file] = (text, tree);
        }

        return changed;
    }

    /// <summary>
    /// The sources in a folder, without those that a build makes: paths from the folder, with slashes.
    /// </summary>
    public static IEnumerable<string> Files(string folder) =>
        Directory
            .EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
            .Where(file => !file.Split('/')[..^1].Any(part => part is "bin" or "obj"));

    /// <summary>
    /// The assembly, or the compiler's first error with its file and line. One file may have another text for once.
    /// </summary>
    public (byte[]? Assembly, string? Error) Compile(string? file = null, string? text = null) =>
        Emit(file is null ? _compilation : With(_compilation, file, text!));

    /// <summary>The assembly with several files changed and one more added; or the compiler's first error.</summary>
    public (byte[]? Assembly, string? Error) Compile(IReadOnlyDictionary<string, string> texts, string more) =>
        Emit(
            texts
                .Aggregate(_compilation, (changed, each) => With(changed, each.Key, each.Value))
                .AddSyntaxTrees(CSharpSyntaxTree.ParseText(more, Language))
        );

    private CSharpCompilation With(CSharpCompilation compilation, string file, string text) =>
        compilation.ReplaceSyntaxTree(_sources[file].Tree, Parse(file, text));

    private (byte[]? Assembly, string? Error) Emit(CSharpCompilation compilation)
    {
        using var stream = new MemoryStream();
        var emitted = compilation.Emit(stream);
        return emitted.Success
            ? (stream.ToArray(), null)
            : (
                null,
                Describe(
                    emitted.Diagnostics.First(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error),
                    _folder
                )
            );
    }

    // The path reaches the program by its caller information.
    private SyntaxTree Parse(string file, string text) =>
        CSharpSyntaxTree.ParseText(text, Language, Path.Combine(_folder, file));

    private static string Describe(Diagnostic error, string folder)
    {
        var place = error.Location.GetLineSpan();
        var file = place.Path.Length > 0 ? Path.GetRelativePath(Path.GetDirectoryName(folder)!, place.Path) : "";
        var start = place.StartLinePosition;
        return $"{file.Replace('\\', '/')}:{start.Line + 1}:{start.Character + 1}: {error.Id}: {error.GetMessage()}";
    }
}
