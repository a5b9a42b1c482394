using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Verified.Tests.Architecture;

/// <summary>Finds the types, fields and methods that the instructions of a method body name.</summary>
internal static class Instructions
{
    // Codes of two bytes start with FEh.
    private const byte Prefix = 0xFE;

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes)
        .GetFields()
        .Select(field => field.GetValue(null))
        .OfType<OpCode>()
        .ToDictionary(code => code.Value);

    public static IEnumerable<EntityHandle> Operands(BlobReader body)
    {
        List<EntityHandle> found = [];
        while (body.RemainingBytes > 0)
        {
            var first = body.ReadByte();
            var code = Codes[first == Prefix ? (short)(Prefix << 8 | body.ReadByte()) : first];
            switch (code.OperandType)
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineSig:
                case OperandType.InlineTok or OperandType.InlineType:
                    found.Add(MetadataTokens.EntityHandle(body.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var targets = body.ReadInt32();
                    body.Offset += 4 * targets;
                    break;
                default:
                    body.Offset += Size(code.OperandType);
                    break;
            }
        }
        return found;
    }

    private static int Size(OperandType type) =>
        type switch
        {
            OperandType.InlineNone => 0,
            OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
            OperandType.InlineVar => 2,
            OperandType.InlineI8 or OperandType.InlineR => 8,
            OperandType.InlineBrTarget or OperandType.InlineI or OperandType.InlineString => 4,
            OperandType.ShortInlineR => 4,
            _ => throw new InvalidOperationException($"unknown operand {type}"),
        };
}
