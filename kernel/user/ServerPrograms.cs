namespace Verified.Kernel;

/// <summary>A program that boot starts from a module.</summary>
/// <param name="Name">The name in the command.</param>
/// <param name="Description">One line.</param>
/// <param name="Build">Builds its file, an ELF executable.</param>
public sealed record ServerProgram(string Name, string Description, Func<byte[]> Build)
{
    public byte[] File => Build();
}

/// <summary>The project's own servers: σ0, and a choice of root tasks.</summary>
public static class ServerPrograms
{
    public static ServerProgram Sigma0 { get; } =
        new("sigma0", "gives memory away, each frame to one task", Kernel.Sigma0.File);

    /// <summary>Root tasks.</summary>
    public static IReadOnlyList<ServerProgram> Roots { get; } =
    [
        new("hello", "asks sigma0 for the info page and for memory", Hello.File),
        new("pingpong", "two of its threads call each other", PingPong.File),
        new("pager", "one of its threads is the pager of another, whose pages it gets from sigma0", Pager.File),
        new("memory", "maps and grants pages to a client in a task of its own, and flushes them", MemoryServer.File),
        new("ports", "a thread uses ports that were taken away; its pager gets them back from sigma0", PortServer.File),
        new("uart", "a driver of COM1 by interrupts; a thread echoes a line of --input", UartDriver.File),
    ];
}
