using System.IO.Compression;
using System.Text.Json;

namespace ZephyrML.Teacher;

/// <summary>AlpacaEval: a model's answers to a fixed list of instructions against a baseline's, by an annotator's verdicts (github.com/tatsu-lab/alpaca_eval).</summary>
public static class AlpacaEval
{
    /// <summary>The figures of verdicts that are there: the mean of (preference - 1) with a draw as one half, and its standard error. Unread verdicts are left out.</summary>
    /// <param name="verdicts">One model's verdicts against one baseline.</param>
    /// <exception cref="ArgumentException">There is no readable verdict, or they are of several models or baselines.</exception>
    public static AlpacaEvalMetrics Evaluate(IEnumerable<AlpacaEvalVerdict> verdicts)
    {
        ArgumentNullException.ThrowIfNull(verdicts);
        var all = verdicts.ToList();
        var pairs = all.Select(v => (v.Generator1, v.Generator2)).Distinct().ToList();
        if (pairs.Count > 1)
            throw new ArgumentException($"The verdicts are of several comparisons: {string.Join("; ", pairs.Select(p => $"{p.Generator2} against {p.Generator1}"))}. Evaluate them one by one.", nameof(verdicts));
        var outcomes = all.Where(v => v.Preference is not null).Select(v => v.Preference is 0 ? 0.5 : v.Preference!.Value - 1).ToList();
        if (outcomes.Count == 0)
            throw new ArgumentException($"None of {all.Count} verdicts could be read.", nameof(verdicts));
        return new(pairs[0].Generator2, pairs[0].Generator1, WinRate.Of(outcomes), all.Count - outcomes.Count);
    }

    /// <summary>Reads an annotation file: JSON lines, or one JSON array, plain or .gz.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is not such a file; the message names the place.</exception>
    public static IReadOnlyList<AlpacaEvalVerdict> ReadVerdicts(string path)
    {
        var verdicts = new List<AlpacaEvalVerdict>();
        foreach (var (place, json) in Objects(path))
        {
            var preference = json.TryGetProperty("preference", out var value) ? value : throw new InvalidDataException($"{place}: field 'preference' is missing.");
            double? number = preference.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.Number when preference.GetDouble() is 0 or (>= 1 and <= 2) => preference.GetDouble(),
                _ => throw new InvalidDataException($"{place}: 'preference' must be 1, 2, between them, 0 or null, not {preference.GetRawText()}."),
            };
            verdicts.Add(new(Text(json, "instruction", place), Text(json, "generator_1", place), Text(json, "generator_2", place), number));
        }
        return verdicts.Count > 0 ? verdicts : throw new InvalidDataException($"{path}: no verdict in it.");
    }

    /// <summary>Reads a file of answers (instruction, output, generator): JSON lines, or one JSON array as AlpacaEval keeps them, plain or .gz.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Instruction and answer of each line, and who gave the answers.</returns>
    /// <exception cref="InvalidDataException">It is not such a file; the message names the place.</exception>
    public static (IReadOnlyList<(string Instruction, string Output)> Answers, string Generator) ReadOutputs(string path)
    {
        var answers = new List<(string, string)>();
        string? generator = null;
        foreach (var (place, json) in Objects(path))
        {
            answers.Add((Text(json, "instruction", place), Text(json, "output", place)));
            generator ??= json.TryGetProperty("generator", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
        }
        return answers.Count > 0 ? (answers, generator ?? Path.GetFileNameWithoutExtension(path)) : throw new InvalidDataException($"{path}: no answer in it.");
    }

    private static IEnumerable<(string Place, JsonElement Json)> Objects(string path)
    {
        using var file = File.OpenRead(path);
        using Stream plain = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(plain);
        while (reader.Peek() is ' ' or '\t' or '\r' or '\n')
            reader.Read();
        if (reader.Peek() == '[')
        {
            var index = 0;
            foreach (var element in Parse(reader.ReadToEnd(), path).EnumerateArray())
                yield return ($"{path}, element {++index}", Object(element, $"{path}, element {index}"));
            yield break;
        }
        for (var line = 1; reader.ReadLine() is { } text; line++)
        {
            if (text.Length > 0)
                yield return ($"{path}, line {line}", Object(Parse(text, $"{path}, line {line}"), $"{path}, line {line}"));
        }
    }

    private static JsonElement Parse(string text, string place)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{place}: not JSON: {e.Message}", e);
        }
    }

    private static JsonElement Object(JsonElement element, string place) =>
        element.ValueKind == JsonValueKind.Object ? element : throw new InvalidDataException($"{place}: an object was expected, not {element.ValueKind}.");

    private static string Text(JsonElement json, string field, string place) =>
        json.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new InvalidDataException($"{place}: field '{field}' is missing, or no text.");
}
