using System.Text;

namespace Verified.Tests.Commands;

/// <summary>
/// A terminal: rows of letters and a cursor. It knows carriage return, line feed and "erase to the end of the screen",
/// and continues a text on the next row if it does not fit.
/// </summary>
internal sealed class Screen(int width) : StringWriter
{
    private sealed class Line(bool continues)
    {
        public StringBuilder Text { get; set; } = new();

        /// <summary>Whether the terminal broke the row above, so that both are one line.</summary>
        public bool Continues { get; } = continues;
    }

    private List<Line> _lines = [new(false)];
    private int _row;
    private int _column;

    public int Width { get; private set; } = width;

    /// <summary>The rows without spaces at their ends.</summary>
    public IReadOnlyList<string> Rows => [.. _lines.Select(line => line.Text.ToString().TrimEnd())];

    public override void Write(char value) => Write($"{value}");

    public override void Write(string? value)
    {
        var text = value ?? "";
        for (var i = 0; i < text.Length; i++)
            if (text.AsSpan(i).StartsWith("\e[J"))
            {
                i += 2;
                Erase();
            }
            else
                Put(text[i]);
    }

    public override void WriteLine(string? value) => Write(value + "\n");

    /// <summary>Gives the terminal another width.</summary>
    /// <param name="columns">The new width.</param>
    /// <param name="rewraps">
    /// True for terminals that break each line again, and keep the cursor on its letter. Others cut the rows.
    /// </param>
    public void Resize(int columns, bool rewraps)
    {
        Width = columns;
        if (!rewraps)
        {
            foreach (var line in _lines)
                line.Text.Length = Math.Min(line.Text.Length, columns);
            _column = Math.Min(_column, columns - 1);
            return;
        }

        var (old, row, column) = (_lines, _row, _column);
        (_lines, var before) = ([], 0);
        for (var i = 0; i < old.Count; i++)
        {
            if (!old[i].Continues)
            {
                _lines.Add(new(false));
                before = 0;
            }

            var start = _lines.FindLastIndex(line => !line.Continues);
            if (i == row)
                (_row, _column) = (start + (before + column) / columns, (before + column) % columns);
            foreach (var letter in $"{old[i].Text}")
            {
                if (_lines[^1].Text.Length == columns)
                    _lines.Add(new(true));
                _lines[^1].Text.Append(letter);
            }

            before += old[i].Text.Length;
        }
    }

    private void Erase()
    {
        _lines.RemoveRange(_row + 1, _lines.Count - _row - 1);
        _lines[_row].Text.Length = Math.Min(_lines[_row].Text.Length, _column);
    }

    private void Put(char letter)
    {
        switch (letter)
        {
            case '\r':
                _column = 0;
                break;
            case '\n':
                (_row, _column) = (_row + 1, 0);
                if (_row == _lines.Count)
                    _lines.Add(new(false));
                break;
            default:
                if (_column == Width)
                {
                    (_row, _column) = (_row + 1, 0);
                    if (_row == _lines.Count)
                        _lines.Add(new(true));
                }

                var text = _lines[_row].Text;
                if (_column < text.Length)
                    text[_column] = letter;
                else
                    text.Append(letter);
                _column++;
                break;
        }
    }
}
