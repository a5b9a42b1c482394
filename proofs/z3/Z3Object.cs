namespace Microsoft.Z3;

/// <summary>libz3 refused a call; the message is its own.</summary>
public class Z3Exception(string message) : Exception(message);

/// <summary>Which count a handle is under.</summary>
internal enum Counted { Ast, Solver, Params, Model, Statistics }

/// <summary>
/// A counted reference to an object of libz3. The count falls when the wrapper is disposed or collected; libz3 is
/// single-threaded per context, so a finalizer only hands the handle back and the context's thread releases it.
/// </summary>
public abstract class Z3Object : IDisposable
{
    private readonly Counted _kind;
    private nint _handle;

    private protected Z3Object(Context context, Counted kind, nint handle)
    {
        Context = context;
        _kind = kind;
        _handle = handle;
        context.Retain(kind, handle);
    }

    ~Z3Object()
    {
        if (_handle != 0) Context.Defer(_kind, _handle);
    }

    internal Context Context { get; }

    internal nint Handle => _handle;

    public void Dispose()
    {
        if (_handle != 0) Context.Release(_kind, _handle);
        _handle = 0;
        GC.SuppressFinalize(this);
    }

    internal static nint[] Handles(Z3Object[] objects)
    {
        var handles = new nint[objects.Length];
        for (var i = 0; i < handles.Length; i++) handles[i] = objects[i].Handle;
        return handles;
    }
}
