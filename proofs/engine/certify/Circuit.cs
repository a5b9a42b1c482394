namespace Verified.Proofs.Certify;

/// <summary>
/// Gates as clauses. A literal is a variable's number, from 1, or its negation, as in DIMACS. Each gate's clauses
/// determine its output from its inputs, so every assignment of the inputs has exactly one extension. Equal gates are
/// made only once.
/// </summary>
public sealed class Circuit
{
    /// <summary>Variable 1, which a clause makes true.</summary>
    public const int True = 1;

    public const int False = -True;

    private enum Gate
    {
        And,
        Xor,
        Select,
        Majority,
    }

    private readonly Dictionary<(Gate, int, int, int), int> _made = [];
    private readonly List<int> _clauses = [];

    public Circuit() => Clause([Input()]);

    /// <summary>How many variables there are.</summary>
    public int Variables { get; private set; }

    public int Count { get; private set; }

    /// <summary>The literals of the clauses in sequence; 0 ends a clause.</summary>
    public IReadOnlyList<int> Clauses => _clauses;

    /// <summary>A variable that nothing determines yet.</summary>
    public int Input() => ++Variables;

    public static int Constant(bool value) => value ? True : False;

    public void Clause(params ReadOnlySpan<int> literals)
    {
        foreach (var literal in literals)
            _clauses.Add(literal);
        _clauses.Add(0);
        Count++;
    }

    public int Or(int a, int b) => -And(-a, -b);

    public int And(int a, int b)
    {
        if (a == False || b == False || a == -b)
            return False;
        if (a == True || a == b)
            return b;
        if (b == True)
            return a;
        if (a > b)
            (a, b) = (b, a);
        if (_made.TryGetValue((Gate.And, a, b, 0), out var output))
            return output;
        _made[(Gate.And, a, b, 0)] = output = Input();
        Clause([-output, a]);
        Clause([-output, b]);
        Clause([output, -a, -b]);
        return output;
    }

    public int Xor(int a, int b)
    {
        // The negations of the inputs are the output's.
        var sign = (a < 0) ^ (b < 0) ? -1 : 1;
        (a, b) = (Math.Min(Math.Abs(a), Math.Abs(b)), Math.Max(Math.Abs(a), Math.Abs(b)));
        if (a == b)
            return -sign * True;
        if (a == True)
            return -sign * b;
        if (_made.TryGetValue((Gate.Xor, a, b, 0), out var output))
            return sign * output;
        _made[(Gate.Xor, a, b, 0)] = output = Input();
        Clause([-output, a, b]);
        Clause([-output, -a, -b]);
        Clause([output, -a, b]);
        Clause([output, a, -b]);
        return sign * output;
    }

    /// <summary>The literal <paramref name="a"/> if the condition holds, else <paramref name="b"/>.</summary>
    public int Select(int condition, int a, int b)
    {
        if (condition < 0)
            (condition, a, b) = (-condition, b, a);
        if (condition == True || a == b)
            return a;
        if (a == -b)
            return -Xor(condition, a);
        if (a == True || a == condition)
            return Or(condition, b);
        if (a == False || a == -condition)
            return And(-condition, b);
        if (b == True || b == -condition)
            return Or(-condition, a);
        if (b == False || b == condition)
            return And(condition, a);
        if (_made.TryGetValue((Gate.Select, condition, a, b), out var output))
            return output;
        _made[(Gate.Select, condition, a, b)] = output = Input();
        Clause([-condition, -a, output]);
        Clause([-condition, a, -output]);
        Clause([condition, -b, output]);
        Clause([condition, b, -output]);

        // The other clauses imply these. With them, a solver knows the output if both sides agree.
        Clause([-a, -b, output]);
        Clause([a, b, -output]);
        return output;
    }

    /// <summary>Whether at least two of three hold: the carry of a sum.</summary>
    public int Majority(int a, int b, int c)
    {
        if (a > b)
            (a, b) = (b, a);
        if (b > c)
            (b, c) = (c, b);
        if (a > b)
            (a, b) = (b, a);
        if (a == b || b == c)
            return b;
        if (a == -b)
            return c;
        if (a == -c)
            return b;
        if (b == -c)
            return a;
        foreach (var (literal, x, y) in (ReadOnlySpan<(int, int, int)>)[(a, b, c), (b, a, c), (c, a, b)])
        {
            if (literal == True)
                return Or(x, y);
            if (literal == False)
                return And(x, y);
        }

        if (_made.TryGetValue((Gate.Majority, a, b, c), out var output))
            return output;
        _made[(Gate.Majority, a, b, c)] = output = Input();
        foreach (var (x, y) in (ReadOnlySpan<(int, int)>)[(a, b), (a, c), (b, c)])
        {
            Clause([-output, x, y]);
            Clause([output, -x, -y]);
        }

        return output;
    }
}
