using FsCheck;
using FsCheck.Xunit;
using Verified.Proofs.Certify;
using Xunit;
using static Verified.Tests.Certify.Refutations;

namespace Verified.Tests.Certify;

/// <summary>
/// The checker accepts proofs of contradictions. It accepts no damaged proof, and no proof of another statement.
/// </summary>
public sealed class ProofCheckerTests
{
    /// <summary>
    /// The first two clauses need variable 2, then the next two need 3 and 1, and the last excludes both.
    /// </summary>
    private static readonly int[][] Small =
    [
        [1, 2],
        [-1, 2],
        [-2, 3],
        [-3, -2, 1],
        [-1, -3],
    ];

    private static readonly int[][] SmallProof =
    [
        [2],
        [],
    ];

    [Fact]
    public void A_proof_is_accepted()
    {
        Assert.Null(Check(3, Small, SmallProof));
        Assert.Null(
            Check(
                3,
                Small,
                [
                    [2, 1],
                    [2],
                    [],
                ]
            )
        );
    }

    [Fact]
    public void A_proof_with_a_changed_literal_is_rejected()
    {
        var (variables, clauses) = Pigeons(3);
        var proof = Refutation(variables, clauses);
        var rejected = 0;
        for (var lemma = 0; lemma < proof.Count; lemma++)
        for (var place = 0; place < proof[lemma].Length; place++)
        {
            var changed = proof.ConvertAll(clause => (int[])clause.Clone());
            changed[lemma][place] = -changed[lemma][place];
            var follows = Follows(clauses, changed);
            Assert.Equal(follows, Check(variables, clauses, changed) is null);
            if (!follows)
                rejected++;
        }

        Assert.True(rejected >= 10, $"{rejected} changed proofs are rejected");
    }

    [Fact]
    public void A_truncated_proof_is_rejected()
    {
        var (variables, clauses) = Pigeons(4);
        var proof = Bytes(Refutation(variables, clauses));
        Assert.Null(ProofChecker.Check(variables, Flat(clauses), proof));
        for (var length = 0; length < proof.Length / 2; length += 7)
            AssertSays("the proof ends", ProofChecker.Check(variables, Flat(clauses), proof.AsSpan(0, length)));
    }

    [Fact]
    public void Without_any_one_of_its_clauses_a_minimal_formula_is_not_refuted()
    {
        var (variables, clauses) = Pigeons(3);
        var proof = Refutation(variables, clauses);
        Assert.Null(Check(variables, clauses, proof));
        for (var dropped = 0; dropped < clauses.Count; dropped++)
        {
            var rest = clauses.Where((_, i) => i != dropped).ToList();
            Assert.NotNull(Check(variables, rest, proof));
        }
    }

    [Fact]
    public void A_proof_that_deletes_what_it_needs_is_rejected()
    {
        var (variables, clauses) = Pigeons(3);
        var proof = Bytes(Refutation(variables, clauses));
        Assert.Null(
            ProofChecker.Check(
                variables,
                Flat(clauses),
                (byte[])
                    [
                        .. Bytes(
                            [
                                [1, 2, -3],
                            ],
                            'd'
                        ),
                        .. proof,
                    ]
            )
        );
        Assert.NotNull(ProofChecker.Check(variables, Flat(clauses), (byte[])[.. Bytes([clauses[0]], 'd'), .. proof]));
    }

    [Fact]
    public void Bytes_that_are_no_proof_are_rejected()
    {
        AssertSays("where a clause should begin", ProofChecker.Check(3, Flat(Small), [0x13]));
        AssertSays("unknown variable", ProofChecker.Check(3, Flat(Small), [(byte)'a', 200, 1, 0]));
        AssertSays("within a clause", ProofChecker.Check(3, Flat(Small), [(byte)'a', 0x84]));
        AssertSays("of 1 variables", ProofChecker.Check(1, Flat(Small), Bytes(SmallProof)));
        AssertSays("no end", ProofChecker.Check(3, [1, 2], Bytes(SmallProof)));
    }

    [Fact]
    public void Clauses_with_a_literal_twice_or_with_its_negation_mean_what_they_mean()
    {
        Assert.Null(
            Check(
                1,
                [
                    [1, 1],
                    [-1, -1, -1],
                ],
                [
                    [],
                ]
            )
        );
        Assert.NotNull(
            Check(
                2,
                [
                    [1, -1],
                    [2, -2, 1],
                ],
                [
                    [],
                ]
            )
        );
        Assert.NotNull(
            Check(
                2,
                [
                    [1, -1],
                ],
                [
                    [2, -2],
                    [],
                ]
            )
        );
    }

    [Property(MaxTest = 500)]
    public void What_is_accepted_has_no_model_and_each_refutation_is_accepted(DoNotSize<int> seed)
    {
        const int Variables = 6;
        var random = new Random(seed.Item);
        var clauses = Enumerable.Range(0, random.Next(5, 50)).Select(_ => Clause()).ToList();
        var satisfiable = Enumerable
            .Range(0, 1 << Variables)
            .Any(model => clauses.TrueForAll(clause => clause.Any(literal => Holds(model, literal))));
        if (!satisfiable)
            Assert.Null(Check(Variables, clauses, Refutation(Variables, clauses)));

        // For any proof, also with random deletions: the checker accepts only a contradiction.
        var proof = new List<byte>();
        for (var i = 0; i < 30; i++)
        {
            var clause = random.Next(3) == 0 ? clauses[random.Next(clauses.Count)] : Clause();
            proof.AddRange(Bytes([clause], random.Next(3) == 0 ? 'd' : 'a'));
        }

        if (ProofChecker.Check(Variables, Flat(clauses), proof.ToArray()) is null)
            Assert.False(satisfiable);
        var additions = Enumerable.Range(0, 5).Select(_ => (int[])[Literal(), Literal()]).ToList();
        Assert.Equal(Follows(clauses, additions), Check(Variables, clauses, additions) is null);

        int[] Clause() => [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Literal())];
        int Literal() => random.Next(1, Variables + 1) * (random.Next(2) == 0 ? 1 : -1);
        static bool Holds(int model, int literal) => (model >> (Math.Abs(literal) - 1) & 1) != 0 == literal > 0;
    }

    private static void AssertSays(string says, string? rejected) =>
        Assert.Contains(says, rejected, StringComparison.Ordinal);

    private static string? Check(int variables, IReadOnlyList<int[]> clauses, IReadOnlyList<int[]> proof) =>
        ProofChecker.Check(variables, Flat(clauses), Bytes(proof));

    private static IEnumerable<int> Flat(IEnumerable<int[]> clauses) =>
        clauses.SelectMany(clause => (int[])[.. clause, 0]);

    private static byte[] Bytes(IEnumerable<int[]> clauses, char kind = 'a')
    {
        var bytes = new List<byte>();
        foreach (var clause in clauses)
        {
            bytes.Add((byte)kind);
            foreach (var literal in clause)
            {
                var code = literal > 0 ? 2 * literal : 2 * -literal + 1;
                for (; code >= 0x80; code >>= 7)
                    bytes.Add((byte)(code | 0x80));
                bytes.Add((byte)code);
            }

            bytes.Add(0);
        }

        return [.. bytes];
    }
}
