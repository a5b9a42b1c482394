using System.Collections;
using System.Reflection;
using System.Runtime.Loader;
using Verified.Kernel;
using Verified.Spec;

namespace Verified.Proofs.Watch;

/// <summary>The sources of the kernel's code cannot be made an image. The message is one line for the user.</summary>
public sealed class EditException : Exception
{
    public EditException() { }

    public EditException(string message)
        : base(message) { }

    public EditException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>
/// The kernel's code as it is edited. The changed sources are compiled in this process and emit an image. This
/// program's own readings of the spec, the layout and the processor stay loaded, so no program starts after an edit.
/// </summary>
/// <remarks>
/// Only <c>kernel/code</c> and <c>kernel/assembler</c> may change, because the image comes from nothing else. An edit
/// of another source needs a build and a new start.
/// </remarks>
public sealed class EditedKernel
{
    private static readonly string[] Projects = ["spec", "machine", "kernel", "proofs"],
        Emitting = ["kernel/code/", "kernel/assembler/"];

    private readonly string _source;
    private readonly CompiledSources _kernel;
    private Dictionary<string, DateTime> _seen;

    /// <param name="source">The folder that contains the folders of the projects.</param>
    /// <exception cref="EditException">There are no sources.</exception>
    public EditedKernel(string source)
    {
        _source = Path.GetFullPath(source);
        if (Projects.FirstOrDefault(project => !Directory.Exists(Path.Combine(_source, project))) is { } missing)
            throw new EditException(
                $"there are no sources in '{source}', because {missing}/ is missing: give the folder of the repository"
            );
        _kernel = new(
            Path.Combine(_source, "kernel"),
            typeof(KernelImage).Assembly,
            typeof(Limits).Assembly,
            typeof(Iced.Intel.Assembler).Assembly
        );
        _seen = Times();
    }

    /// <summary>
    /// Sources that this program was not built from, as far as the times of the files show it; kernel code is not
    /// among them.
    /// </summary>
    public IReadOnlyList<string> NewerThanProgram
    {
        get
        {
            var built = File.GetLastWriteTimeUtc(typeof(EditedKernel).Assembly.Location);
            return [.. _seen.Where(file => !Emits(file.Key) && file.Value > built).Select(file => file.Key).Order()];
        }
    }

    /// <summary>True if a source was changed, added or removed since the last <see cref="Read"/>.</summary>
    public bool IsEdited
    {
        get
        {
            var now = Times();
            return now.Count != _seen.Count
                || now.Any(file => !_seen.TryGetValue(file.Key, out var time) || time != file.Value);
        }
    }

    /// <summary>Reads the edited sources.</summary>
    /// <returns>
    /// The edited files of the kernel's code, the edited files that need a build, and the time of the last edit.
    /// </returns>
    /// <exception cref="IOException">A file cannot be read; perhaps an editor is writing it.</exception>
    public (IReadOnlyList<string> Code, IReadOnlyList<string> Others, DateTime Edited) Read()
    {
        var now = Times();
        var edited = now.Where(file => !_seen.TryGetValue(file.Key, out var time) || time != file.Value).ToList();
        List<string> files = [.. edited.Select(file => file.Key), .. _seen.Keys.Where(file => !now.ContainsKey(file))];
        files.Sort(StringComparer.Ordinal);
        _kernel.Update();
        _seen = now;
        return (
            [.. files.Where(Emits)],
            [.. files.Where(file => !Emits(file))],
            edited.Count > 0 ? edited.Max(file => file.Value) : DateTime.UtcNow
        );
    }

    /// <summary>The image that the sources emit, with the source line of each instruction.</summary>
    /// <exception cref="EditException">They do not compile, or emit no image.</exception>
    public KernelImage Build()
    {
        var (assembly, error) = _kernel.Compile();
        if (assembly is null)
            throw new EditException(error!);
        var context = new AssemblyLoadContext("edited kernel", isCollectible: true);
        try
        {
            var type = context.LoadFromStream(new MemoryStream(assembly)).GetType(typeof(KernelImage).FullName!)!;
            var built = Call(type.GetMethod(nameof(KernelImage.Build))!, null, Limits.Shipping, null)!;
            var file = (byte[])Call(type.GetMethod(nameof(KernelImage.ToElf))!, built)!;
            return KernelImage.Read(file).WithSourceLines(Lines(type, built));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The sources emit the image by running, so a defect in them may throw anything.
            throw new EditException($"the code emits no image: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        finally
        {
            context.Unload();
        }
    }

    private static object? Call(MethodInfo method, object? of, params object?[] arguments) =>
        method.Invoke(of, BindingFlags.DoNotWrapExceptions, null, arguments, null);

    // The lines are objects of the other assembly's types.
    private static Dictionary<uint, SourceLine> Lines(Type image, object built)
    {
        var lines = new Dictionary<uint, SourceLine>();
        var all = (IEnumerable)Call(image.GetProperty(nameof(KernelImage.SourceLines))!.GetMethod!, built)!;
        foreach (var pair in all)
        {
            var line = Of(pair, "Value");
            lines.Add(
                (uint)Of(pair, "Key"),
                new((string)Of(line, nameof(SourceLine.File)), (int)Of(line, nameof(SourceLine.Line)))
            );
        }

        return lines;

        static object Of(object value, string property) => value.GetType().GetProperty(property)!.GetValue(value)!;
    }

    private static bool Emits(string file) => Emitting.Any(folder => file.StartsWith(folder, StringComparison.Ordinal));

    private Dictionary<string, DateTime> Times() =>
        Projects
            .SelectMany(project =>
                CompiledSources.Files(Path.Combine(_source, project)).Select(file => $"{project}/{file}")
            )
            .ToDictionary(file => file, file => File.GetLastWriteTimeUtc(Path.Combine(_source, file)));
}
