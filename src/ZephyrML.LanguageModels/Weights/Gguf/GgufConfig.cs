using System.Globalization;
using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>A GGUF file's metadata as a config.json. What it asks for and this decoder does not compute is refused by name.</summary>
internal sealed class GgufConfig
{
    private readonly GgufReader _file;
    private readonly string _architecture, _type;
    private readonly HashSet<string> _asked = [];
    private readonly List<string> _faults = [];
    private readonly Dictionary<string, IReadOnlyList<long>> _shapes;

    private GgufConfig(GgufReader file)
    {
        _file = file;
        _architecture = file.Metadata.GetValueOrDefault("general.architecture") as string ?? "";
        _type = GgufArchitecture.ModelType(_architecture) ?? throw new InvalidDataException($"{file.Source}: general.architecture is '{_architecture}'; supported are {GgufArchitecture.Names}.");
        _shapes = file.Tensors.ToDictionary(t => t.Name, t => t.Shape);
    }

    /// <summary>The configuration that a file's metadata describes.</summary>
    /// <exception cref="InvalidDataException">The architecture or a setting is not supported, or something is missing; all faults are listed.</exception>
    public static ModelConfig Read(GgufReader file)
    {
        var reader = new GgufConfig(file);
        if (file.Number("split.count") is > 1 and var parts) throw new InvalidDataException($"{file.Source}: is one of {parts} parts (split.count); join them first.");
        var json = reader.ToJson();
        if (reader._faults.Count > 0) throw new InvalidDataException($"{file.Source}: {string.Join("; ", reader._faults)}.");
        return ModelConfig.FromJson(json.ToJsonString(), file.Source);
    }

    /// <summary>The activation of a family's models where nothing else is said.</summary>
    public static string DefaultActivation(string modelType) => modelType switch
    {
        "gemma" or "gemma2" or "gemma3_text" => "gelu_pytorch_tanh",
        "gpt2" => "gelu_new",
        "gpt_neox" => "gelu",
        _ => "silu",
    };

    private JsonObject ToJson()
    {
        if (!_shapes.TryGetValue("token_embd.weight", out var embedding) || embedding.Count != 2)
        {
            _faults.Add("there is no matrix token_embd.weight");
            return [];
        }
        int? window = Int("attention.sliding_window") is > 0 and var w ? w : null;
        if (window is not null && _type is not ("llama" or "phi3" or "gemma2" or "gemma3_text")) Refuse("attention.sliding_window", window, "none");
        // Llama's kin share an architecture; a window has Mistral alone.
        string type = _type == "llama" && window is not null ? "mistral" : _type;
        var o = new JsonObject { ["model_type"] = type, ["vocab_size"] = embedding[0], ["tie_word_embeddings"] = Flag(GgufMetadata.Tied) ?? !_shapes.ContainsKey("output.weight") };
        int hidden = Required("embedding_length"), heads = Required("attention.head_count");
        int keyLength = Int("attention.key_length") ?? hidden / Math.Max(1, heads);
        if (Int("attention.value_length") is { } values && values != keyLength) Refuse("attention.value_length", values, $"{keyLength}, as the keys'");
        if (type == "gpt2")
        {
            Put(o, ("n_embd", hidden), ("n_head", heads), ("n_layer", Required("block_count")), ("n_inner", Required("feed_forward_length")), ("n_positions", Required("context_length")));
            Put(o, ("layer_norm_epsilon", Number("attention.layer_norm_epsilon")), ("activation_function", Activation()));
            if (Int("attention.head_count_kv") is { } shared && shared != heads) Refuse("attention.head_count_kv", shared, $"{heads}");
            _asked.Add("rope.dimension_count");     // some converters write it, though nothing rotates
        }
        else
        {
            Put(o, ("hidden_size", hidden), ("num_attention_heads", heads), ("num_hidden_layers", Required("block_count")), ("intermediate_size", Required("feed_forward_length")));
            Put(o, ("max_position_embeddings", Required("context_length")), (type is "gemma2" or "gemma3_text" ? "hidden_activation" : "hidden_act", Activation()));
            if (type == "gpt_neox") Put(o, ("layer_norm_eps", Number("attention.layer_norm_epsilon")), ("use_parallel_residual", Flag("use_parallel_residual")));
            else Put(o, ("rms_norm_eps", Number("attention.layer_norm_rms_epsilon")), ("head_dim", keyLength));
            if (type == "gpt_neox") _asked.Add("attention.head_count_kv");
            else Put(o, ("num_key_value_heads", Int("attention.head_count_kv") ?? heads));
            new GgufRopeConfig(this, o, keyLength).Put(type);
        }
        PutRest(o, type, hidden, heads, keyLength, window);
        PutTokens(o);
        CheckTheRest();
        return o;
    }

    private string Activation() => Text(GgufMetadata.HiddenAct) ?? DefaultActivation(_type);

    private void PutRest(JsonObject o, string type, int hidden, int heads, int keyLength, int? window)
    {
        int layers = Math.Clamp(Int("block_count") ?? 0, 0, ConfigKeys.MaxLayers);
        bool Has(string tensor) => _shapes.ContainsKey("blk.0." + tensor);
        if (type is "llama" or "granite" or "qwen3" or "smollm3" or "olmo2" or "gemma" or "gemma2" or "gemma3_text") Put(o, ("attention_bias", Has("attn_q.bias")));
        if (type is "llama" or "granite" or "smollm3") Put(o, ("mlp_bias", Has("ffn_up.bias")));
        switch (type)
        {
            case "mistral" or "phi3":
                o["sliding_window"] = window;
                break;
            case "granite":
                Put(o, ("attention_multiplier", Number("attention.scale") ?? 1 / Math.Sqrt(keyLength)), ("embedding_multiplier", Number("embedding_scale")), ("residual_multiplier", Number("residual_scale")),
                    ("logits_scaling", Number("logit_scale")));
                break;
            case "gemma2" or "gemma3_text":
                bool gemma2 = type == "gemma2";
                window ??= gemma2 && Int("attention.sliding_window") is null ? 4096 : null;
                var each = (Value("attention.sliding_window_pattern") as object[])?.OfType<bool>().ToList();
                int period = (each is null ? Int("attention.sliding_window_pattern") : null) ?? GgufArchitecture.DefaultPeriod(type)!.Value;
                if (each is not null && each.Count != layers) Refuse("attention.sliding_window_pattern", $"a list of {each.Count}", $"{layers}, one for each layer");
                bool Slides(int i) => window is not null && (each is null ? i % Math.Max(1, period) < period - 1 : i < each.Count && each[i]);
                var shape = new ModelConfig { ModelType = type, VocabSize = 1, HiddenSize = hidden, IntermediateSize = 1, NumHiddenLayers = layers, NumAttentionHeads = Math.Max(1, heads), HeadDim = keyLength };
                Put(o, ("query_pre_attn_scalar", Math.Round(1 / Math.Pow(GgufArchitecture.AttentionScale(shape), 2))), ("attn_logit_softcapping", gemma2 ? Number("attn_logit_softcapping") ?? 50 : null),
                    ("final_logit_softcapping", Number("final_logit_softcapping") ?? (gemma2 ? 30 : null)));
                o["sliding_window"] = window;
                o["layer_types"] = new JsonArray([.. Enumerable.Range(0, layers).Select(i => (JsonNode)(Slides(i) ? "sliding_attention" : "full_attention"))]);
                break;
        }
    }

    private void PutTokens(JsonObject o)
    {
        long? Id(string name) => _file.Number($"tokenizer.ggml.{name}_token_id");
        Put(o, ("bos_token_id", Id("bos")), ("pad_token_id", Id("padding")));
        o["bos_token_id"] ??= null;
        o["pad_token_id"] ??= null;
        o["eos_token_id"] = new JsonArray([.. new[] { Id("eos"), Id("eot") }.OfType<long>().Distinct().Select(id => (JsonNode)id)]);
    }

    // Whatever is said of this architecture and nobody asked for would be ignored, so it is refused, but for what changes nothing.
    private void CheckTheRest()
    {
        string[] harmless = ["vocab_size", "tensor_data_layout"];
        foreach (var (key, value) in _file.Metadata)
        {
            if (!key.StartsWith(_architecture + ".", StringComparison.Ordinal)) continue;
            string name = key[(_architecture.Length + 1)..];
            bool nothing = value is 0 or 0u or 0f or 0L or 0UL or (byte)0 || name is "attention.causal" && value is true || name == "rope.scaling.finetuned" && (value is true || _type != "granite");     // Granite's switch of all rotation
            if (!_asked.Contains(name) && !nothing && !harmless.Contains(name)) Refuse(name, value, "no such key");
        }
    }

    private static void Put(JsonObject o, params (string Key, object? Value)[] values)
    {
        foreach (var (key, value) in values)
            if (value is not null) o[key] = value switch { int i => i, long l => l, double d => d, bool b => b, _ => (string)value };
    }

    internal void Refuse(string name, object? value, string expected) => _faults.Add($"{_architecture}.{name} is {Shown(value)}, which is not supported (expected {expected})");

    internal void Missing(string what) => _faults.Add($"{what} is missing");

    internal object? Value(string name)
    {
        _asked.Add(name);
        return _file.Metadata.GetValueOrDefault($"{_architecture}.{name}");
    }

    internal GgufReader File => _file;

    internal int? Int(string name) => Value(name) switch
    {
        null => null,
        // A list for each layer says what a number would, if all are alike.
        object[] { Length: > 0 } list when list.All(x => x.Equals(list[0])) => Whole(name, list[0]),
        var one => Whole(name, one),
    };

    internal double? Number(string name) => Value(name) switch
    {
        null => null,
        // The shortest number that is this one in single precision: what it was written from.
        float f => double.Parse(f.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) is var d && double.IsFinite(d) ? d : Wrong<double?>(name, f, "a finite number"),
        double d when double.IsFinite(d) => d,
        var other => Wrong<double?>(name, other, "a number"),
    };

    internal bool? Flag(string name) => Value(name) switch { null => null, bool b => b, var other => Wrong<bool?>(name, other, "true or false") };

    internal string? Text(string name) => Value(name) switch { null => null, string s => s, var other => Wrong<string?>(name, other, "a text") };

    private int? Whole(string name, object value) => value switch
    {
        byte or sbyte or ushort or short or int => Convert.ToInt32(value, CultureInfo.InvariantCulture),
        uint and <= int.MaxValue or long and >= 0 and <= int.MaxValue or ulong and <= int.MaxValue => Convert.ToInt32(value, CultureInfo.InvariantCulture),
        _ => Wrong<int?>(name, value, "a whole number"),
    };

    private int Required(string name)
    {
        if (Int(name) is { } value) return value;
        if (Value(name) is null) Missing($"{_architecture}.{name}");
        return 0;
    }

    private T? Wrong<T>(string name, object? value, string expected)
    {
        Refuse(name, value, expected);
        return default;
    }

    private static string Shown(object? value) => value switch
    {
        object[] list => $"a list of {list.Length}",
        string s => $"'{ConfigKeys.Shorten(s)}'",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
