using Microsoft.Z3;

namespace Verified.Proofs.Z3;

/// <summary>Facts in scopes, and the question whether they have a model.</summary>
public sealed class Solver : IDisposable
{
    private readonly Context _context;
    private nint _handle;

    /// <param name="context">The context.</param>
    /// <param name="handle">Z3's solver.</param>
    /// <param name="steps">The resources after which it answers unknown.</param>
    /// <param name="incremental">Whether the solver keeps what it learns between questions.</param>
    internal Solver(Context context, nint handle, uint steps, bool incremental)
    {
        (_context, _handle) = (context, handle);
        Native.Z3_solver_inc_ref(context.Handle, handle);
        var parameters = Native.Z3_mk_params(context.Handle);
        Native.Z3_params_inc_ref(context.Handle, parameters);
        Set("random_seed", 1);
        Set("rlimit", steps);

        // Z3 would put its own handler of Ctrl-C in place of the runtime's during every check. Two threads that check
        // at the same time would leave it there, with a pointer to a check that has ended.
        Native.Z3_params_set_bool(context.Handle, parameters, Symbol("ctrl_c"), 0);
        if (incremental)
        {
            // Relevancy spares quantifier instances, and there are no quantifiers. Without it questions about bit
            // vectors take a fifth to a half less time.
            Native.Z3_params_set_bool(context.Handle, parameters, Symbol("auto_config"), 0);
            Set("relevancy", 0);
        }

        Native.Z3_solver_set_params(context.Handle, handle, parameters);
        Native.Z3_params_dec_ref(context.Handle, parameters);

        nint Symbol(string name) => Native.Z3_mk_string_symbol(context.Handle, name);

        void Set(string name, uint value) => Native.Z3_params_set_uint(context.Handle, parameters, Symbol(name), value);
    }

    private nint Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Solver));

    /// <summary>Why the last answer was unknown.</summary>
    public string ReasonUnknown => Native.Z3_solver_get_reason_unknown(_context.Handle, Handle);

    public void Push() => Native.Z3_solver_push(_context.Handle, Handle);

    public void Pop() => Native.Z3_solver_pop(_context.Handle, Handle, 1);

    public void Assert(Expr fact) => Native.Z3_solver_assert(_context.Handle, Handle, fact.Handle);

    /// <summary>Whether the facts and the assumptions have a model; null if the solver does not know.</summary>
    /// <param name="assumptions">Boolean variables or their negations.</param>
    public bool? Check(params ReadOnlySpan<Expr> assumptions) => Check(CancellationToken.None, assumptions);

    /// <summary>Whether the facts and the assumptions have a model; null if the solver does not know.</summary>
    /// <param name="stop">If it is cancelled, the check ends without an answer.</param>
    /// <param name="assumptions">Boolean variables or their negations.</param>
    /// <exception cref="OperationCanceledException">The check was asked to stop.</exception>
    public bool? Check(CancellationToken stop, params ReadOnlySpan<Expr> assumptions)
    {
        var handles = new nint[assumptions.Length];
        for (var i = 0; i < handles.Length; i++)
            handles[i] = assumptions[i].Handle;
        Z3_lbool answer;
        var context = _context.Handle;

        // The end of the registration waits for a running callback, so no interrupt reaches the context after the
        // check. An interrupted check may give any answer, so no answer is used after the request to stop.
        using (stop.UnsafeRegister(_ => Native.Z3_interrupt(context), null))
            answer = (Z3_lbool)Native.Z3_solver_check_assumptions(context, Handle, (uint)handles.Length, handles);
        stop.ThrowIfCancellationRequested();
        return answer switch
        {
            Z3_lbool.Z3_L_TRUE => true,
            Z3_lbool.Z3_L_FALSE => false,
            _ => null,
        };
    }

    /// <summary>The model of the last check, which must have found one. The caller disposes of it.</summary>
    public Model Model() => new(_context, Native.Z3_solver_get_model(_context.Handle, Handle));

    public void Dispose()
    {
        // A disposed context has already deleted its solvers.
        if (_handle != 0 && !_context.IsDisposed)
            Native.Z3_solver_dec_ref(_context.Handle, _handle);
        _handle = 0;
    }
}

/// <summary>Values that satisfy the checked conditions.</summary>
public sealed class Model : IDisposable
{
    private readonly Context _context;
    private nint _handle;

    internal Model(Context context, nint handle)
    {
        (_context, _handle) = (context, handle);
        Native.Z3_model_inc_ref(context.Handle, handle);
    }

    /// <summary>
    /// The value of a word of at most 32 bits, or of a condition as 0 or 1. A value that the model leaves open is 0.
    /// </summary>
    public uint ValueOf(Expr term)
    {
        nint value = 0;
        ObjectDisposedException.ThrowIf(_handle == 0, this);
        if (Native.Z3_model_eval(_context.Handle, _handle, term.Handle, 1, ref value) == 0)
            throw new Z3Exception("the model does not evaluate a term");
        Native.Z3_inc_ref(_context.Handle, value);
        var number = _context.Read(value);
        Native.Z3_dec_ref(_context.Handle, value);
        return number ?? throw new Z3Exception("the model evaluates a term to no number");
    }

    public override string ToString() => Native.Z3_model_to_string(_context.Handle, _handle);

    public void Dispose()
    {
        if (_handle != 0 && !_context.IsDisposed)
            Native.Z3_model_dec_ref(_context.Handle, _handle);
        _handle = 0;
    }
}
