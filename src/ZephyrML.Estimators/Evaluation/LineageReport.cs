using System.Globalization;
using System.Text.Json.Serialization;
using ZephyrML.Teacher;

namespace ZephyrML.Evaluation;

/// <summary>Where a model comes from, as a part of a report.</summary>
internal sealed class LineageReport(StudentInfo info) : IEvaluationResult
{
    public IReadOnlyList<LineageStep> Steps { get; } = info.Steps;

    [JsonIgnore]
    public string Title => "The model";

    [JsonIgnore]
    public IReadOnlyList<EvaluationTable> Tables =>
    [
        new("Lineage", ["stage", "base model", "seed", "rows used", "skipped", "held out", "template", "weights"],
            [.. Steps.Select(s => new[] { s.Stage, s.BaseModel ?? "-", $"{s.Seed}", $"{s.RowsUsed}", $"{s.RowsSkipped}", $"{s.RowsHeldOut}", s.Template, Short(s.Weights) })]),
        .. Steps.Where(s => s.Metrics.Count > 0).Select(s => new EvaluationTable($"{s.Stage} at its end", ["metric", "value"], [.. s.Metrics.Select(m => new[] { m.Key, m.Value.ToString("G6", CultureInfo.InvariantCulture) })])),
    ];

    [JsonIgnore]
    public IReadOnlyList<string> Charts => [];

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;
}
