using Verified.Machine.Processor;

namespace Verified.Machine.Compiler;

/// <summary>
/// Memory in the reading that generates code. Each access emits code at once, in order. Anything else is interpreted.
/// </summary>
internal readonly struct CodeBus(BlockCompiler compiler) : IBus<Code>
{
    public Code Load(Code linear, int size, bool user) => compiler.Load(linear, size, write: false);

    public Code LoadForStore(Code linear, int size, bool user) => compiler.Load(linear, size, write: true);

    public void Store(Code linear, int size, Code value, bool user) => compiler.Store(linear, size, value);

    public Code In(Code port, int size) => throw new NotCompilable();

    public void Out(Code port, int size, Code value) => throw new NotCompilable();

    public void PageDirectoryLoaded(Code cr3) => throw new NotCompilable();

    public void PagingChanged(Code cr0, Code cr4) => throw new NotCompilable();

    public void Invalidate(Code linear) => throw new NotCompilable();

    public (Code Low, Code High) TimeStamp() => throw new NotCompilable();
}
