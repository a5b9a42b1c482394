using Microsoft.Z3;

namespace Verified.Proofs.Z3;

/// <summary>
/// A bit vector or Boolean term of one <see cref="Context"/>. Z3 represents equal terms by one object.
/// </summary>
public readonly record struct Expr(nint Handle);

/// <summary>
/// A instances of Z3's terms and solvers, for one thread at a time. It uses the functions of the C API (the package's
/// class <see cref="Native"/>, which throws <see cref="Z3Exception"/> for a refused call). The package's own class
/// Context releases terms from finalizers, concurrently, and Debian's libz3 does not allow that. In this class every
/// term lives as long as its context.
/// </summary>
public sealed class Context : IDisposable
{
    // Each term has one more count for each call that returned it. They are in the order of those calls: operands
    // first.
    private readonly List<nint> _terms = [];
    private readonly Dictionary<uint, nint> _words = [];
    private readonly nint _bool;
    private nint _handle;

    static Context() => Library.Register();

    /// <exception cref="SolverMissingException">There is no libz3.</exception>
    public Context()
    {
        var config = Native.Z3_mk_config();
        _handle = Native.Z3_mk_context_rc(config);
        Native.Z3_del_config(config);

        // Z3's own handler ends the process. Without one an error stays in the error code, which Native reads after
        // each call.
        Native.Z3_set_error_handler(_handle, null!);
        _bool = Kept(Native.Z3_mk_bool_sort(_handle)).Handle;
    }

    /// <summary>The version of the libz3 that was found.</summary>
    /// <exception cref="SolverMissingException">There is no libz3.</exception>
    public static string Version => Native.Z3_get_full_version();

    internal bool IsDisposed => _handle == 0;

    internal nint Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Context));

    /// <summary>A solver without tactics, which keeps what it learns between questions.</summary>
    /// <param name="steps">The resources after which it answers unknown, in Z3's units.</param>
    public Solver Incremental(uint steps) => new(this, Native.Z3_mk_simple_solver(Handle), steps, true);

    /// <summary>A solver for bit vectors, which simplifies the whole question before it searches.</summary>
    /// <param name="steps">The resources after which it answers unknown, in Z3's units.</param>
    public Solver OneShot(uint steps) =>
        new(this, Native.Z3_mk_solver_for_logic(Handle, Symbol("QF_BV")), steps, false);

    /// <summary>The bit vector of this name and width.</summary>
    public Expr Word(string name, uint width) => Kept(Native.Z3_mk_const(Handle, Symbol(name), SortOf(width)));

    /// <summary>The Boolean of this name.</summary>
    public Expr Bool(string name) => Kept(Native.Z3_mk_const(Handle, Symbol(name), _bool));

    public Expr Number(uint value, uint width = 32) => Kept(Native.Z3_mk_unsigned_int(Handle, value, SortOf(width)));

    public Expr Truth(bool value) => Kept(value ? Native.Z3_mk_true(Handle) : Native.Z3_mk_false(Handle));

    public Expr Add(Expr a, Expr b) => Kept(Native.Z3_mk_bvadd(Handle, a.Handle, b.Handle));

    public Expr Subtract(Expr a, Expr b) => Kept(Native.Z3_mk_bvsub(Handle, a.Handle, b.Handle));

    public Expr Multiply(Expr a, Expr b) => Kept(Native.Z3_mk_bvmul(Handle, a.Handle, b.Handle));

    public Expr Divide(Expr a, Expr b) => Kept(Native.Z3_mk_bvudiv(Handle, a.Handle, b.Handle));

    public Expr Remainder(Expr a, Expr b) => Kept(Native.Z3_mk_bvurem(Handle, a.Handle, b.Handle));

    public Expr BitAnd(Expr a, Expr b) => Kept(Native.Z3_mk_bvand(Handle, a.Handle, b.Handle));

    public Expr BitOr(Expr a, Expr b) => Kept(Native.Z3_mk_bvor(Handle, a.Handle, b.Handle));

    public Expr BitXor(Expr a, Expr b) => Kept(Native.Z3_mk_bvxor(Handle, a.Handle, b.Handle));

    public Expr BitNot(Expr a) => Kept(Native.Z3_mk_bvnot(Handle, a.Handle));

    public Expr Negate(Expr a) => Kept(Native.Z3_mk_bvneg(Handle, a.Handle));

    public Expr ShiftLeft(Expr a, Expr b) => Kept(Native.Z3_mk_bvshl(Handle, a.Handle, b.Handle));

    public Expr ShiftRight(Expr a, Expr b) => Kept(Native.Z3_mk_bvlshr(Handle, a.Handle, b.Handle));

    public Expr ShiftRightSigned(Expr a, Expr b) => Kept(Native.Z3_mk_bvashr(Handle, a.Handle, b.Handle));

    public Expr Concat(Expr high, Expr low) => Kept(Native.Z3_mk_concat(Handle, high.Handle, low.Handle));

    /// <summary>Bits <paramref name="high"/> down to <paramref name="low"/>, both included.</summary>
    public Expr Extract(uint high, uint low, Expr a) => Kept(Native.Z3_mk_extract(Handle, high, low, a.Handle));

    /// <summary>The word with <paramref name="bits"/> more bits above it, all 0.</summary>
    public Expr Widen(uint bits, Expr a) => Kept(Native.Z3_mk_zero_ext(Handle, bits, a.Handle));

    public Expr Select(Expr condition, Expr a, Expr b) =>
        Kept(Native.Z3_mk_ite(Handle, condition.Handle, a.Handle, b.Handle));

    public Expr Equal(Expr a, Expr b) => Kept(Native.Z3_mk_eq(Handle, a.Handle, b.Handle));

    public Expr Less(Expr a, Expr b) => Kept(Native.Z3_mk_bvult(Handle, a.Handle, b.Handle));

    public Expr LessSigned(Expr a, Expr b) => Kept(Native.Z3_mk_bvslt(Handle, a.Handle, b.Handle));

    public Expr Not(Expr a) => Kept(Native.Z3_mk_not(Handle, a.Handle));

    public Expr And(Expr a, Expr b) => Kept(Native.Z3_mk_and(Handle, 2, [a.Handle, b.Handle]));

    public Expr Or(Expr a, Expr b) => Kept(Native.Z3_mk_or(Handle, 2, [a.Handle, b.Handle]));

    /// <summary>
    /// The value of a term without variables; a condition is 0 or 1. Null if Z3 cannot reduce the term to a value.
    /// </summary>
    public uint? ValueOf(Expr a) => Read(Kept(Native.Z3_simplify(Handle, a.Handle)).Handle);

    /// <summary>The value that a literal has, a truth as 0 or 1; null for other terms.</summary>
    internal uint? Read(nint literal)
    {
        uint value = 0;
        if (Native.Z3_get_sort(Handle, literal) == _bool)
            return Native.Z3_get_bool_value(Handle, literal) switch
            {
                1 => 1,
                -1 => 0,
                _ => null,
            };
        if (Native.Z3_is_numeral_ast(Handle, literal) == 0)
            return null;
        return Native.Z3_get_numeral_uint(Handle, literal, ref value) != 0 ? value : null;
    }

    public void Dispose()
    {
        if (_handle == 0)
            return;

        // Z3 would also delete terms that are still counted, but its time is quadratic in their depth.
        for (var i = _terms.Count - 1; i >= 0; i--)
            Native.Z3_dec_ref(_handle, _terms[i]);
        _terms.Clear();
        Native.Z3_del_context(_handle);
        _handle = 0;
    }

    private nint SortOf(uint width) =>
        _words.TryGetValue(width, out var sort)
            ? sort
            : _words[width] = Kept(Native.Z3_mk_bv_sort(Handle, width)).Handle;

    private nint Symbol(string name) => Native.Z3_mk_string_symbol(Handle, name);

    private Expr Kept(nint term)
    {
        Native.Z3_inc_ref(Handle, term);
        _terms.Add(term);
        return new(term);
    }
}
