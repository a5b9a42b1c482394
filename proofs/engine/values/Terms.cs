using System.Runtime.CompilerServices;
using Verified.Proofs.Z3;
using Verified.Spec.Values;

namespace Verified.Proofs.Values;

/// <summary>
/// A instances of shared terms, for one thread. Every construction simplifies by the rules of <see cref="Rules"/>. If a
/// rule makes two terms equal, they are one object.
/// </summary>
public sealed class Terms : IDisposable
{
    [ThreadStatic]
    private static Terms? t_current;

    private readonly Dictionary<(TermOp, ITerm, ITerm?, ITerm?), ITerm> _made = [];
    private readonly Dictionary<uint, Word> _constants = [];
    private readonly Dictionary<string, Word> _variables = [];
    private readonly bool _ownsContext;
    private Context? _context;
    private int _nextId;
    private int _nextFresh;

    /// <param name="context">
    /// The solver's context to translate into; by default a new context, made when it is needed.
    /// </param>
    public Terms(Context? context = null)
    {
        _context = context;
        _ownsContext = context is null;
        False = new(this, _nextId++, TermOp.False, null, null);
        True = new(this, _nextId++, TermOp.True, null, null);
    }

    /// <summary>The instances of <see cref="Symbolic.Arbitrary"/> on this thread.</summary>
    /// <exception cref="InvalidOperationException">None was set.</exception>
    public static Terms Current
    {
        get => t_current ?? throw new InvalidOperationException("no instances of terms is current on this thread");
        set => t_current = value;
    }

    /// <summary>The running exploration, or null outside of one.</summary>
    public IDecider? Decider { get; set; }

    /// <summary>
    /// Treats the result of a division as an unknown word, which is the same for the same operands. A statement that
    /// holds for any word holds for the quotient, and the solver does not need 64-bit division.
    /// </summary>
    public bool DivisionsAreOpaque { get; init; }

    public Context Context => _context ??= new Context();

    public Bool False { get; }

    public Bool True { get; }

    /// <summary>How many terms there are.</summary>
    public int Count => _nextId;

    public Word Constant(uint value)
    {
        if (!_constants.TryGetValue(value, out var word))
            _constants[value] = word = new(this, _nextId++, TermOp.Constant, null, null, null, value, null, value);
        return word;
    }

    /// <summary>The variable of this name; its bits from <paramref name="width"/> (1 to 32) up are 0.</summary>
    /// <exception cref="ArgumentException">The name is already used with another width.</exception>
    public Word Variable(string name, int width = 32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 32);
        if (!_variables.TryGetValue(name, out var word))
        {
            var bits = uint.MaxValue >> (32 - width);
            word = new(this, _nextId++, TermOp.Variable, null, null, null, (uint)width, name, bits);
            _variables[name] = word;
        }

        return word.Value == width
            ? word
            : throw new ArgumentException($"variable {name} has {word.Value} bits, not {width}", nameof(width));
    }

    /// <summary>
    /// A variable that occurs nowhere else. After <see cref="ResetFresh"/> the same variables come again.
    /// </summary>
    public Word Fresh(string prefix = "any", int width = 32) => Variable($"{prefix}!{_nextFresh++}", width);

    /// <summary>Lets a re-run of the same path make the same variables.</summary>
    public void ResetFresh() => _nextFresh = 0;

    public Bool Of(bool value) => value ? True : False;

    public Bool Of(Truth truth) => (Bool?)truth.Undecided ?? Of(truth.Known);

    public Word Of(Symbolic word) => word.Term ?? Constant(word.Value);

    public Word MakeWord(TermOp op, ITerm a, ITerm? b = null, ITerm? c = null) => (Word)MakeTerm(op, a, b, c);

    public Bool Make(TermOp op, ITerm a, ITerm? b = null) => (Bool)MakeTerm(op, a, b);

    /// <summary>A quotient or remainder.</summary>
    public Word MakeDivision(TermOp op, ITerm high, ITerm low, ITerm divisor)
    {
        var word = MakeWord(op, high, low, divisor);
        return DivisionsAreOpaque && word.Op == op ? Variable($"{op}!{word.Id}") : word;
    }

    /// <summary>The simplified term for an operation.</summary>
    public ITerm MakeTerm(TermOp op, ITerm a, ITerm? b = null, ITerm? c = null)
    {
        if (TryFold(op, a, b, c, out var value))
            return op.IsCondition() ? Of(value != 0) : Constant(value);
        if (op.Commutes() && IsBefore(b!, a))
            (a, b) = (b!, a);
        if (_made.TryGetValue((op, a, b, c), out var made))
            return made;

        // If rewriting has run deep into the stack, the term is not simplified. An unsimplified term is equally true.
        made = RuntimeHelpers.TryEnsureSufficientExecutionStack() ? Rules.Rewrite(this, op, a, b, c) : null;
        made ??= op.IsCondition()
            ? new Bool(this, _nextId++, op, a, b)
            : new Word(this, _nextId++, op, a, b, c, 0, null, KnownBits.Of(op, a, b, c));
        _made[(op, a, b, c)] = made;
        return made;
    }

    /// <summary>The solver's term for a word: 32 bits.</summary>
    public Expr Translate(Word word) => SolverTranslation.Of(Own(word));

    public Expr Translate(Bool condition) => SolverTranslation.Of(Own(condition));

    public Expr Translate(Truth truth) => Translate(Of(truth));

    public Expr Translate(Symbolic word) => Translate(Of(word));

    public void Dispose()
    {
        if (_ownsContext)
            _context?.Dispose();
        if (t_current == this)
            t_current = null;
    }

    private ITerm Own(ITerm term) =>
        term.Terms == this
            ? term
            : throw new ArgumentException($"{term} belongs to another instances of terms", nameof(term));

    /// <summary>Constants come last; otherwise the older operand comes first.</summary>
    private static bool IsBefore(ITerm a, ITerm b) =>
        a.Op == TermOp.Constant ? b.Op == TermOp.Constant && a.Id < b.Id : b.Op == TermOp.Constant || a.Id < b.Id;

    private static bool TryFold(TermOp op, ITerm a, ITerm? b, ITerm? c, out uint value)
    {
        value = 0;
        if (!IsKnown(a, out var x) || !IsKnown(b, out var y) || !IsKnown(c, out var z))
            return false;
        value = OpMeaning.Apply(op, x, y, z);
        return true;
    }

    private static bool IsKnown(ITerm? term, out uint value)
    {
        value =
            term is Word word ? word.Value
            : term?.Op == TermOp.True ? 1u
            : 0u;
        return term is null || term.Op is TermOp.Constant or TermOp.True or TermOp.False;
    }
}
