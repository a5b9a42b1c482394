using System.Globalization;
using Iced.Intel;

namespace Verified.Proofs.Oracle;

/// <summary>
/// The flags that an instruction defines. The suite's table 80386.csv gives them by the name of the file, if it is
/// beside the files or above them. Its columns are op, ex and f_umask; ones in f_umask are defined flags. The name
/// <c>6766C1.4</c> is opcode C1, extension 4, behind 66h and 67h. Without the table, the general rules apply
/// (<see cref="UndefinedResults"/>).
/// </summary>
public sealed class DefinedFlags
{
    private const string Table = "80386.csv";

    private readonly Dictionary<string, uint> _masks = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The defined flags for the files in a folder.</summary>
    public static DefinedFlags Of(string folder)
    {
        var flags = new DefinedFlags();
        if (Beside.Find(folder, Table) is { } path)
            flags.Add(path, Beside.Lines(path));
        return flags;
    }

    /// <summary>EFLAGS' defined bits after a case of a file.</summary>
    public uint Mask(string file, RecordedCase c)
    {
        var name = Path.GetFileName(file);
        name = name[..Math.Max(0, name.IndexOf(".MOO", StringComparison.OrdinalIgnoreCase))];
        while (name.Length > 2 && name[..2] is "66" or "67")
            name = name[2..];
        if (_masks.TryGetValue(name, out var mask) || _masks.TryGetValue(name.Split('.')[0], out mask))
            return 0xFFFF0000 | mask;
        var instruction = Decoder.Create(16, new ByteArrayCodeReader(c.Bytes)).Decode();
        return ~UndefinedResults.Flags(instruction, c.Registers[RecordedRegister.Ecx]);
    }

    private void Add(string path, string[] lines)
    {
        var columns = lines.Length > 0 ? Cells(lines[0]) : [];
        var (opcode, extension, mask) = (columns.IndexOf("op"), columns.IndexOf("ex"), columns.IndexOf("f_umask"));
        if (opcode < 0 || extension < 0 || mask < 0)
            throw new VectorFileException(
                $"{path}: its first line names no columns op, ex and f_umask; fetch it again, or take it away"
            );
        foreach (
            var cells in lines
                .Skip(1)
                .Select(Cells)
                .Where(cells => cells.Count > Math.Max(mask, extension) && cells[mask].Length > 0)
        )
        {
            var digits = cells[mask].StartsWith("0x", StringComparison.OrdinalIgnoreCase)
                ? cells[mask][2..]
                : cells[mask];
            if (!uint.TryParse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value))
                throw new VectorFileException(
                    $"{path}: f_umask {cells[mask]} is not a hexadecimal number; fetch the file again, or remove it"
                );
            _masks[cells[extension].Length > 0 ? $"{cells[opcode]}.{cells[extension]}" : cells[opcode]] = value;
        }
    }

    // The columns that are read come before the descriptions, and only descriptions may contain commas.
    private static List<string> Cells(string line) => [.. line.Split(',').Select(cell => cell.Trim(' ', '"'))];
}

/// <summary>
/// Files that belong to a folder of recorded cases: they are in the folder itself, or in the folder above it.
/// </summary>
internal static class Beside
{
    public static string? Find(string folder, string name) =>
        new[] { Path.Combine(folder, name), Path.Combine(folder, "..", name) }.FirstOrDefault(File.Exists);

    /// <exception cref="VectorFileException">It cannot be read.</exception>
    public static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VectorFileException($"{path} cannot be read: {e.Message}");
        }
    }
}
