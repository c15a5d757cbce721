using System.Text;
using System.Text.Json;

namespace ZephyrML.Training;

/// <summary>Metrics as JSON, an object a line: <c>step</c>, then TRL's names. Numbers come back to the last bit; what JSON has no number for is "NaN", "Infinity", "-Infinity".</summary>
internal static class MetricLines
{
    public static string Write(StepMetrics metrics)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("step", metrics.Step);
            foreach (var (name, value) in metrics.Values)
            {
                if (double.IsFinite(value))
                    writer.WriteNumber(name, value);
                else
                    writer.WriteString(name, double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
            }
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    public static StepMetrics Read(string line)
    {
        using var json = JsonDocument.Parse(line);
        var values = new Dictionary<string, double>();
        foreach (var value in json.RootElement.EnumerateObject().Where(v => v.Name != "step"))
            values[value.Name] = value.Value.ValueKind == JsonValueKind.Number ? value.Value.GetDouble()
                : value.Value.GetString() switch { "NaN" => double.NaN, "Infinity" => double.PositiveInfinity, _ => double.NegativeInfinity };
        return new(json.RootElement.GetProperty("step").GetInt32(), values);
    }

    /// <summary>Whether this is an evaluation's, not a step's.</summary>
    public static bool IsEvaluation(StepMetrics metrics) => metrics.Values.Keys.Any(name => name.StartsWith("eval_", StringComparison.Ordinal));
}
