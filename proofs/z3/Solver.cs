namespace Microsoft.Z3;

/// <summary>Z3_lbool, as an answer.</summary>
public enum Status
{
    UNSATISFIABLE = -1,
    UNKNOWN = 0,
    SATISFIABLE = 1,
}

public class Params : Z3Object
{
    internal Params(Context context, nint handle) : base(context, Counted.Params, handle) { }

    public Params Add(string name, bool value)
    {
        Native.ParamsSetBool(Context.C, Handle, Context.MkSymbol(name).Handle, value);
        return Context.Checked(this);
    }

    public Params Add(string name, uint value)
    {
        Native.ParamsSetUint(Context.C, Handle, Context.MkSymbol(name).Handle, value);
        return Context.Checked(this);
    }

    public Params Add(string name, double value)
    {
        Native.ParamsSetDouble(Context.C, Handle, Context.MkSymbol(name).Handle, value);
        return Context.Checked(this);
    }

    public Params Add(string name, string value)
    {
        Native.ParamsSetSymbol(Context.C, Handle, Context.MkSymbol(name).Handle, Context.MkSymbol(value).Handle);
        return Context.Checked(this);
    }
}

public class Solver : Z3Object
{
    internal Solver(Context context, nint handle) : base(context, Counted.Solver, handle) { }

    public Params Parameters
    {
        set
        {
            Native.SolverSetParams(Context.C, Handle, value.Handle);
            Context.Check();
        }
    }

    public uint NumScopes => Context.Checked(Native.SolverGetNumScopes(Context.C, Handle));

    public BoolExpr[] Assertions => Vector(Native.SolverGetAssertions(Context.C, Handle));

    public uint NumAssertions => (uint)Assertions.Length;

    /// <summary>Of the last check, which must have found one.</summary>
    public Model Model => new(Context, Context.Checked(Native.SolverGetModel(Context.C, Handle)));

    /// <summary>Those of the last check's assumptions and labels that suffice to refute.</summary>
    public BoolExpr[] UnsatCore => Vector(Native.SolverGetUnsatCore(Context.C, Handle));

    public string ReasonUnknown => Native.Text(Context.Checked(Native.SolverGetReasonUnknown(Context.C, Handle)));

    public Statistics Statistics => new(Context, Context.Checked(Native.SolverGetStatistics(Context.C, Handle)));

    public void Set(string name, bool value)
    {
        using var parameters = Context.MkParams().Add(name, value);
        Parameters = parameters;
    }

    public void Set(string name, uint value)
    {
        using var parameters = Context.MkParams().Add(name, value);
        Parameters = parameters;
    }

    public void Set(string name, double value)
    {
        using var parameters = Context.MkParams().Add(name, value);
        Parameters = parameters;
    }

    public void Set(string name, string value)
    {
        using var parameters = Context.MkParams().Add(name, value);
        Parameters = parameters;
    }

    public void Push()
    {
        Native.SolverPush(Context.C, Handle);
        Context.Check();
    }

    public void Pop(uint n = 1)
    {
        Native.SolverPop(Context.C, Handle, n);
        Context.Check();
    }

    public void Reset()
    {
        Native.SolverReset(Context.C, Handle);
        Context.Check();
    }

    public void Assert(params BoolExpr[] constraints)
    {
        foreach (var constraint in constraints)
        {
            Native.SolverAssert(Context.C, Handle, constraint.Handle);
            Context.Check();
        }
    }

    public void Add(params BoolExpr[] constraints) => Assert(constraints);

    public void Add(IEnumerable<BoolExpr> constraints) => Assert(constraints.ToArray());

    public void AssertAndTrack(BoolExpr constraint, BoolExpr p)
    {
        Native.SolverAssertAndTrack(Context.C, Handle, constraint.Handle, p.Handle);
        Context.Check();
    }

    public Status Check(params Expr[] assumptions) => (Status)Context.Checked(
        Native.SolverCheckAssumptions(Context.C, Handle, (uint)assumptions.Length, Handles(assumptions)));

    public Status Check(IEnumerable<BoolExpr> assumptions) => Check(assumptions.ToArray<Expr>());

    /// <summary>SMT-LIB 2.</summary>
    public override string ToString() => Native.Text(Context.Checked(Native.SolverToString(Context.C, Handle)));

    private BoolExpr[] Vector(nint vector)
    {
        Context.Checked(vector);
        Native.AstVectorIncRef(Context.C, vector);
        var conditions = new BoolExpr[Native.AstVectorSize(Context.C, vector)];
        for (var i = 0u; i < conditions.Length; i++)
            conditions[i] = new BoolExpr(Context, Context.Checked(Native.AstVectorGet(Context.C, vector, i)));
        Native.AstVectorDecRef(Context.C, vector);
        return conditions;
    }
}

public partial class Context
{
    public Params MkParams() => new(this, Checked(Native.MkParams(C)));

    public Solver MkSolver() => new(this, Checked(Native.MkSolver(C)));

    /// <param name="logic">An SMT-LIB logic; QF_FD and QF_BV give solvers over one incremental SAT solver.</param>
    public Solver MkSolver(string logic) => new(this, Checked(Native.MkSolverForLogic(C, MkSymbol(logic).Handle)));

    public Solver MkSimpleSolver() => new(this, Checked(Native.MkSimpleSolver(C)));
}
