using System.Globalization;
using System.Text;

namespace Verified.Proofs.Smt;

/// <summary>
/// Questions as files: a folder per theorem, a script per question, and <c>index.tsv</c>. The index also has a line for
/// each goal that was settled without the solver.
/// </summary>
/// <param name="folder">The folder for the files.</param>
public sealed class Export(string folder)
{
    private const string Header = "file\ttheorem\tpath\tgoal\texpected\tby\tbytes\n";

    private readonly SortedDictionary<string, string> _lines = new(StringComparer.Ordinal);

    /// <summary>Writes the scripts of one theorem.</summary>
    /// <returns>The number of bytes written.</returns>
    public long Write(string theorem, Asked asked)
    {
        Directory.CreateDirectory(Path.Combine(folder, theorem));
        var lines = new StringBuilder();
        var (number, bytes) = (0, 0L);
        foreach (var question in asked.Kept)
        {
            var file = $"{theorem}/{++number:D5}.smt2";
            var script = Script.Of(theorem, question);
            File.WriteAllText(Path.Combine(folder, file), script);
            var size = Encoding.UTF8.GetByteCount(script);
            bytes += size;
            Line(file, question.Path, question.Purpose, Script.Answer(question.Satisfiable), "solver", size);
        }

        // The earlier model answers sat. The rules show that a goal holds, so its negation is unsatisfiable.
        foreach (var settled in asked.WithoutSolver)
            Line("-", settled.Path, settled.Purpose, Script.Answer(settled.By == "model"), settled.By, 0);
        lock (_lines)
            _lines[theorem] = lines.ToString();
        return bytes;

        void Line(string file, int path, string goal, string expected, string by, int size) =>
            lines.Append(
                CultureInfo.InvariantCulture,
                $"{file}\t{theorem}\t{path}\t{Field(goal)}\t{expected}\t{by}\t{size}\n"
            );
    }

    /// <summary>Writes the index of everything that was written.</summary>
    public void WriteIndex() =>
        File.WriteAllText(Path.Combine(folder, "index.tsv"), Header + string.Concat(_lines.Values));

    private static string Field(string text) => text.ReplaceLineEndings(" ").Replace('\t', ' ');
}
