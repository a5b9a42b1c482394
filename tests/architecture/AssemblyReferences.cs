using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Verified.Tests.Architecture;

/// <summary>One type's use of another type of the same assembly.</summary>
/// <param name="File">The file that contains the use, from the root of the repository.</param>
/// <param name="From">The full name of the using type, or of the outermost type that contains it.</param>
/// <param name="To">The full name of the used type, or of the outermost type that contains it.</param>
internal sealed record TypeReference(string File, string From, string To);

/// <summary>One type's use of a type of another assembly.</summary>
/// <param name="File">The file that contains the use, from the root of the repository.</param>
/// <param name="From">The full name of the using type, or of the outermost type that contains it.</param>
/// <param name="Assembly">The name of the other assembly.</param>
/// <param name="To">The full name of the used type, or of the outermost type that contains it.</param>
internal sealed record OutsideReference(string File, string From, string Assembly, string To);

/// <summary>
/// Reads which types of an assembly refer to which, from signatures, bases, constraints, attributes and method bodies.
/// The compiler copies constants into their users, so a use of a constant is not seen.
/// </summary>
internal sealed class AssemblyReferences : IDisposable
{
    private readonly PEReader image;
    private readonly MetadataReader metadata;
    private readonly SourceFiles sources;
    private readonly HashSet<TypeReference> found = [];
    private readonly HashSet<OutsideReference> outside = [];

    private AssemblyReferences(Assembly assembly, string root)
    {
        image = new PEReader(File.OpenRead(assembly.Location));
        metadata = image.GetMetadataReader();
        sources = new SourceFiles(metadata, Path.ChangeExtension(assembly.Location, ".pdb"), root);
    }

    /// <summary>The files of each type, by its full name, and all references between types.</summary>
    public static (IReadOnlyDictionary<string, IReadOnlySet<string>> Files, IReadOnlySet<TypeReference> References) Of(
        Assembly assembly,
        string root
    )
    {
        using var reader = new AssemblyReferences(assembly, root);
        reader.Read();
        return (reader.sources.OfTypes, reader.found);
    }

    /// <summary>All references to types of other assemblies.</summary>
    public static IReadOnlySet<OutsideReference> ToOthers(Assembly assembly, string root)
    {
        using var reader = new AssemblyReferences(assembly, root);
        reader.Read();
        return reader.outside;
    }

    public void Dispose() => image.Dispose();

    private void Read()
    {
        foreach (var handle in metadata.TypeDefinitions)
        {
            var declaration = metadata.GetTypeDefinition(handle);
            var collector = new ReferenceCollector(metadata);
            collector.AddDeclaration(declaration);
            AddAll(handle, sources.FirstFile(handle), collector);
            foreach (var method in declaration.GetMethods())
                ReadMethod(handle, method);
        }
    }

    private void ReadMethod(TypeDefinitionHandle type, MethodDefinitionHandle handle)
    {
        var method = metadata.GetMethodDefinition(handle);
        var collector = new ReferenceCollector(metadata);
        collector.AddMethod(method);
        if (method.RelativeVirtualAddress != 0)
            collector.AddBody(image.GetMethodBody(method.RelativeVirtualAddress));
        AddAll(type, sources.FileOf(handle) ?? sources.FirstFile(type), collector);
    }

    // Compiler-made types have no file; those nested in a type of the repository count as that type.
    private void AddAll(TypeDefinitionHandle from, string? file, ReferenceCollector collector)
    {
        var name = sources.OutermostName(from);
        if (file is null || !sources.OfTypes.ContainsKey(name))
            return;
        foreach (var to in collector.Found.Select(sources.OutermostName).Where(sources.OfTypes.ContainsKey))
            if (to != name)
                found.Add(new TypeReference(file, name, to));
        foreach (var handle in collector.Outside)
        {
            var (to, of) = Outermost(handle);
            outside.Add(new OutsideReference(file, name, of, to));
        }
    }

    private (string Type, string Assembly) Outermost(TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        while (type.ResolutionScope.Kind == HandleKind.TypeReference)
            type = metadata.GetTypeReference((TypeReferenceHandle)type.ResolutionScope);
        var assembly =
            type.ResolutionScope.Kind == HandleKind.AssemblyReference
                ? metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name)
                : "";
        return ($"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}", assembly);
    }
}
