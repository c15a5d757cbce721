using System.Globalization;
using System.Net;
using System.Text;

namespace ZephyrML.Teacher;

/// <summary>Draws values on axes around a centre, one outline a series.</summary>
internal static class RadarChart
{
    private const double Width = 560, Height = 420, CentreX = 280, CentreY = 215, Radius = 150;
    private const int Rings = 5;
    private static readonly string[] Colours = ["#2563a8", "#c4472b", "#4a8a3c", "#8a5aa8", "#a8842b", "#2b9aa0"];

    /// <summary>The chart as an SVG element. A value that is NaN is drawn in the centre and named so.</summary>
    public static string Draw(string title, IReadOnlyList<string> axes, IReadOnlyList<(string Name, IReadOnlyList<double> Values)> series, double max)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height + 20 * series.Count}\" width=\"{Width}\" height=\"{Height + 20 * series.Count}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">")
            .Append("<title>").Append(WebUtility.HtmlEncode(title)).Append("</title><rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (var ring = 1; ring <= Rings; ring++)
        {
            var share = (double)ring / Rings;
            svg.Append("<polygon fill=\"none\" stroke=\"#ddd\" points=\"").Append(Outline(axes.Select(_ => share))).Append("\"/>");
            Text(CentreX + 4, CentreY - share * Radius + 4, (max * share).ToString("0.##", CultureInfo.InvariantCulture), "start", "#888");
        }
        svg.Append('\n');
        for (var i = 0; i < axes.Count; i++)
        {
            var (x, y) = Point(i, 1);
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{CentreX}\" y1=\"{CentreY}\" x2=\"{x:0.0}\" y2=\"{y:0.0}\" stroke=\"#ddd\"/>");
            var (labelX, labelY) = Point(i, 1.12);
            Text(labelX, labelY + 4, axes[i], Math.Abs(labelX - CentreX) < 8 ? "middle" : labelX > CentreX ? "start" : "end", "#333");
        }
        svg.Append('\n');
        for (var s = 0; s < series.Count; s++)
        {
            var colour = Colours[s % Colours.Length];
            svg.Append($"<polygon fill=\"{colour}\" fill-opacity=\"0.12\" stroke=\"{colour}\" stroke-width=\"1.6\" points=\"").Append(Outline(series[s].Values.Select(v => double.IsFinite(v) ? Math.Clamp(v / max, 0, 1) : 0))).Append("\"/>\n");
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"40\" y=\"{Height + 20 * s - 4}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>");
            Text(56, Height + 20 * s + 5, series[s].Name, "start", "#333");
        }
        return svg.Append("</svg>").ToString();

        (double X, double Y) Point(int axis, double share)
        {
            var angle = 2 * Math.PI * axis / axes.Count - Math.PI / 2;
            return (CentreX + share * Radius * Math.Cos(angle), CentreY + share * Radius * Math.Sin(angle));
        }

        string Outline(IEnumerable<double> shares) => string.Join(' ', shares.Select((share, i) =>
        {
            var (x, y) = Point(i, share);
            return string.Create(CultureInfo.InvariantCulture, $"{x:0.0},{y:0.0}");
        }));

        void Text(double x, double y, string text, string anchor, string colour) => svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{x:0.0}\" y=\"{y:0.0}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{WebUtility.HtmlEncode(text)}</text>");
    }
}
