using System.Text;

namespace ZephyrML.Teacher;

/// <summary>A table of results, ready to be read: on a console, in a report.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Columns">The headings; the first column names the rows.</param>
/// <param name="Rows">The rows, each as long as the headings.</param>
public sealed record EvaluationTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>The table as plain text with aligned columns: names to the left, numbers to the right.</summary>
    public override string ToString()
    {
        var widths = Columns.Select((heading, c) => Rows.Select(r => r[c].Length).Append(heading.Length).Max()).ToArray();
        var text = new StringBuilder(Title).Append('\n');
        Line(Columns);
        text.AppendJoin("  ", widths.Select(w => new string('-', w))).Append('\n');
        foreach (var row in Rows)
            Line(row);
        return text.ToString();

        void Line(IReadOnlyList<string> cells) =>
            text.Append(string.Join("  ", cells.Select((cell, c) => c == 0 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd()).Append('\n');
    }
}
