using System.Globalization;
using System.Net;
using System.Text;

namespace ZephyrML.Training;

/// <summary>Line charts over steps, two in a row, as SVG.</summary>
internal static class CurveChart
{
    private const int Width = 440, Height = 230, Left = 56, Right = 16, Top = 36, Bottom = 26, MostPoints = 400;
    private static readonly string[] Colours = ["#2563a8", "#c4472b"];

    /// <summary>A named curve; its points in the order of their steps.</summary>
    public sealed record Curve(string Name, IReadOnlyList<(int Step, double Value)> Points);

    public static string Draw(string title, IReadOnlyList<IReadOnlyList<Curve>> charts)
    {
        int rows = (charts.Count + 1) / 2;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{2 * Width}\" height=\"{rows * Height}\" font-family=\"sans-serif\" font-size=\"11\"><title>{WebUtility.HtmlEncode(title)}</title><rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (int i = 0; i < charts.Count; i++)
            Chart(svg, charts[i], i % 2 * Width, i / 2 * Height);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Chart(StringBuilder svg, IReadOnlyList<Curve> curves, int x0, int y0)
    {
        var points = curves.SelectMany(c => c.Points).Where(p => double.IsFinite(p.Value)).DefaultIfEmpty((0, 0)).ToList();
        double low = points.Min(p => p.Item2), high = points.Max(p => p.Item2);
        if (high - low < 1e-12 * Math.Max(1, Math.Abs(high)))
            (low, high) = (low - 0.5, high + 0.5);
        int first = curves.Min(c => c.Points.Min(p => p.Step)), last = Math.Max(first + 1, curves.Max(c => c.Points.Max(p => p.Step)));
        double X(double step) => x0 + Left + (Width - Left - Right) * (step - first) / (last - first);
        double Y(double value) => y0 + Top + (Height - Top - Bottom) * (high - value) / (high - low);
        foreach (double tick in (double[])[low, (low + high) / 2, high])
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x0 + Left}\" x2=\"{x0 + Width - Right}\" y1=\"{Y(tick):0.0}\" y2=\"{Y(tick):0.0}\" stroke=\"#ddd\"/>");
            Text(svg, x0 + Left - 6, Y(tick) + 4, tick.ToString("G3", CultureInfo.InvariantCulture), "end", "#555");
        }
        Text(svg, x0 + Left, y0 + Height - 8, $"step {first}", "start", "#555");
        Text(svg, x0 + Width - Right, y0 + Height - 8, last.ToString(CultureInfo.InvariantCulture), "end", "#555");
        for (int i = 0; i < curves.Count; i++)
        {
            var colour = Colours[i % Colours.Length];
            var line = string.Join(' ', Thinned(curves[i].Points).Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.Step):0.0},{Y(p.Value):0.0}")));
            svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.4\" points=\"{line}\"/>\n");
            Text(svg, x0 + Left + i * (Width - Left - Right) / 2, y0 + 20, curves[i].Name, "start", colour);
        }
    }

    /// <summary>Means of stretches, so that a long run's file stays small.</summary>
    private static IEnumerable<(double Step, double Value)> Thinned(IReadOnlyList<(int Step, double Value)> points)
    {
        var finite = points.Where(p => double.IsFinite(p.Value)).ToList();
        return finite.Chunk(Math.Max(1, (finite.Count + MostPoints - 1) / MostPoints)).Select(some => (some.Average(p => p.Step), some.Average(p => p.Value)));
    }

    private static void Text(StringBuilder svg, double x, double y, string text, string anchor, string colour) => svg.Append(CultureInfo.InvariantCulture,
        $"<text x=\"{x:0.0}\" y=\"{y:0.0}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{WebUtility.HtmlEncode(text)}</text>\n");
}
