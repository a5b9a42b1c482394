using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Verified.Proofs.Mutation;

/// <summary>
/// The sources of the spec, with one text changed. They are compiled in this process and loaded beside a copy of the
/// assemblies that depend on the spec.
/// </summary>
/// <remarks>
/// Those assemblies are not compiled again. They contain the values of the spec's public constants, so a change must
/// not touch public constants.
/// </remarks>
public sealed class ChangedSpec
{
    private const string Changed = "Verified.Spec";

    // The SDK's implicit usings, and the assembly version that the dependent assemblies ask for.
    private static readonly string Usings =
        "global using System; global using System.Collections.Generic; global using System.IO; "
        + "global using System.Linq; global using System.Threading; global using System.Threading.Tasks; "
        + $"[assembly: System.Reflection.AssemblyVersion(\"{typeof(Spec.Limits).Assembly.GetName().Version}\")]";

    private static readonly string[] Dependent = ["Verified.Kernel", "Verified.Machine", "Verified.Proofs"];

    private static readonly CSharpParseOptions Language = new(LanguageVersion.Latest);

    private readonly Dictionary<string, (string Text, SyntaxTree Tree)> _sources;
    private readonly CSharpCompilation _right;

    /// <param name="spec">The folder spec/.</param>
    public ChangedSpec(string spec)
    {
        _sources = Directory
            .EnumerateFiles(spec, "*.cs", SearchOption.AllDirectories)
            .Select(path => (File: Path.GetRelativePath(spec, path).Replace('\\', '/'), Text: File.ReadAllText(path)))
            .Where(source =>
                !source.File.StartsWith("bin/", StringComparison.Ordinal)
                && !source.File.StartsWith("obj/", StringComparison.Ordinal)
            )
            .ToDictionary(
                source => source.File,
                source => (source.Text, CSharpSyntaxTree.ParseText(source.Text, Language))
            );
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path));
        _right = CSharpCompilation.Create(
            Changed,
            [CSharpSyntaxTree.ParseText(Usings, Language), .. _sources.Values.Select(source => source.Tree)],
            platform,
            new(
                OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                allowUnsafe: true,
                deterministic: true,
                nullableContextOptions: NullableContextOptions.Enable
            )
        );
    }

    /// <summary>The names of the files.</summary>
    public IEnumerable<string> Files => _sources.Keys;

    /// <summary>The text of a file of the spec; null if there is none.</summary>
    public string? TextOf(string file) => _sources.TryGetValue(file, out var source) ? source.Text : null;

    /// <summary>
    /// The assembly with one file changed, or unchanged if no file is given; or the compiler's first error.
    /// </summary>
    public (byte[]? Assembly, string? Error) Compile(string? file = null, string? text = null)
    {
        return Emit(
            file is null
                ? _right
                : _right.ReplaceSyntaxTree(_sources[file].Tree, CSharpSyntaxTree.ParseText(text!, Language))
        );
    }

    /// <summary>The assembly with several files changed and one more added; or the compiler's first error.</summary>
    public (byte[]? Assembly, string? Error) Compile(IReadOnlyDictionary<string, string> texts, string more) =>
        Emit(
            texts
                .Aggregate(_right, (changed, each) =>
                    changed.ReplaceSyntaxTree(_sources[each.Key].Tree, CSharpSyntaxTree.ParseText(each.Value, Language))
                )
                .AddSyntaxTrees(CSharpSyntaxTree.ParseText(more, Language))
        );

    private static (byte[]? Assembly, string? Error) Emit(CSharpCompilation compilation)
    {
        using var stream = new MemoryStream();
        var emitted = compilation.Emit(stream);
        return emitted.Success
            ? (stream.ToArray(), null)
            : (
                null,
                emitted.Diagnostics.First(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).ToString()
            );
    }

    /// <summary>
    /// Calls a static method without arguments of this program, run with another assembly of the spec.
    /// </summary>
    public static T Call<T>(byte[] spec, Type type, string method)
    {
        var context = new Beside(spec);
        try
        {
            var same = context.LoadFromAssemblyName(type.Assembly.GetName()).GetType(type.FullName!)!;
            var found = same.GetMethod(method)!;
            var result = (T)found.Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null)!;
            return context.HasSpec ? result : throw new InvalidOperationException("the changed spec took no part");
        }
        finally
        {
            context.Unload();
        }
    }

    private sealed class Beside(byte[] spec) : AssemblyLoadContext(isCollectible: true)
    {
        /// <summary>Whether the other assembly of the spec has been loaded.</summary>
        public bool HasSpec { get; private set; }

        protected override Assembly? Load(AssemblyName name)
        {
            if (name.Name == Changed)
            {
                HasSpec = true;
                return LoadFromStream(new MemoryStream(spec));
            }

            return Dependent.Contains(name.Name)
                ? LoadFromStream(
                    new MemoryStream(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, name.Name + ".dll")))
                )
                : null;
        }
    }
}
