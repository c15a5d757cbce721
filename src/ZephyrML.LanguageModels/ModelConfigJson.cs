using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>config.json to <see cref="ModelConfig"/> and back. Defaults where a key is missing are those of transformers' LlamaConfig and MistralConfig.</summary>
internal static class ModelConfigJson
{
    // What Write makes anew or what belongs to the weights as they were stored.
    private static readonly HashSet<string> Own =
    [
        "model_type", "architectures", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim",
        "max_position_embeddings", "rms_norm_eps", "rope_theta", "rope_scaling", "rope_parameters", "sliding_window", "tie_word_embeddings", "bos_token_id", "eos_token_id",
        "pad_token_id", "hidden_act", "attention_bias", "mlp_bias", "attention_dropout", "layer_types", "partial_rotary_factor", "torch_dtype", "dtype", "transformers_version", "_name_or_path",
    ];

    public static ModelConfig Read(string json, string source)
    {
        JsonElement root;
        try
        {
            root = JsonDocument.Parse(json).RootElement;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{source}: not JSON ({e.Message}).", e);
        }
        if (root.ValueKind != JsonValueKind.Object) throw new InvalidDataException($"{source}: expected an object.");
        var keys = new Keys(root);
        var family = keys.Text("model_type") ?? "";
        if (family is not ("llama" or "mistral"))
            throw new InvalidDataException($"{source}: model_type is '{family}'; supported are llama and mistral.");
        RefuseWhatIsNotComputed(keys);

        var heads = keys.Size("num_attention_heads");
        // Null and missing differ in transformers: MistralConfig's own defaults are 8 and 4096, null means "as many as heads" and "no window".
        var keyValueHeads = keys.Has("num_key_value_heads") ? keys.Int("num_key_value_heads") ?? heads : family == "mistral" ? 8 : heads;
        int? window = keys.Has("sliding_window") ? keys.Int("sliding_window") : family == "mistral" ? 4096 : null;
        var hidden = keys.Size("hidden_size");
        var config = new ModelConfig
        {
            ModelType = family,
            VocabSize = keys.Size("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = keys.Size("intermediate_size"),
            NumHiddenLayers = keys.Size("num_hidden_layers"),
            NumAttentionHeads = heads,
            NumKeyValueHeads = keyValueHeads,
            HeadDim = keys.Int("head_dim") ?? hidden / Math.Max(1, heads),
            MaxPositionEmbeddings = keys.Int("max_position_embeddings") ?? (family == "mistral" ? 131_072 : 2048),
            RmsNormEps = keys.Number("rms_norm_eps") ?? 1e-6,
            RopeTheta = keys.RopeTheta(),
            SlidingWindow = window,
            TieWordEmbeddings = keys.Flag("tie_word_embeddings") ?? false,
            BosTokenId = keys.Has("bos_token_id") ? keys.Int("bos_token_id") : 1,
            EosTokenIds = keys.Has("eos_token_id") ? keys.Ids("eos_token_id") : [2],
            PadTokenId = keys.Int("pad_token_id"),
            Extra = root.EnumerateObject().Where(p => !Own.Contains(p.Name)).ToDictionary(p => p.Name, p => p.Value.Clone()),
        };
        if (keys.Faults.Count == 0) keys.Faults.AddRange(config.Faults());
        if (keys.Faults.Count > 0) throw new InvalidDataException($"{source}: {string.Join("; ", keys.Faults)}.");
        return config;
    }

    private static void RefuseWhatIsNotComputed(Keys keys)
    {
        void Refuse(string key, bool when, string expected)
        {
            if (when) keys.Faults.Add($"{key} is {keys.Raw(key)}, which is not supported (expected {expected})");
        }
        Refuse("hidden_act", keys.Text("hidden_act") is { } act && act != "silu", "silu");
        Refuse("attention_bias", keys.Flag("attention_bias") == true, "false");
        Refuse("mlp_bias", keys.Flag("mlp_bias") == true, "false");
        Refuse("attention_dropout", keys.Number("attention_dropout") is { } p && p != 0, "0");
        Refuse("partial_rotary_factor", keys.Number("partial_rotary_factor") is { } f && f != 1, "1");
        Refuse("quantization_config", keys.Has("quantization_config") && keys.Raw("quantization_config") != "null", "weights that are not quantised");
        if (keys.Element("architectures") is { ValueKind: JsonValueKind.Array } names)
            Refuse("architectures", names.EnumerateArray().Any(n => n.ValueKind != JsonValueKind.String || !n.GetString()!.EndsWith("ForCausalLM", StringComparison.Ordinal)), "LlamaForCausalLM or MistralForCausalLM");
        if (keys.Element("layer_types") is { ValueKind: JsonValueKind.Array } kinds)
        {
            var expected = keys.Element("sliding_window") is { ValueKind: JsonValueKind.Number } ? "sliding_attention" : "full_attention";
            Refuse("layer_types", kinds.EnumerateArray().Any(k => k.ValueKind != JsonValueKind.String || k.GetString() != expected), "every layer " + expected);
        }
    }

    public static string Write(ModelConfig c, string dtype)
    {
        var o = new JsonObject
        {
            ["architectures"] = new JsonArray(c.ModelType == "mistral" ? "MistralForCausalLM" : "LlamaForCausalLM"),
            ["model_type"] = c.ModelType,
            ["vocab_size"] = c.VocabSize,
            ["hidden_size"] = c.HiddenSize,
            ["intermediate_size"] = c.IntermediateSize,
            ["num_hidden_layers"] = c.NumHiddenLayers,
            ["num_attention_heads"] = c.NumAttentionHeads,
            ["num_key_value_heads"] = c.NumKeyValueHeads,
            ["head_dim"] = c.HeadDim,
            ["hidden_act"] = "silu",
            ["max_position_embeddings"] = c.MaxPositionEmbeddings,
            ["rms_norm_eps"] = c.RmsNormEps,
            ["rope_theta"] = c.RopeTheta, // transformers 5 reads this older spelling too; transformers 4 reads only this one
            ["rope_scaling"] = null,
            ["attention_bias"] = false,
            ["attention_dropout"] = 0.0,
            ["tie_word_embeddings"] = c.TieWordEmbeddings,
            ["bos_token_id"] = c.BosTokenId,
            ["eos_token_id"] = c.EosTokenIds.Count switch
            {
                0 => null,
                1 => c.EosTokenIds[0],
                _ => new JsonArray([.. c.EosTokenIds.Select(id => (JsonNode)id)]),
            },
            ["pad_token_id"] = c.PadTokenId,
            ["torch_dtype"] = dtype,
        };
        if (c.ModelType == "mistral") o["sliding_window"] = c.SlidingWindow;
        else o["mlp_bias"] = false;
        foreach (var (key, value) in c.Extra.OrderBy(e => e.Key, StringComparer.Ordinal))
            if (!o.ContainsKey(key)) o[key] = JsonNode.Parse(value.GetRawText());
        return o.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    /// <summary>Typed access to the keys; what has the wrong type is noted and answered with null.</summary>
    private sealed class Keys(JsonElement root)
    {
        public List<string> Faults { get; } = [];

        public JsonElement? Element(string key) => root.TryGetProperty(key, out var e) ? e : null;
        public bool Has(string key) => Element(key) is not null;
        public string Raw(string key) => Element(key) is { } e ? Shorten(e.GetRawText()) : "missing";
        public string? Text(string key) => As(key, "a string", e => e.ValueKind == JsonValueKind.String ? e.GetString() : null);
        public bool? Flag(string key) => As<bool?>(key, "true or false", e => e.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null });
        public int? Int(string key) => As<int?>(key, "a whole number", e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out var i) ? i : null);
        public double? Number(string key) => As<double?>(key, "a number", e => e.ValueKind == JsonValueKind.Number ? e.GetDouble() : null);

        public int Size(string key)
        {
            var size = Int(key);
            if (size is null && Element(key) is null or { ValueKind: JsonValueKind.Null }) Faults.Add($"{key} is missing");
            return size ?? 0;
        }

        public IReadOnlyList<int> Ids(string key)
        {
            if (Element(key) is not { ValueKind: JsonValueKind.Array } list) return Int(key) is { } one ? [one] : [];
            var ids = new List<int>();
            foreach (var e in list.EnumerateArray())
                if (e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out var id)) ids.Add(id);
                else Faults.Add($"{key} holds {Shorten(e.GetRawText())}, expected whole numbers");
            return ids;
        }

        /// <summary>rope_theta beside rope_scaling (transformers 4), or both within rope_parameters (transformers 5).</summary>
        public double RopeTheta()
        {
            double? theta = Number("rope_theta");
            foreach (var key in new[] { "rope_scaling", "rope_parameters" })
            {
                if (Element(key) is not { } rope || rope.ValueKind == JsonValueKind.Null) continue;
                if (rope.ValueKind != JsonValueKind.Object)
                {
                    Faults.Add($"{key} is {Raw(key)}, expected an object or null");
                    continue;
                }
                foreach (var p in rope.EnumerateObject())
                {
                    if (p.Name is "rope_type" or "type")
                    {
                        if (p.Value.ValueKind != JsonValueKind.String || p.Value.GetString() != "default")
                            Faults.Add($"{key}.{p.Name} is {Shorten(p.Value.GetRawText())}, which is not supported (expected \"default\")");
                    }
                    else if (p.Name == "rope_theta" && p.Value.ValueKind == JsonValueKind.Number) theta = p.Value.GetDouble();
                    else if (p.Name == "partial_rotary_factor" && p.Value.ValueKind == JsonValueKind.Number && p.Value.GetDouble() == 1) { }
                    else Faults.Add($"{key}.{p.Name} is {Shorten(p.Value.GetRawText())}, which is not supported");
                }
            }
            return theta ?? 10_000;
        }

        private T? As<T>(string key, string expected, Func<JsonElement, T?> read)
        {
            if (Element(key) is not { } e || e.ValueKind == JsonValueKind.Null) return default;
            var value = read(e);
            if (value is null) Faults.Add($"{key} is {Shorten(e.GetRawText())}, expected {expected}");
            return value;
        }

        private static string Shorten(string raw) => raw.Length <= 80 ? raw : raw[..77] + "...";
    }
}
