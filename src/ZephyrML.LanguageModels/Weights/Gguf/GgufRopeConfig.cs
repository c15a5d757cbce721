using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>The rotary part of a GGUF file's metadata: frequencies are stretched by numbers, or by tensors of divisors.</summary>
internal sealed class GgufRopeConfig(GgufConfig source, JsonObject o, int keyLength)
{
    public const string Frequencies = "rope_freqs.weight", Long = "rope_factors_long.weight", Short = "rope_factors_short.weight";

    public static bool IsRope(string tensor) => tensor is Frequencies or Long or Short;

    public void Put(string type)
    {
        int rotated = source.Int("rope.dimension_count") ?? keyLength;
        double theta = source.Number("rope.freq_base") ?? 10_000, share = (double)rotated / Math.Max(1, keyLength);
        if (type == "gpt_neox") (o["rotary_emb_base"], o["rotary_pct"]) = (theta, share);
        else
        {
            o["rope_theta"] = theta;
            if (type == "phi3") o["partial_rotary_factor"] = share;
            else if (rotated != keyLength) source.Refuse("rope.dimension_count", rotated, $"{keyLength}, the width of a head");
        }
        if (type == "gemma3_text") o["rope_local_base_freq"] = source.Number("rope.freq_base_swa") ?? 10_000;
        else if (source.Number("rope.freq_base_swa") is { } local && local != theta) source.Refuse("rope.freq_base_swa", local, $"{theta}, as in the other layers");
        if (Scaling(rotated, theta) is { } scaling) o["rope_scaling"] = scaling;
        // Phi-3 has the original length beside it.
        if (type == "phi3") o["original_max_position_embeddings"] = o["rope_scaling"]?["original_max_position_embeddings"]?.GetValue<int>() ?? source.Int("rope.scaling.original_context_length") ?? 4096;
    }

    private JsonObject? Scaling(int rotated, double theta)
    {
        int context = source.Int("context_length") ?? 0;
        double? factor = source.Number("rope.scaling.factor") ?? source.Number("rope.scale_linear");
        int original = source.Int("rope.scaling.original_context_length") ?? context;
        // Phi-3's converter writes its divisors without a word.
        string type = source.Text("rope.scaling.type") ?? (source.File.Tensors.Any(t => t.Name == Long) ? "longrope" : factor is null or 0 or 1 ? "none" : "linear");
        double? attention = source.Number("rope.scaling.attn_factor"), yarnAttention = source.Number("rope.scaling.yarn_attn_factor");
        var (fast, slow) = (source.Number("rope.scaling.yarn_beta_fast"), source.Number("rope.scaling.yarn_beta_slow"));
        if (source.Number("rope.scaling.yarn_ext_factor") is { } extrapolated and not (1 or -1)) source.Refuse("rope.scaling.yarn_ext_factor", extrapolated, "1");
        if (Divisors(Frequencies, rotated) is { } divisors)
        {
            if (type != "none") source.Refuse("rope.scaling.type", type, $"none, since there is {Frequencies}");
            return Llama3(divisors, theta, context);
        }
        switch (type)
        {
            case "none":
                return null;
            case "linear":
                if (factor is null) source.Missing("rope.scaling.factor");
                return factor is null or 0 or 1 ? null : new JsonObject { ["rope_type"] = "linear", ["factor"] = factor };
            case "yarn":
                var yarn = new JsonObject { ["rope_type"] = "yarn", ["factor"] = factor, ["original_max_position_embeddings"] = original };
                if ((yarnAttention ?? attention) is { } given) yarn["attention_factor"] = given;
                if (fast is { } f) yarn["beta_fast"] = f;
                if (slow is { } s) yarn["beta_slow"] = s;
                return yarn;
            case "longrope":
                if (Divisors(Long, rotated) is not { } many || Divisors(Short, rotated) is not { } few)
                {
                    source.Missing($"{Long} or {Short}");
                    return null;
                }
                var longrope = new JsonObject { ["rope_type"] = "longrope", ["original_max_position_embeddings"] = original, ["long_factor"] = List(many), ["short_factor"] = List(few) };
                if (attention is { } amplitude) longrope["attention_factor"] = amplitude;
                return longrope;
            default:
                source.Refuse("rope.scaling.type", type, "none, linear, yarn or longrope");
                return null;
        }
    }

    // llama.cpp keeps Llama 3's divisors and not how they were made. That is told by trying; what no numbers explain stays a list, which longrope can say.
    private JsonObject Llama3(float[] divisors, double theta, int context)
    {
        int rotated = 2 * divisors.Length;
        double? Own(string name) => source.Number(GgufMetadata.Llama3 + name);
        int[] lengths = source.Int(GgufMetadata.Llama3 + "original_context_length") is { } known ? [known] : [8192, .. Enumerable.Range(9, 9).Select(p => 1 << p)];
        var (factor, low, high) = (Own("factor") ?? divisors.Max(), Own("low_freq_factor") ?? 1, Own("high_freq_factor") ?? 4);
        foreach (int length in lengths)
        {
            var scaling = new RopeScaling { Type = "llama3", Factor = factor, LowFreqFactor = low, HighFreqFactor = high, OriginalMaxPositionEmbeddings = length };
            if (scaling.Faults(divisors.Length, context).Any()) continue;
            var made = Divisors(new RotaryFrequencies(rotated, theta, scaling, context));
            if (divisors.Zip(made).All(p => Math.Abs(p.First - p.Second) <= 1e-4 * p.Second))
                return new JsonObject { ["rope_type"] = "llama3", ["factor"] = factor, ["low_freq_factor"] = low, ["high_freq_factor"] = high, ["original_max_position_embeddings"] = length };
        }
        return new JsonObject { ["rope_type"] = "longrope", ["original_max_position_embeddings"] = Math.Max(2, context), ["attention_factor"] = 1, ["long_factor"] = List(divisors), ["short_factor"] = List(divisors) };
    }

    /// <summary>By what each frequency is divided.</summary>
    public static float[] Divisors(RotaryFrequencies stretched)
    {
        var plain = stretched.Plain();
        return [.. plain.Zip(stretched.Of(0), (f, s) => f / s)];
    }

    private float[]? Divisors(string tensor, int rotated)
    {
        if (source.File.Tensors.FirstOrDefault(t => t.Name == tensor) is not { } info) return null;
        if (info.Shape.Count != 1 || info.Shape[0] != rotated / 2)
        {
            source.Missing($"{tensor} of {rotated / 2} numbers");
            return null;
        }
        using var values = empty(info.Shape.ToArray());
        source.File.Read(info, values);
        var divisors = values.data<float>().ToArray();
        if (divisors.All(d => d > 0 && float.IsFinite(d))) return divisors;
        source.Missing($"{tensor} of positive numbers");
        return null;
    }

    private static JsonArray List(float[] values) => new([.. values.Select(v => (JsonNode)double.Parse(v.ToString("R", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture))]);
}
