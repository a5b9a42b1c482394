namespace Microsoft.Z3;

public partial class Context
{
    private readonly Dictionary<uint, BitVecSort> _bitVecSorts = [];
    private BoolSort? _boolSort;

    public BoolSort BoolSort => _boolSort ??= new(this, Checked(Native.MkBoolSort(C)));

    public BoolSort MkBoolSort() => new(this, Checked(Native.MkBoolSort(C)));

    /// <param name="size">Width in bits, at least 1.</param>
    public BitVecSort MkBitVecSort(uint size) => new(this, Checked(Native.MkBvSort(C, size)));

    public ArraySort MkArraySort(Sort domain, Sort range) =>
        new(this, Checked(Native.MkArraySort(C, domain.Handle, range.Handle)));

    public Symbol MkSymbol(string name) => new(this, Checked(Native.MkStringSymbol(C, name)));

    public Symbol MkSymbol(int i) => new(this, Checked(Native.MkIntSymbol(C, i)));

    public FuncDecl MkFuncDecl(string name, Sort[] domain, Sort range) =>
        new(this, Checked(Native.MkFuncDecl(
            C, MkSymbol(name).Handle, (uint)domain.Length, Z3Object.Handles(domain), range.Handle)));

    public FuncDecl MkFuncDecl(string name, Sort domain, Sort range) => MkFuncDecl(name, [domain], range);

    public FuncDecl MkConstDecl(string name, Sort range) => MkFuncDecl(name, [], range);

    public FuncDecl MkFreshFuncDecl(string prefix, Sort[] domain, Sort range) =>
        new(this, Checked(Native.MkFreshFuncDecl(
            C, prefix, (uint)domain.Length, Z3Object.Handles(domain), range.Handle)));

    public Expr MkApp(FuncDecl f, params Expr[] args) =>
        Expr.Create(this, Checked(Native.MkApp(C, f.Handle, (uint)args.Length, Z3Object.Handles(args))));

    public Expr MkConst(string name, Sort range) =>
        Expr.Create(this, Checked(Native.MkConst(C, MkSymbol(name).Handle, range.Handle)));

    public Expr MkConst(FuncDecl f) => MkApp(f);

    public Expr MkFreshConst(string prefix, Sort range) =>
        Expr.Create(this, Checked(Native.MkFreshConst(C, prefix, range.Handle)));

    public BoolExpr MkBoolConst(string name) => (BoolExpr)MkConst(name, BoolSort);

    public BitVecExpr MkBVConst(string name, uint size)
    {
        var sort = BitVecSortOf(size);
        return (BitVecExpr)MkConst(name, sort);
    }

    public ArrayExpr MkArrayConst(string name, Sort domain, Sort range)
    {
        using var sort = MkArraySort(domain, range);
        return (ArrayExpr)MkConst(name, sort);
    }

    public BitVecNum MkBV(uint v, uint size) => MkBV((ulong)v, size);

    public BitVecNum MkBV(ulong v, uint size)
    {
        var sort = BitVecSortOf(size);
        return new(this, Checked(Native.MkUnsignedInt64(C, v, sort.Handle)));
    }

    /// <summary>The number of which <paramref name="v"/> are the decimal digits.</summary>
    public BitVecNum MkBV(string v, uint size)
    {
        var sort = BitVecSortOf(size);
        return new(this, Checked(Native.MkNumeral(C, v, sort.Handle)));
    }

    public BoolExpr MkTrue() => Bool(Native.MkTrue(C));

    public BoolExpr MkFalse() => Bool(Native.MkFalse(C));

    public BoolExpr MkBool(bool value) => value ? MkTrue() : MkFalse();

    public BoolExpr MkEq(Expr x, Expr y) => Bool(Native.MkEq(C, x.Handle, y.Handle));

    public BoolExpr MkDistinct(params Expr[] args) =>
        Bool(Native.MkDistinct(C, (uint)args.Length, Z3Object.Handles(args)));

    public BoolExpr MkNot(BoolExpr a) => Bool(Native.MkNot(C, a.Handle));

    public Expr MkITE(BoolExpr t1, Expr t2, Expr t3) =>
        Expr.Create(this, Checked(Native.MkIte(C, t1.Handle, t2.Handle, t3.Handle)));

    public BoolExpr MkIff(BoolExpr t1, BoolExpr t2) => Bool(Native.MkIff(C, t1.Handle, t2.Handle));

    public BoolExpr MkImplies(BoolExpr t1, BoolExpr t2) => Bool(Native.MkImplies(C, t1.Handle, t2.Handle));

    public BoolExpr MkXor(BoolExpr t1, BoolExpr t2) => Bool(Native.MkXor(C, t1.Handle, t2.Handle));

    public BoolExpr MkAnd(params BoolExpr[] ts) => Bool(Native.MkAnd(C, (uint)ts.Length, Z3Object.Handles(ts)));

    public BoolExpr MkAnd(IEnumerable<BoolExpr> t) => MkAnd(t.ToArray());

    public BoolExpr MkOr(params BoolExpr[] ts) => Bool(Native.MkOr(C, (uint)ts.Length, Z3Object.Handles(ts)));

    public BoolExpr MkOr(IEnumerable<BoolExpr> ts) => MkOr(ts.ToArray());

    public BitVecExpr MkBVAdd(BitVecExpr t1, BitVecExpr t2) => BitVec(Native.MkBvadd(C, t1.Handle, t2.Handle));

    public BitVecExpr MkBVSub(BitVecExpr t1, BitVecExpr t2) => BitVec(Native.MkBvsub(C, t1.Handle, t2.Handle));

    public BitVecExpr MkBVMul(BitVecExpr t1, BitVecExpr t2) => BitVec(Native.MkBvmul(C, t1.Handle, t2.Handle));

    public BitVecExpr MkBVUDiv(BitVecExpr t1, BitVecExpr t2) => BitVec(Native.MkBvudiv(C, t1.Handle, t2.Handle));

    public BitVecExpr MkBVURem(BitVecExpr t1, BitVecExpr t2) => BitVec(Native.MkBvurem(C, t1.Handle, t2.Handle));

    public BitVecExpr MkBVAND(BitVecExpr t1, BitVecExpr t2) => BitVec(Native.MkBvand(C, t1.Handle, t2.Handle));

    public BitVecExpr MkBVOR(BitVecExpr t1, BitVecExpr t2) => BitVec(Native.MkBvor(C, t1.Handle, t2.Handle));

    public BitVecExpr MkBVXOR(BitVecExpr t1, BitVecExpr t2) => BitVec(Native.MkBvxor(C, t1.Handle, t2.Handle));

    public BitVecExpr MkBVSHL(BitVecExpr t1, BitVecExpr t2) => BitVec(Native.MkBvshl(C, t1.Handle, t2.Handle));

    public BitVecExpr MkBVLSHR(BitVecExpr t1, BitVecExpr t2) => BitVec(Native.MkBvlshr(C, t1.Handle, t2.Handle));

    public BitVecExpr MkBVASHR(BitVecExpr t1, BitVecExpr t2) => BitVec(Native.MkBvashr(C, t1.Handle, t2.Handle));

    public BitVecExpr MkConcat(BitVecExpr t1, BitVecExpr t2) => BitVec(Native.MkConcat(C, t1.Handle, t2.Handle));

    public BoolExpr MkBVULT(BitVecExpr t1, BitVecExpr t2) => Bool(Native.MkBvult(C, t1.Handle, t2.Handle));

    public BoolExpr MkBVULE(BitVecExpr t1, BitVecExpr t2) => Bool(Native.MkBvule(C, t1.Handle, t2.Handle));

    public BoolExpr MkBVUGT(BitVecExpr t1, BitVecExpr t2) => Bool(Native.MkBvugt(C, t1.Handle, t2.Handle));

    public BoolExpr MkBVUGE(BitVecExpr t1, BitVecExpr t2) => Bool(Native.MkBvuge(C, t1.Handle, t2.Handle));

    public BoolExpr MkBVSLT(BitVecExpr t1, BitVecExpr t2) => Bool(Native.MkBvslt(C, t1.Handle, t2.Handle));

    public BoolExpr MkBVSLE(BitVecExpr t1, BitVecExpr t2) => Bool(Native.MkBvsle(C, t1.Handle, t2.Handle));

    public BoolExpr MkBVSGT(BitVecExpr t1, BitVecExpr t2) => Bool(Native.MkBvsgt(C, t1.Handle, t2.Handle));

    public BoolExpr MkBVSGE(BitVecExpr t1, BitVecExpr t2) => Bool(Native.MkBvsge(C, t1.Handle, t2.Handle));

    public BitVecExpr MkBVNeg(BitVecExpr t) => BitVec(Native.MkBvneg(C, t.Handle));

    public BitVecExpr MkBVNot(BitVecExpr t) => BitVec(Native.MkBvnot(C, t.Handle));

    /// <summary>Bits <paramref name="high"/> down to <paramref name="low"/>, both included.</summary>
    public BitVecExpr MkExtract(uint high, uint low, BitVecExpr t) => BitVec(Native.MkExtract(C, high, low, t.Handle));

    /// <summary>Adds <paramref name="i"/> bits.</summary>
    public BitVecExpr MkZeroExt(uint i, BitVecExpr t) => BitVec(Native.MkZeroExt(C, i, t.Handle));

    /// <summary>Adds <paramref name="i"/> bits.</summary>
    public BitVecExpr MkSignExt(uint i, BitVecExpr t) => BitVec(Native.MkSignExt(C, i, t.Handle));

    public Expr MkSelect(ArrayExpr a, Expr i) =>
        Expr.Create(this, Checked(Native.MkSelect(C, a.Handle, i.Handle)));

    public ArrayExpr MkStore(ArrayExpr a, Expr i, Expr v) =>
        new(this, Checked(Native.MkStore(C, a.Handle, i.Handle, v.Handle)));

    public ArrayExpr MkConstArray(Sort domain, Expr v) =>
        new(this, Checked(Native.MkConstArray(C, domain.Handle, v.Handle)));

    private BitVecSort BitVecSortOf(uint size) =>
        _bitVecSorts.TryGetValue(size, out var sort) ? sort : _bitVecSorts[size] = MkBitVecSort(size);

    private BoolExpr Bool(nint handle) => new(this, Checked(handle));

    /// <summary>libz3 folds literals in some constructors; a literal is a <see cref="BitVecNum"/>.</summary>
    private BitVecExpr BitVec(nint handle) => (BitVecExpr)Expr.Create(this, Checked(handle));
}
