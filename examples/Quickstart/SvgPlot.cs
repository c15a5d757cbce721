using System.Globalization;
using System.Net;
using System.Text;

namespace Quickstart;

/// <summary>A few line charts and one bar chart as SVG.</summary>
internal static class SvgPlot
{
    private const int Width = 420, Height = 240, Left = 52, Right = 14, Top = 34, Bottom = 28, Columns = 2;
    private static readonly string[] Colours = ["#2563a8", "#c4472b", "#4a8a3c"];

    public sealed record Line(string Name, double[] Values);

    public sealed record Chart(string Title, IReadOnlyList<Line> Lines);

    public static string Render(string title, IReadOnlyList<Chart> charts, IReadOnlyList<(string Name, double Value)> bars)
    {
        var rows = (charts.Count + 1 + Columns) / Columns;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Columns * Width}\" height=\"{rows * Height}\" font-family=\"sans-serif\" font-size=\"11\"><title>{WebUtility.HtmlEncode(title)}</title><rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (var i = 0; i < charts.Count; i++)
            Lines(svg, charts[i], i % Columns * Width, i / Columns * Height);
        Bars(svg, bars, charts.Count % Columns * Width, charts.Count / Columns * Height);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Lines(StringBuilder svg, Chart chart, int x0, int y0)
    {
        var values = chart.Lines.SelectMany(l => l.Values).Where(double.IsFinite).DefaultIfEmpty(0).ToList();
        var (low, high) = (Math.Min(0, values.Min()), values.Max());
        if (high <= low)
            high = low + 1;
        var steps = Math.Max(2, chart.Lines.Max(l => l.Values.Length));
        double X(int step) => x0 + Left + (Width - Left - Right) * step / (steps - 1.0);
        double Y(double value) => y0 + Top + (Height - Top - Bottom) * (high - value) / (high - low);
        Text(svg, x0 + Left, y0 + 18, chart.Title, "start", "#111", bold: true);
        foreach (var tick in new[] { low, (low + high) / 2, high })
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x0 + Left}\" x2=\"{x0 + Width - Right}\" y1=\"{Y(tick):0.0}\" y2=\"{Y(tick):0.0}\" stroke=\"#ddd\"/>");
            Text(svg, x0 + Left - 6, Y(tick) + 4, tick.ToString("0.###", CultureInfo.InvariantCulture), "end", "#555");
        }
        Text(svg, x0 + Left, y0 + Height - 10, "1", "start", "#555");
        Text(svg, x0 + Width - Right, y0 + Height - 10, steps.ToString(CultureInfo.InvariantCulture), "end", "#555");
        for (var i = 0; i < chart.Lines.Count; i++)
        {
            var line = chart.Lines[i];
            var points = string.Join(' ', line.Values.Select((v, step) => (v, step)).Where(p => double.IsFinite(p.v)).Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.step):0.0},{Y(p.v):0.0}")));
            svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{Colours[i % Colours.Length]}\" stroke-width=\"1.4\" points=\"{points}\"/>\n");
            if (chart.Lines.Count > 1)
                Text(svg, x0 + Width - Right - 70 * (chart.Lines.Count - 1 - i), y0 + 18, line.Name, "end", Colours[i % Colours.Length]);
        }
    }

    private static void Bars(StringBuilder svg, IReadOnlyList<(string Name, double Value)> bars, int x0, int y0)
    {
        Text(svg, x0 + Left, y0 + 18, "Held-out prompts", "start", "#111", bold: true);
        var step = (Height - Top - Bottom) / (double)bars.Count;
        for (var i = 0; i < bars.Count; i++)
        {
            var y = y0 + Top + i * step;
            var width = (Width - Left - Right - 150) * Math.Clamp(bars[i].Value, 0, 1);
            Text(svg, x0 + Left + 120, y + step / 2 + 4, bars[i].Name, "end", "#333");
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x0 + Left + 126}\" y=\"{y + 4:0.0}\" width=\"{width:0.0}\" height=\"{step - 8:0.0}\" fill=\"{Colours[0]}\"/>");
            Text(svg, x0 + Left + 130 + width, y + step / 2 + 4, bars[i].Value.ToString("P1", CultureInfo.InvariantCulture), "start", "#333");
        }
    }

    private static void Text(StringBuilder svg, double x, double y, string text, string anchor, string colour, bool bold = false) => svg.Append(CultureInfo.InvariantCulture,
        $"<text x=\"{x:0.0}\" y=\"{y:0.0}\" text-anchor=\"{anchor}\" fill=\"{colour}\"{(bold ? " font-weight=\"bold\"" : "")}>{WebUtility.HtmlEncode(text)}</text>\n");
}
