using Iced.Intel;
using Verified.Kernel;
using Verified.Proofs.Paths;

namespace Verified.Proofs.Prove;

/// <summary>
/// The longest paths through the kernel's code from one cut point to the next, in instructions. They follow every
/// branch to both sides, whether or not a state takes it. So no path that a theorem explores is longer.
/// </summary>
/// <remarks>
/// The figures need no solver. They bound a run because of the theorems of the ways: a run raises no exception, and it
/// goes from cut point to cut point.
/// </remarks>
public sealed class CodePaths(BootedImage image)
{
    /// <summary>The end of a path with IRET, to user mode or to the place of an interrupt.</summary>
    public const string Return = "return";

    private readonly DecodedText _text = new(image);
    private readonly Dictionary<uint, IReadOnlyDictionary<string, int>> _from = [];
    private readonly HashSet<uint> _open = [];

    private readonly Dictionary<uint, string> _points = CodePoints
        .All.Where(point => point != CodePoints.Idle)
        .ToDictionary(point => image.Addresses[point.Name], point => point.Name);

    /// <summary>
    /// The cut points that a run from an address reaches first, each with the most instructions before it.
    /// </summary>
    /// <param name="start">The address of an entry, or of a cut point that the run leaves.</param>
    /// <exception cref="ProverException">
    /// The code loops between cut points, or has an instruction whose successor its bytes do not say.
    /// </exception>
    public IReadOnlyDictionary<string, int> From(uint start) => After(start);

    /// <summary>The address of the code behind a gate of the image's interrupt table.</summary>
    public uint Gate(int vector)
    {
        uint Dword(uint at) =>
            image.Constant(at) ?? throw new ProverException($"vector {vector:X}h has no gate in the image");
        var gate = image.Layout.Idt + (uint)vector * 8;
        return Dword(gate) & 0xFFFF | Dword(gate + 4) & 0xFFFF0000;
    }

    private IReadOnlyDictionary<string, int> At(uint address) =>
        _points.TryGetValue(address, out var point) ? new Dictionary<string, int> { [point] = 0 } : After(address);

    private IReadOnlyDictionary<string, int> After(uint address)
    {
        if (_from.TryGetValue(address, out var known))
            return known;
        if (!_open.Add(address))
            throw new ProverException($"the code loops at {address:X8}h between two cut points");
        var ends = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var next in Successors(_text.At(address)))
        foreach (var (end, most) in next)
            ends[end] = Math.Max(ends.GetValueOrDefault(end), most + 1);
        _open.Remove(address);
        return _from[address] = ends;
    }

    private IEnumerable<IReadOnlyDictionary<string, int>> Successors(Instruction instruction)
    {
        if (instruction.HasRepPrefix || instruction.HasRepnePrefix)
            throw new ProverException(
                $"{instruction} at {instruction.IP32:X8}h takes a time that its bytes do not say"
            );
        switch (instruction)
        {
            // The processor waits for an interrupt in the instruction itself.
            case { Mnemonic: Mnemonic.Hlt }:
                yield return End(CodePoints.Idle.Name);
                break;
            case { Mnemonic: Mnemonic.Iretd }:
                yield return End(Return);
                break;
            case { FlowControl: FlowControl.Next }:
                yield return At(instruction.NextIP32);
                break;
            case { FlowControl: FlowControl.UnconditionalBranch }:
                yield return At(instruction.NearBranch32);
                break;
            case { FlowControl: FlowControl.ConditionalBranch }:
                yield return At(instruction.NextIP32);
                yield return At(instruction.NearBranch32);
                break;
            default:
                throw new ProverException(
                    $"the bytes of {instruction} at {instruction.IP32:X8}h do not say its successor"
                );
        }
    }

    private static Dictionary<string, int> End(string name) => new() { [name] = 0 };
}
