namespace Microsoft.Z3;

/// <summary>Values for constants and functions that satisfy what was checked.</summary>
public class Model : Z3Object
{
    internal Model(Context context, nint handle) : base(context, Counted.Model, handle) { }

    public uint NumConsts => Context.Checked(Native.ModelGetNumConsts(Context.C, Handle));

    public FuncDecl[] ConstDecls
    {
        get
        {
            var declarations = new FuncDecl[NumConsts];
            for (var i = 0u; i < declarations.Length; i++)
                declarations[i] = new FuncDecl(Context, Context.Checked(Native.ModelGetConstDecl(Context.C, Handle, i)));
            return declarations;
        }
    }

    /// <summary>The constant's value, or null where the model does not depend on it.</summary>
    public Expr? ConstInterp(FuncDecl f)
    {
        var value = Native.ModelGetConstInterp(Context.C, Handle, f.Handle);
        Context.Check();
        return value == 0 ? null : Expr.Create(Context, value);
    }

    public Expr? ConstInterp(Expr a) => ConstInterp(a.FuncDecl);

    /// <summary>The value of <paramref name="t"/>; with <paramref name="completion"/>, what the model leaves open gets one.</summary>
    public Expr Eval(Expr t, bool completion = false) =>
        Native.ModelEval(Context.C, Handle, t.Handle, completion, out var value)
            ? Expr.Create(Context, Context.Checked(value))
            : throw new Z3Exception("the model does not evaluate the term");

    public Expr Evaluate(Expr t, bool completion = false) => Eval(t, completion);

    public override string ToString() => Native.Text(Context.Checked(Native.ModelToString(Context.C, Handle)));
}

/// <summary>What the last check cost, as libz3 counts it.</summary>
public class Statistics : Z3Object
{
    internal Statistics(Context context, nint handle) : base(context, Counted.Statistics, handle) { }

    /// <summary>One figure.</summary>
    // CA1034: the package nests it.
#pragma warning disable CA1034
    public class Entry(string key, uint uintValue, double doubleValue, bool isUInt)
    {
        public string Key { get; } = key;

        public bool IsUInt { get; } = isUInt;

        public bool IsDouble => !IsUInt;

        public uint UIntValue { get; } = uintValue;

        public double DoubleValue { get; } = doubleValue;
    }
#pragma warning restore CA1034

    public Entry[] Entries
    {
        get
        {
            var entries = new Entry[Native.StatsSize(Context.C, Handle)];
            for (var i = 0u; i < entries.Length; i++)
            {
                var whole = Native.StatsIsUint(Context.C, Handle, i);
                entries[i] = new(
                    Native.Text(Native.StatsGetKey(Context.C, Handle, i)),
                    whole ? Native.StatsGetUintValue(Context.C, Handle, i) : 0,
                    whole ? 0 : Native.StatsGetDoubleValue(Context.C, Handle, i),
                    whole);
            }

            return entries;
        }
    }

    public Entry? this[string key] => Array.Find(Entries, entry => entry.Key == key);
}

/// <summary>The version of the libz3 that was found.</summary>
public static class Version
{
    public static uint Major => Numbers().Major;

    public static uint Minor => Numbers().Minor;

    public static uint Build => Numbers().Build;

    public static uint Revision => Numbers().Revision;

    public static string FullVersion => Native.Text(Native.GetFullVersion());

    private static (uint Major, uint Minor, uint Build, uint Revision) Numbers()
    {
        Native.GetVersion(out var major, out var minor, out var build, out var revision);
        return (major, minor, build, revision);
    }
}

/// <summary>Settings of every context.</summary>
public static class Global
{
    public static void SetParameter(string id, string value) => Native.GlobalParamSet(id, value);
}
