using System.Runtime.InteropServices;

namespace Microsoft.Z3;

/// <summary>A universe of terms and solvers, used by one thread at a time; everything made in it ends with it.</summary>
public partial class Context : IDisposable
{
    /// <summary>So many handles may await their release.</summary>
    private const int Batch = 4096;

    /// <summary>The fewest live handles at which unreachable ones are looked for.</summary>
    private const int Few = 1 << 18;

    /// <summary>The wrappers of each object: libz3 counts all of them as one.</summary>
    private readonly Dictionary<nint, (Counted Kind, int References)> _counts = [];

    private readonly Lock _lock = new();
    private List<(Counted Kind, nint Handle)> _deferred = [];
    private nint _handle;
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
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, handle, out var isCounted);
        count.Kind = kind;
        count.References++;
        if (!isCounted) CountUp(kind, handle);

        // Only now: until it is counted, the new object lives by being the last one that libz3 returned.
        if (_counts.Count >= _enough) Collect();
        else if (_deferred.Count >= Batch) ReleaseDeferred();
    }

    internal void Release(Counted kind, nint handle)
    {
        // A deleted context has already freed all its objects.
        if (_handle == 0) return;
        ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, handle);
        if (--count.References > 0) return;
        _counts.Remove(handle);
        CountDown(_handle, kind, handle);
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
        ReleaseDeferred();
        _enough = Math.Max(Few, 2 * _counts.Count);
    }

    private void ReleaseDeferred()
    {
        List<(Counted, nint)> batch;
        lock (_lock)
        {
            batch = _deferred;
            _deferred = [];
        }

        foreach (var (kind, handle) in batch) Release(kind, handle);
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

        if (handle == 0) return;
        // libz3 deletes what is still counted too, but in a time that is quadratic in its depth.
        foreach (var (counted, (kind, _)) in _counts) CountDown(handle, kind, counted);
        _counts.Clear();
        Native.DelContext(handle);
    }

    private void CountUp(Counted kind, nint handle)
    {
        switch (kind)
        {
            case Counted.Ast: Native.IncRef(C, handle); break;
            case Counted.Solver: Native.SolverIncRef(C, handle); break;
            case Counted.Params: Native.ParamsIncRef(C, handle); break;
            case Counted.Model: Native.ModelIncRef(C, handle); break;
            case Counted.Statistics: Native.StatsIncRef(C, handle); break;
        }
    }

    private static void CountDown(nint context, Counted kind, nint handle)
    {
        switch (kind)
        {
            case Counted.Ast: Native.DecRef(context, handle); break;
            case Counted.Solver: Native.SolverDecRef(context, handle); break;
            case Counted.Params: Native.ParamsDecRef(context, handle); break;
            case Counted.Model: Native.ModelDecRef(context, handle); break;
            case Counted.Statistics: Native.StatsDecRef(context, handle); break;
        }
    }
}
