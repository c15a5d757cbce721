using System.Text.Json;
using ZephyrML.Teacher;

namespace ZephyrML.Parity;

/// <summary>ROUGE-L of pairs of texts.</summary>
internal static class RougeKind
{
    private const double Tolerance = 1e-9;

    public static void Run(string folder, JsonElement fixture, Outcome outcome)
    {
        int index = 0;
        foreach (var entry in fixture.GetProperty("cases").EnumerateArray())
        {
            var score = RougeL.Score(entry.GetProperty("target").GetString()!, entry.GetProperty("prediction").GetString()!);
            (string Name, double Value)[] found = [("precision", score.Precision), ("recall", score.Recall), ("fmeasure", score.FMeasure)];
            var wrong = new List<string>();
            foreach (var (name, value) in found)
            {
                double difference = Math.Abs(value - entry.GetProperty(name).GetDouble());
                outcome.Compare(name, difference, double.PositiveInfinity);
                if (!(difference <= Tolerance)) wrong.Add($"{name} of case {index} is {value}, expected {entry.GetProperty(name).GetDouble()}");
            }
            outcome.Case(wrong.Count == 0 ? null : string.Join(", ", wrong));
            index++;
        }
    }
}
