namespace Microsoft.Z3;

/// <summary>A universe of terms and solvers, used by one thread at a time; everything made in it ends with it.</summary>
public partial class Context : IDisposable
{
    /// <summary>The fewest live handles at which unreachable ones are looked for.</summary>
    private const int Few = 1 << 18;

    private readonly Lock _lock = new();
    private List<(Counted Kind, nint Handle)> _deferred = [];
    private nint _handle;
    private int _live;
    private int _enough = Few;

    public Context() : this([]) { }

    public Context(Dictionary<string, string> settings)
    {
        var config = Native.MkConfig();
        foreach (var (name, value) in settings) Native.SetParamValue(config, name, value);
        _handle = Native.MkContextRc(config);
        Native.DelConfig(config);
        // Without a handler libz3 leaves errors in the error code, which is read after each call.
        Native.SetErrorHandler(_handle, 0);
    }

    ~Context() => Delete();

    internal nint C => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Context));

    public void Interrupt() => Native.Interrupt(C);

    public void Dispose()
    {
        Delete();
        GC.SuppressFinalize(this);
    }

    /// <summary>The handle that a call returned, or the error that it left.</summary>
    internal nint Checked(nint handle)
    {
        Check();
        return handle != 0 ? handle : throw new Z3Exception("libz3 returned no object");
    }

    internal T Checked<T>(T value)
    {
        Check();
        return value;
    }

    internal void Check()
    {
        var code = Native.GetErrorCode(C);
        if (code != 0) throw new Z3Exception(Native.Text(Native.GetErrorMsg(C, code)));
    }

    internal void Retain(Counted kind, nint handle)
    {
        switch (kind)
        {
            case Counted.Ast: Native.IncRef(C, handle); break;
            case Counted.Solver: Native.SolverIncRef(C, handle); break;
            case Counted.Params: Native.ParamsIncRef(C, handle); break;
            case Counted.Model: Native.ModelIncRef(C, handle); break;
            case Counted.Statistics: Native.StatsIncRef(C, handle); break;
        }

        // Only now: until it is counted, the new object lives by being the last one that libz3 returned.
        if (++_live >= _enough) Collect();
    }

    internal void Release(Counted kind, nint handle)
    {
        // A deleted context has already freed all its objects.
        if (_handle == 0) return;
        _live--;
        switch (kind)
        {
            case Counted.Ast: Native.DecRef(_handle, handle); break;
            case Counted.Solver: Native.SolverDecRef(_handle, handle); break;
            case Counted.Params: Native.ParamsDecRef(_handle, handle); break;
            case Counted.Model: Native.ModelDecRef(_handle, handle); break;
            case Counted.Statistics: Native.StatsDecRef(_handle, handle); break;
        }
    }

    /// <summary>Called by the finalizer's thread: the release waits for the context's own.</summary>
    internal void Defer(Counted kind, nint handle)
    {
        lock (_lock)
            if (_handle != 0) _deferred.Add((kind, handle));
    }

    /// <summary>
    /// The collector sees small wrappers, not what libz3 holds for them, and would come late. A collection whenever the
    /// live handles have doubled costs a bounded share of the time and keeps memory within a factor of what is in use.
    /// </summary>
    private void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        List<(Counted, nint)> batch;
        lock (_lock)
        {
            batch = _deferred;
            _deferred = [];
        }

        foreach (var (kind, handle) in batch) Release(kind, handle);
        _enough = Math.Max(Few, 2 * _live);
    }

    private void Delete()
    {
        nint handle;
        lock (_lock)
        {
            handle = _handle;
            _handle = 0;
            _deferred.Clear();
        }

        if (handle != 0) Native.DelContext(handle);
    }
}
