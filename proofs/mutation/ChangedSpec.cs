using System.Reflection;
using System.Runtime.Loader;
using Verified.Proofs.Watch;

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

    private static readonly string[] Dependent = ["Verified.Kernel", "Verified.Machine", "Verified.Proofs"];

    private readonly CompiledSources _sources;

    /// <param name="spec">The folder spec/.</param>
    public ChangedSpec(string spec) => _sources = new(spec, typeof(Spec.Limits).Assembly);

    /// <summary>The names of the files.</summary>
    public IEnumerable<string> Files => _sources.Names;

    /// <summary>The text of a file of the spec; null if there is none.</summary>
    public string? TextOf(string file) => _sources.TextOf(file);

    /// <summary>
    /// The assembly with one file changed, or unchanged if no file is given; or the compiler's first error.
    /// </summary>
    public (byte[]? Assembly, string? Error) Compile(string? file = null, string? text = null) =>
        _sources.Compile(file, text);

    /// <summary>The assembly with several files changed and one more added; or the compiler's first error.</summary>
    public (byte[]? Assembly, string? Error) Compile(IReadOnlyDictionary<string, string> texts, string more) =>
        _sources.Compile(texts, more);

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
