namespace Microsoft.Z3;

/// <summary>A name: a string, or a number.</summary>
public class Symbol
{
    internal Symbol(Context context, nint handle) => (Context, Handle) = (context, handle);

    internal Context Context { get; }

    internal nint Handle { get; }

    public override string ToString() => Native.GetSymbolKind(Context.C, Handle) == 0
        ? Native.GetSymbolInt(Context.C, Handle).ToString()
        : Native.Text(Native.GetSymbolString(Context.C, Handle));
}

/// <summary>A sort, declaration or term; equal where libz3 made them one object.</summary>
public class AST : Z3Object
{
    internal AST(Context context, nint handle) : base(context, Counted.Ast, handle) { }

    public uint Id => Context.Checked(Native.GetAstId(Context.C, Handle));

    public static bool operator ==(AST? a, AST? b) =>
        ReferenceEquals(a, b) || (a is not null && b is not null && a.Context == b.Context && a.Handle == b.Handle);

    public static bool operator !=(AST? a, AST? b) => !(a == b);

    public override bool Equals(object? obj) => obj is AST other && this == other;

    public override int GetHashCode() => (int)Native.GetAstHash(Context.C, Handle);

    public override string ToString() => Native.Text(Context.Checked(Native.AstToString(Context.C, Handle)));
}

public class Sort : AST
{
    internal Sort(Context context, nint handle) : base(context, handle) { }

    internal static Sort Create(Context context, nint handle) => Native.GetSortKind(context.C, handle) switch
    {
        SortKind.Bool => new BoolSort(context, handle),
        SortKind.BitVec => new BitVecSort(context, handle),
        SortKind.Array => new ArraySort(context, handle),
        _ => new Sort(context, handle),
    };
}

/// <summary>Z3_sort_kind.</summary>
internal static class SortKind
{
    internal const int Bool = 1, BitVec = 4, Array = 5;
}

public class BoolSort : Sort
{
    internal BoolSort(Context context, nint handle) : base(context, handle) { }
}

public class BitVecSort : Sort
{
    internal BitVecSort(Context context, nint handle) : base(context, handle) { }

    /// <summary>Width in bits.</summary>
    public uint Size => Context.Checked(Native.GetBvSortSize(Context.C, Handle));
}

public class ArraySort : Sort
{
    internal ArraySort(Context context, nint handle) : base(context, handle) { }

    public Sort Domain => Create(Context, Context.Checked(Native.GetArraySortDomain(Context.C, Handle)));

    public Sort Range => Create(Context, Context.Checked(Native.GetArraySortRange(Context.C, Handle)));
}

public class FuncDecl : AST
{
    internal FuncDecl(Context context, nint handle) : base(context, handle) { }

    public Symbol Name => new(Context, Context.Checked(Native.GetDeclName(Context.C, Handle)));

    public Sort Range => Sort.Create(Context, Context.Checked(Native.GetRange(Context.C, Handle)));

    public uint Arity => Context.Checked(Native.GetDomainSize(Context.C, Handle));

    public Expr this[params Expr[] args] => Apply(args);

    public Expr Apply(params Expr[] args) => Context.MkApp(this, args);
}

public class Expr : AST
{
    internal Expr(Context context, nint handle) : base(context, handle) { }

    public Sort Sort => Sort.Create(Context, Context.Checked(Native.GetSort(Context.C, Handle)));

    public FuncDecl FuncDecl => new(Context, Context.Checked(Native.GetAppDecl(Context.C, Handle)));

    public uint NumArgs => Context.Checked(Native.GetAppNumArgs(Context.C, Handle));

    public Expr[] Args
    {
        get
        {
            var args = new Expr[NumArgs];
            for (var i = 0u; i < args.Length; i++)
                args[i] = Create(Context, Context.Checked(Native.GetAppArg(Context.C, Handle, i)));
            return args;
        }
    }

    public bool IsNumeral => Native.GetAstKind(Context.C, Handle) == AstKindNumeral;

    public bool IsTrue => Native.GetBoolValue(Context.C, Handle) == 1;

    public bool IsFalse => Native.GetBoolValue(Context.C, Handle) == -1;

    public Expr Simplify(Params? p = null) => Create(Context, Context.Checked(p is null
        ? Native.Simplify(Context.C, Handle)
        : Native.SimplifyEx(Context.C, Handle, p.Handle)));

    public Expr Substitute(Expr[] from, Expr[] to)
    {
        if (from.Length != to.Length) throw new Z3Exception("as many terms to substitute as substitutes are needed");
        return Create(Context, Context.Checked(
            Native.Substitute(Context.C, Handle, (uint)from.Length, Handles(from), Handles(to))));
    }

    /// <summary>Z3_NUMERAL_AST of Z3_ast_kind.</summary>
    private const int AstKindNumeral = 0;

    internal static Expr Create(Context context, nint handle)
    {
        // Counted while its sort is asked for: until then it lives only by being the last result.
        Native.IncRef(context.C, handle);
        var sort = Native.GetSortKind(context.C, context.Checked(Native.GetSort(context.C, handle)));
        Expr term = sort switch
        {
            SortKind.Bool => new BoolExpr(context, handle),
            SortKind.BitVec when Native.GetAstKind(context.C, handle) == AstKindNumeral => new BitVecNum(context, handle),
            SortKind.BitVec => new BitVecExpr(context, handle),
            SortKind.Array => new ArrayExpr(context, handle),
            _ => new Expr(context, handle),
        };
        Native.DecRef(context.C, handle);
        return term;
    }
}

public class BoolExpr : Expr
{
    internal BoolExpr(Context context, nint handle) : base(context, handle) { }

    public static BoolExpr operator |(BoolExpr a, BoolExpr b) => a.Context.MkOr(a, b);

    public static BoolExpr operator &(BoolExpr a, BoolExpr b) => a.Context.MkAnd(a, b);

    public static BoolExpr operator ^(BoolExpr a, BoolExpr b) => a.Context.MkXor(a, b);

    public static BoolExpr operator !(BoolExpr a) => a.Context.MkNot(a);
}

public class BitVecExpr : Expr
{
    internal BitVecExpr(Context context, nint handle) : base(context, handle) { }

    public uint SortSize => ((BitVecSort)Sort).Size;
}

/// <summary>A bit-vector literal.</summary>
public class BitVecNum : BitVecExpr
{
    internal BitVecNum(Context context, nint handle) : base(context, handle) { }

    public uint UInt => Native.GetNumeralUint(Context.C, Handle, out var value)
        ? value
        : throw new Z3Exception("Numeral is not a 32 bit unsigned");

    public ulong UInt64 => Native.GetNumeralUint64(Context.C, Handle, out var value)
        ? value
        : throw new Z3Exception("Numeral is not a 64 bit unsigned");

    public override string ToString() => Native.Text(Native.GetNumeralString(Context.C, Handle));
}

public class ArrayExpr : Expr
{
    internal ArrayExpr(Context context, nint handle) : base(context, handle) { }
}
