using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Verified.Tests.Architecture;

/// <summary>The source files of the types of an assembly, from its portable PDB.</summary>
internal sealed class SourceFiles
{
    // "Type definition documents" of the portable PDB format: the files of a type without executable code.
    private static readonly Guid TypeDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    private readonly MetadataReader metadata;
    private readonly string root;
    private readonly Dictionary<MethodDefinitionHandle, string> ofMethods = [];
    private readonly Dictionary<string, SortedSet<string>> ofTypes = [];

    public SourceFiles(MetadataReader metadata, string pdb, string root)
    {
        this.metadata = metadata;
        this.root = Path.GetFullPath(root) + Path.DirectorySeparatorChar;
        using var provider = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(pdb));
        var symbols = provider.GetMetadataReader();
        foreach (var handle in metadata.TypeDefinitions)
        {
            foreach (var method in metadata.GetTypeDefinition(handle).GetMethods())
                AddMethod(handle, method, symbols);
            AddTypeDocuments(handle, symbols);
        }
        OfTypes = ofTypes.ToDictionary(pair => pair.Key, pair => (IReadOnlySet<string>)pair.Value);
    }

    /// <summary>The files of each outermost type that the repository's sources declare, by its full name.</summary>
    public IReadOnlyDictionary<string, IReadOnlySet<string>> OfTypes { get; }

    /// <summary>The file of a method with a body of its own.</summary>
    public string? FileOf(MethodDefinitionHandle method) => ofMethods.GetValueOrDefault(method);

    /// <summary>The first file of a type's outermost type.</summary>
    public string? FirstFile(TypeDefinitionHandle type) =>
        ofTypes.TryGetValue(OutermostName(type), out var files) ? files.Min : null;

    /// <summary>The full name of the type, or of the type that it is nested in.</summary>
    public string OutermostName(TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil)
            type = metadata.GetTypeDefinition(type.GetDeclaringType());
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }

    private void AddMethod(TypeDefinitionHandle type, MethodDefinitionHandle method, MetadataReader symbols)
    {
        foreach (var point in symbols.GetMethodDebugInformation(method).GetSequencePoints())
            if (!point.Document.IsNil && Named(symbols, point.Document) is { } file)
            {
                ofMethods.TryAdd(method, file);
                AddFile(type, file);
            }
    }

    private void AddTypeDocuments(TypeDefinitionHandle type, MetadataReader symbols)
    {
        foreach (var handle in symbols.GetCustomDebugInformation(type))
        {
            var information = symbols.GetCustomDebugInformation(handle);
            if (symbols.GetGuid(information.Kind) != TypeDocuments)
                continue;
            var rows = symbols.GetBlobReader(information.Value);
            while (rows.RemainingBytes > 0)
                if (Named(symbols, MetadataTokens.DocumentHandle(rows.ReadCompressedInteger())) is { } file)
                    AddFile(type, file);
        }
    }

    private void AddFile(TypeDefinitionHandle type, string file)
    {
        var name = OutermostName(type);
        if (!ofTypes.TryGetValue(name, out var files))
            ofTypes[name] = files = new SortedSet<string>(StringComparer.Ordinal);
        files.Add(file);
    }

    // The sources that a build makes lie in obj/ and belong to no folder.
    private string? Named(MetadataReader symbols, DocumentHandle document)
    {
        var path = symbols.GetString(symbols.GetDocument(document).Name);
        if (!path.StartsWith(root, StringComparison.Ordinal))
            return null;
        var file = path[root.Length..].Replace('\\', '/');
        return file.Contains("/obj/", StringComparison.Ordinal) ? null : file;
    }
}
