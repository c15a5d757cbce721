using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>RoPE in config.json: rope_theta beside rope_scaling (transformers 4), or both within rope_parameters (transformers 5), there also for each kind of layer.</summary>
internal static class RopeJson
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["default"] = [],
        ["linear"] = ["factor"],
        ["dynamic"] = ["factor"],
        ["llama3"] = ["factor", "low_freq_factor", "high_freq_factor"],
        ["yarn"] = ["factor", "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate"],
        ["longrope"] = ["factor", "attention_factor", "short_factor", "long_factor"],
    };

    private const string Full = "full_attention", Sliding = "sliding_attention";

    /// <summary>Reads what the keys say into the configuration, as transformers 5 resolves it.</summary>
    /// <param name="config">What there is so far.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="byLayer">Whether the family has frequencies of their own for the layers that slide; there, rope_scaling concerns the others alone.</param>
    public static ModelConfig Read(ModelConfig config, ConfigKeys keys, bool byLayer = false)
    {
        config = config with { PartialRotaryFactor = keys.Number("partial_rotary_factor") ?? config.PartialRotaryFactor, RopeTheta = keys.Number("rope_theta") ?? config.RopeTheta };
        // Where it stands in the configuration itself, the original length there counts.
        int? original = keys.Int("original_max_position_embeddings");
        JsonElement? parameters = Object(keys, "rope_parameters"), scaled = Object(keys, "rope_scaling");
        if (!byLayer && parameters is { } one && scaled is { } other && !JsonElement.DeepEquals(one, other))
            keys.Faults.Add($"rope_scaling is {keys.Raw("rope_scaling")} and rope_parameters is {keys.Raw("rope_parameters")}: expected one of them");
        foreach (var (key, found) in new[] { ("rope_parameters", parameters), ("rope_scaling", scaled) })
        {
            if (found is not { } rope) continue;
            if (rope.TryGetProperty(Full, out var full) | rope.TryGetProperty(Sliding, out var sliding))
            {
                if (!byLayer || key == "rope_scaling") keys.Faults.Add($"{key} is given by kinds of layers, which models of type {config.ModelType} do not have");
                else config = ReadByLayer(config, keys, key, rope, full, sliding, original);
                continue;
            }
            if (byLayer && key == "rope_parameters")
            {
                keys.Faults.Add($"rope_parameters is {keys.Raw(key)}, expected {Full} and {Sliding}");
                continue;
            }
            var (theta, partial, scaling) = One(rope, key, keys, original);
            config = config with { RopeTheta = theta ?? config.RopeTheta, PartialRotaryFactor = partial ?? config.PartialRotaryFactor, RopeScaling = scaling };
        }
        return config;
    }

    // An object that says something.
    private static JsonElement? Object(ConfigKeys keys, string key)
    {
        if (keys.Element(key) is not { } rope || rope.ValueKind == JsonValueKind.Null) return null;
        if (rope.ValueKind == JsonValueKind.Object) return rope.EnumerateObject().Any() ? rope : null;
        keys.Faults.Add($"{key} is {keys.Raw(key)}, expected an object or null");
        return null;
    }

    private static ModelConfig ReadByLayer(ModelConfig config, ConfigKeys keys, string key, JsonElement rope, JsonElement full, JsonElement sliding, int? original)
    {
        foreach (var p in rope.EnumerateObject())
            if (p.Name is not (Full or Sliding) || p.Value.ValueKind != JsonValueKind.Object) keys.Faults.Add($"{key}.{p.Name} is {ConfigKeys.Shorten(p.Value.GetRawText())}, which is not supported");
        if (full.ValueKind == JsonValueKind.Object)
        {
            var (theta, partial, scaling) = One(full, $"{key}.{Full}", keys, original);
            config = config with { RopeTheta = theta ?? config.RopeTheta, RopeScaling = scaling };
            if (partial is not (null or 1)) keys.Faults.Add($"{key}.{Full}.partial_rotary_factor is {partial}, which is not supported");
        }
        if (sliding.ValueKind == JsonValueKind.Object)
        {
            var (theta, partial, scaling) = One(sliding, $"{key}.{Sliding}", keys, original);
            config = config with { SlidingRopeTheta = theta, SlidingRopeScaling = scaling };
            if (partial is not (null or 1)) keys.Faults.Add($"{key}.{Sliding}.partial_rotary_factor is {partial}, which is not supported");
        }
        return config;
    }

    private static (double? Theta, double? Partial, RopeScaling? Scaling) One(JsonElement rope, string key, ConfigKeys keys, int? original)
    {
        string type = "default";
        foreach (var name in new[] { "type", "rope_type" })
            if (rope.TryGetProperty(name, out var t))
            {
                if (t.ValueKind == JsonValueKind.String && t.GetString() is { } s && (s == "su" || Allowed.ContainsKey(s))) type = s == "su" ? "longrope" : s;
                else keys.Faults.Add($"{key}.{name} is {ConfigKeys.Shorten(t.GetRawText())}, which is not supported (expected one of {string.Join(", ", Allowed.Keys)})");
            }
        double? Number(string name)
        {
            if (!rope.TryGetProperty(name, out var v) || v.ValueKind == JsonValueKind.Null) return null;
            if (v.ValueKind == JsonValueKind.Number && double.IsFinite(v.GetDouble())) return v.GetDouble();
            keys.Faults.Add($"{key}.{name} is {ConfigKeys.Shorten(v.GetRawText())}, expected a number");
            return null;
        }
        IReadOnlyList<double>? Numbers(string name)
        {
            if (!rope.TryGetProperty(name, out var v) || v.ValueKind == JsonValueKind.Null) return null;
            if (v.ValueKind == JsonValueKind.Array && v.EnumerateArray().All(x => x.ValueKind == JsonValueKind.Number && double.IsFinite(x.GetDouble()))) return [.. v.EnumerateArray().Select(x => x.GetDouble())];
            keys.Faults.Add($"{key}.{name} is {ConfigKeys.Shorten(v.GetRawText())}, expected a list of numbers");
            return null;
        }
        bool? Flag(string name)
        {
            if (!rope.TryGetProperty(name, out var v) || v.ValueKind == JsonValueKind.Null) return null;
            if (v.ValueKind is JsonValueKind.True or JsonValueKind.False) return v.GetBoolean();
            keys.Faults.Add($"{key}.{name} is {ConfigKeys.Shorten(v.GetRawText())}, expected true or false");
            return null;
        }
        foreach (var p in rope.EnumerateObject())
            if (p.Name is not ("type" or "rope_type" or "rope_theta" or "partial_rotary_factor") && !(p.Name == "original_max_position_embeddings" && type != "default") && !Allowed[type].Contains(p.Name) && p.Value.ValueKind != JsonValueKind.Null)
                keys.Faults.Add($"{key}.{p.Name} is {ConfigKeys.Shorten(p.Value.GetRawText())}, which is not supported with rope_type {type}");
        double? theta = Number("rope_theta"), partial = Number("partial_rotary_factor");
        if (type == "default") return (theta, partial, null);
        double? length = Number("original_max_position_embeddings");
        return (theta, partial, new RopeScaling
        {
            Type = type,
            Factor = Number("factor"),
            OriginalMaxPositionEmbeddings = type is "llama3" or "yarn" or "longrope" ? original ?? (length is > 0 and < int.MaxValue ? (int)length : null) : null,
            AttentionFactor = Number("attention_factor"),
            LowFreqFactor = Number("low_freq_factor"),
            HighFreqFactor = Number("high_freq_factor"),
            BetaFast = Number("beta_fast"),
            BetaSlow = Number("beta_slow"),
            Mscale = Number("mscale"),
            MscaleAllDim = Number("mscale_all_dim"),
            Truncate = Flag("truncate") == false ? false : null,
            ShortFactor = Numbers("short_factor"),
            LongFactor = Numbers("long_factor"),
        });
    }

    /// <summary>Writes the older spelling, which transformers 5 reads too and transformers 4 alone; by kinds of layers only what it cannot say.</summary>
    public static void Write(ModelConfig c, JsonObject o)
    {
        if (c.SlidingRopeScaling is not null)
        {
            o["rope_parameters"] = new JsonObject { [Full] = Scaling(c.RopeScaling, c.RopeTheta), [Sliding] = Scaling(c.SlidingRopeScaling, c.SlidingRopeTheta) };
            return;
        }
        o["rope_theta"] = c.RopeTheta;
        o["rope_scaling"] = c.RopeScaling is null ? null : Scaling(c.RopeScaling, null);
        if (c.SlidingRopeTheta is { } local) o["rope_local_base_freq"] = local;
        if (c.PartialRotaryFactor != 1) o["partial_rotary_factor"] = c.PartialRotaryFactor;
        if (c.RopeScaling is { Type: "longrope", OriginalMaxPositionEmbeddings: { } original }) o["original_max_position_embeddings"] = original;
    }

    private static JsonObject Scaling(RopeScaling? s, double? theta)
    {
        // transformers 4 takes longrope with nothing but its type, by the old name, and its factors; the original length then stands beside it.
        var o = new JsonObject { [s?.Type == "longrope" ? "type" : "rope_type"] = s?.Type ?? "default" };
        void Put(string name, double? value)
        {
            if (value is { } v) o[name] = v;
        }
        Put("rope_theta", theta);
        if (s is null) return o;
        Put("factor", s.Factor);
        if (s is { Type: not "longrope", OriginalMaxPositionEmbeddings: { } length }) o["original_max_position_embeddings"] = length;
        Put("attention_factor", s.AttentionFactor);
        Put("low_freq_factor", s.LowFreqFactor);
        Put("high_freq_factor", s.HighFreqFactor);
        Put("beta_fast", s.BetaFast);
        Put("beta_slow", s.BetaSlow);
        Put("mscale", s.Mscale);
        Put("mscale_all_dim", s.MscaleAllDim);
        if (s.Truncate is { } cut) o["truncate"] = cut;
        if (s.ShortFactor is { } few) o["short_factor"] = new JsonArray([.. few.Select(x => (JsonNode)x)]);
        if (s.LongFactor is { } many) o["long_factor"] = new JsonArray([.. many.Select(x => (JsonNode)x)]);
        return o;
    }
}
