using System.Text.Json;
using ZephyrML.LanguageModels;

namespace ZephyrML.Parity;

/// <summary>What sampling makes of logits.</summary>
internal static class LogitsProcessorsKind
{
    public static void Run(string folder, JsonElement fixture, Outcome outcome)
    {
        int at = 0;
        foreach (var entry in fixture.GetProperty("cases").EnumerateArray())
        {
            string name = $"case {at++} ({entry.GetProperty("name").GetString()})";
            var options = Options(entry.GetProperty("options"), out int promptLength, out int[] stopIds);
            var context = entry.GetProperty("input_ids").EnumerateArray().Select(r => r.EnumerateArray().Select(x => x.GetInt32()).ToArray()).ToList();
            var logits = Rows(entry, "logits");
            var expected = Rows(entry, "processed");
            string? reason = null;
            for (int b = 0; b < logits.Count; b++)
            {
                var processed = Process(options, logits[b], context[b], promptLength < 0 ? context[b].Length : promptLength, stopIds);
                double worst = 0;
                for (int i = 0; i < processed.Length; i++)
                    worst = Math.Max(worst, processed[i] == expected[b][i] ? 0 : Math.Abs((double)processed[i] - expected[b][i]) / Math.Max(1, Math.Abs(expected[b][i])));
                if (double.IsFinite(worst)) outcome.Compare("processed", worst, 1e-5, name);
                if (!(worst <= 1e-5)) reason ??= $"{name}, row {b}: differs by {worst:g3}";
            }
            outcome.Case(reason);
        }
    }

    private static float[] Process(GenerationOptions options, float[] logits, int[] context, int promptLength, int[] stopIds)
    {
        var candidates = new CandidateList();
        var processor = new LogitsProcessor(options, candidates);
        processor.Adjust(logits, context, promptLength, stopIds);
        if (options.Temperature == 0) return logits;
        processor.Filter(logits);
        Array.Fill(logits, float.NegativeInfinity);
        for (int i = 0; i < candidates.Count; i++) logits[candidates.Ids[i]] = candidates.Logits[i];
        return logits;
    }

    // Without a temperature: 1, so that what belongs to sampling is on.
    private static GenerationOptions Options(JsonElement json, out int promptLength, out int[] stopIds)
    {
        var options = new GenerationOptions { Temperature = 1 };
        (promptLength, stopIds) = (-1, []);
        foreach (var option in json.EnumerateObject())
        {
            var value = option.Value;
            switch (option.Name)
            {
                case "temperature": options.Temperature = value.GetDouble(); break;
                case "top_k": options.TopK = value.GetInt32(); break;
                case "top_p": options.TopP = value.GetDouble(); break;
                case "min_p": options.MinP = value.GetDouble(); break;
                case "typical_p": options.TypicalP = value.GetDouble(); break;
                case "epsilon_cutoff": options.EpsilonCutoff = value.GetDouble(); break;
                case "eta_cutoff": options.EtaCutoff = value.GetDouble(); break;
                case "min_tokens_to_keep": options.MinTokensToKeep = value.GetInt32(); break;
                case "repetition_penalty": options.RepetitionPenalty = value.GetDouble(); break;
                case "no_repeat_ngram_size": options.NoRepeatNgramSize = value.GetInt32(); break;
                case "min_new_tokens": options.MinNewTokens = value.GetInt32(); break;
                case "prompt_length_to_skip": promptLength = value.GetInt32(); break;
                case "eos_token_id": stopIds = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(x => x.GetInt32())] : [value.GetInt32()]; break;
                case "do_sample": if (!value.GetBoolean()) options.Temperature = 0; break;
                default: throw new NotSupportedException($"The option {option.Name} is not known.");
            }
        }
        options.Validate();
        return options;
    }

    private static List<float[]> Rows(JsonElement entry, string key) =>
        [.. entry.GetProperty(key).EnumerateArray().Select(r => r.EnumerateArray().Select(x => x.ValueKind == JsonValueKind.Null ? float.NegativeInfinity : (float)x.GetDouble()).ToArray())];
}
