using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Verified.Proofs.Values;

namespace Verified.Proofs.Paths;

/// <summary>
/// The text of everything that a proof has told its solver: facts, scopes and questions, in order, with every term in
/// full. Two proofs with equal texts ask the same question.
/// </summary>
/// <remarks>
/// A term is written once, operands first, and from then on it is named by its number. The names of variables are part
/// of the text, so a name means the same variable in both proofs.
/// </remarks>
internal sealed class Conversation : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly Dictionary<ITerm, int> _numbers = new(ReferenceEqualityComparer.Instance);
    private readonly List<Word> _variables = [];

    /// <summary>The variables in the text, in the order of their first occurrence.</summary>
    public IReadOnlyList<Word> Variables => _variables;

    public void Push() => Write('(');

    public void Pop() => Write(')');

    public void Tell(Bool fact) => Write('!', NumberOf(fact));

    /// <summary>Adds a question. Returns the hash of the whole text up to the question.</summary>
    public string Ask(Bool? assumption)
    {
        Write('?', assumption is null ? -1 : NumberOf(assumption));
        return Convert.ToHexString(_hash.GetCurrentHash());
    }

    public void Dispose() => _hash.Dispose();

    private int NumberOf(ITerm root)
    {
        if (_numbers.TryGetValue(root, out var known))
            return known;
        foreach (var term in Graph.Pending(root, _numbers.ContainsKey))
        {
            var word = term as Word;
            Write('=', (int)term.Op, Written(term.A), Written(term.B), Written(term.C), (int)(word?.Value ?? 0));
            if (word?.Op == TermOp.Variable)
            {
                var name = Encoding.UTF8.GetBytes(word.Name!);
                Write('"', name.Length);
                _hash.AppendData(name);
                _variables.Add(word);
            }

            _numbers.Add(term, _numbers.Count);
        }

        return _numbers[root];

        int Written(ITerm? operand) => operand is null ? -1 : _numbers[operand];
    }

    private void Write(char kind, params ReadOnlySpan<int> numbers)
    {
        _line.ResetWrittenCount();
        BinaryPrimitives.WriteUInt16LittleEndian(_line.GetSpan(2), kind);
        _line.Advance(2);
        foreach (var number in numbers)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_line.GetSpan(4), number);
            _line.Advance(4);
        }

        _hash.AppendData(_line.WrittenSpan);
    }
}
