using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ZephyrML.Teacher;

/// <summary>Results of evaluations on one page: HTML with tables and charts (one file, no scripts, nothing loaded from elsewhere), JSON, or plain text.</summary>
/// <param name="title">The heading.</param>
public sealed class EvaluationReport(string title)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly List<IEvaluationResult> _results = [];

    /// <summary>The heading.</summary>
    public string Title { get; } = title;

    /// <summary>What it shows, in order.</summary>
    public IReadOnlyList<IEvaluationResult> Results => _results;

    /// <summary>Adds a result.</summary>
    /// <returns>This report.</returns>
    public EvaluationReport Add(IEvaluationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        _results.Add(result);
        return this;
    }

    /// <summary>Writes the report; a file that is there is replaced when the new one is whole.</summary>
    /// <param name="path">The file; its ending says in which form: .html, .json or .txt.</param>
    /// <exception cref="ArgumentException">Another ending.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var text = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".html" or ".htm" => ToHtml(),
            ".json" => ToJson(),
            ".txt" => ToString(),
            var other => throw new ArgumentException($"A report is saved as .html, .json or .txt, not '{other}' ({path}).", nameof(path)),
        };
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var part = full + ".part";
        File.WriteAllText(part, text);
        File.Move(part, full, overwrite: true);
    }

    /// <summary>All results with all their properties.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new() { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("title", Title);
            writer.WriteStartArray("results");
            foreach (var result in _results)
                JsonSerializer.Serialize(writer, result, result.GetType(), Json);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length) + "\n";
    }

    /// <summary>The page.</summary>
    public string ToHtml()
    {
        var html = new StringBuilder();
        html.Append($$"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{Encode(Title)}}</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
            h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #ddd; } h3 { font-size: 1rem; margin-bottom: .3rem; }
            table { border-collapse: collapse; } th, td { padding: .2rem .8rem .2rem 0; text-align: right; font-variant-numeric: tabular-nums; vertical-align: top; }
            th { border-bottom: 1px solid #999; font-weight: 600; } th:first-child, td:first-child { text-align: left; } svg { max-width: 100%; height: auto; }
            </style></head><body>
            <h1>{{Encode(Title)}}</h1>

            """);
        foreach (var result in _results)
        {
            html.Append($"<section><h2>{Encode(result.Title)}</h2>\n");
            foreach (var table in result.Tables)
            {
                html.Append($"<h3>{Encode(table.Title)}</h3>\n<table><thead>");
                Row(table.Columns, "th");
                html.Append("</thead><tbody>\n");
                foreach (var row in table.Rows)
                    Row(row, "td");
                html.Append("</tbody></table>\n");
            }
            foreach (var chart in result.Charts)
                html.Append(chart).Append('\n');
            html.Append("</section>\n");
        }
        return html.Append("</body></html>\n").ToString();

        void Row(IReadOnlyList<string> cells, string tag) =>
            html.Append("<tr>").AppendJoin("", cells.Select(cell => $"<{tag}>{Encode(cell)}</{tag}>")).Append("</tr>\n");
    }

    /// <summary>The tables as plain text.</summary>
    public override string ToString() => $"{Title}\n\n{string.Join("\n", _results.Select(r => $"{r.Title}\n\n{string.Join("\n", r.Tables)}"))}";

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
