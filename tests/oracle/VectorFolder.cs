using Verified.Proofs.Oracle;

namespace Verified.Tests.Oracle;

/// <summary>Tests that write files of recorded cases into a folder of their own.</summary>
public abstract class VectorFolder : IDisposable
{
    protected static readonly RecordedCase Increment = MooWriter.Case(
        "inc ax",
        "40F4",
        "00001234 0 0 0 0 0 0 1000 2000 0 0 0 0 3000 0100 FFFC0002",
        "20100:40F4",
        "EAX=1235 EIP=102 EFLAGS=FFFC0006"
    );

    protected string Folder { get; } = Directory.CreateTempSubdirectory("verified-vectors").FullName;

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string Write(string name, byte[] content)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }
}
