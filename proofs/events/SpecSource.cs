using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>The methods of the spec that make kernel steps, and their source lines.</summary>
public static class SpecSource
{
    private const string Folder = "spec/steps/";

    private static readonly Lazy<IReadOnlyDictionary<string, string>> Lines = new(Read);

    /// <summary>The name of the method that makes a step.</summary>
    /// <param name="s">The state before it.</param>
    /// <param name="entry">The step.</param>
    public static string MethodOf(State<Concrete> s, Entry entry) => new Kernel<Concrete>(s).MethodOf(entry);

    /// <summary>
    /// The place of a method, such as <c>spec/steps/Tasks.cs:73</c>; null if the spec's symbols are not there.
    /// </summary>
    public static string? LineOf(string method) => Lines.Value.GetValueOrDefault(method);

    // The first line of each method's body, from the symbols beside the spec. Of two methods with one name, the one
    // with fewer parameters is the step.
    private static Dictionary<string, string> Read()
    {
        Dictionary<string, string> lines = [];
        try
        {
            using var file = File.OpenRead(Path.ChangeExtension(typeof(Kernel<>).Assembly.Location, ".pdb"));
            using var provider = MetadataReaderProvider.FromPortablePdbStream(file);
            var reader = provider.GetMetadataReader();
            foreach (
                var method in typeof(Kernel<>)
                    .GetMethods(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                    .OrderBy(method => method.GetParameters().Length)
            )
                if (!lines.ContainsKey(method.Name) && Line(reader, method) is { } line)
                    lines[method.Name] = line;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException)
        {
            // Without symbols, only the methods are named.
            lines.Clear();
        }

        return lines;
    }

    private static string? Line(MetadataReader reader, MethodInfo method)
    {
        var handle = MetadataTokens.MethodDefinitionHandle(method.MetadataToken).ToDebugInformationHandle();
        foreach (
            var point in reader.GetMethodDebugInformation(handle).GetSequencePoints().Where(each => !each.IsHidden)
        )
        {
            var path = reader.GetString(reader.GetDocument(point.Document).Name).Replace('\\', '/');
            var at = path.LastIndexOf(Folder, StringComparison.Ordinal);
            return at < 0 ? null : $"{path[at..]}:{point.StartLine}";
        }

        return null;
    }
}
