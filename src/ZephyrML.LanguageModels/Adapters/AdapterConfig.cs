using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>PEFT's adapter_config.json, in and out, with the keys of PEFT 0.21.</summary>
internal static class AdapterConfig
{
    public const string FileName = "adapter_config.json";

    private const string WrittenAs = "0.21.2";

    // What changes nothing here, whatever it is: who wrote it, and settings of kinds that another key switches on.
    private static readonly HashSet<string> Harmless = ["auto_mapping", "peft_version", "revision", "inference_mode", "fan_in_fan_out", "megatron_core", "qalora_group_size", "runtime_config", "loftq_config", "corda_config", "eva_config", "lora_ga_config"];

    /// <summary>Keys that PEFT writes and that are not supported, with the values that they have then.</summary>
    private static readonly Dictionary<string, string> Unsupported = new()
    {
        ["alora_invocation_tokens"] = "null", ["arrow_config"] = "null", ["corda_config"] = "null", ["ensure_weight_tying"] = "false", ["eva_config"] = "null", ["kasa_config"] = "null", ["layer_replication"] = "null",
        ["loftq_config"] = "{}", ["lora_ga_config"] = "null", ["megatron_config"] = "null", ["monteclora_config"] = "null", ["target_parameters"] = "null", ["trainable_token_indices"] = "null", ["use_bdlora"] = "null",
        ["use_qalora"] = "false", ["velora_config"] = "null",
    };

    public static (LoraOptions Options, string? BaseModel) Read(string json, string source)
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
        var keys = new ConfigKeys(root);
        keys.Refuse("peft_type", keys.Text("peft_type") != "LORA", "LORA");
        keys.Refuse("task_type", keys.IsSet("task_type") && keys.Text("task_type") != "CAUSAL_LM", "CAUSAL_LM");
        if (keys.Faults.Count > 0) throw Bad(source, keys.Faults);
        var options = ReadOptions(keys);
        string? baseModel = keys.IsSet("base_model_name_or_path") ? keys.Text("base_model_name_or_path") : null;
        foreach (var (key, value) in Unsupported.Where(u => !Harmless.Contains(u.Key))) keys.Refuse(key, IsAsked(keys.Element(key)), value);
        foreach (var key in Harmless) keys.Element(key);
        foreach (var rest in keys.Rest.ToList()) keys.Refuse(rest.Name, IsAsked(rest.Value), "nothing: the key is not known");
        if (keys.Faults.Count == 0) keys.Faults.AddRange(options.Problems().Select(p => p.TrimEnd('.')));
        return keys.Faults.Count == 0 ? (options, baseModel) : throw Bad(source, keys.Faults);
    }

    public static string Write(LoraOptions options, string? baseModel, bool fanInFanOut)
    {
        JsonNode? Names(IReadOnlyList<string>? names, string? pattern) => pattern is not null ? pattern : names is null ? null : new JsonArray([.. names.Select(n => (JsonNode)n)]);
        var keys = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal)
        {
            ["alpha_pattern"] = new JsonObject(options.AlphaPattern.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)Whole(p.Value)))),
            ["auto_mapping"] = null,
            ["base_model_name_or_path"] = baseModel,
            ["bias"] = options.Bias switch { LoraBias.All => "all", LoraBias.LoraOnly => "lora_only", _ => "none" },
            ["exclude_modules"] = Names(options.ExcludeModules, options.ExcludePattern),
            ["fan_in_fan_out"] = fanInFanOut,
            ["inference_mode"] = true,
            ["init_lora_weights"] = options.Init switch { LoraInit.Gaussian => "gaussian", LoraInit.Random => false, _ => true },
            ["layers_pattern"] = options is { OnePattern: true, LayersPattern: [var pattern] } ? pattern : Names(options.LayersPattern, null),
            ["layers_to_transform"] = options is { OneLayer: true, LayersToTransform: [var layer] } ? layer : options.LayersToTransform is null ? null : new JsonArray([.. options.LayersToTransform.Select(l => (JsonNode)l)]),
            ["lora_alpha"] = Whole(options.Alpha),
            ["lora_bias"] = options.LowRankBias,
            ["lora_dropout"] = JsonNode.Parse(Float(options.Dropout)),
            ["megatron_core"] = "megatron.core",
            ["modules_to_save"] = Names(options.ModulesToSave, null),
            ["peft_type"] = "LORA",
            ["peft_version"] = WrittenAs,
            ["qalora_group_size"] = 16,
            ["r"] = options.Rank,
            ["rank_pattern"] = new JsonObject(options.RankPattern.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["revision"] = null,
            ["target_modules"] = Names(options.TargetModules, options.TargetPattern),
            ["task_type"] = "CAUSAL_LM",
            ["use_dora"] = options.UseDora,
            ["use_rslora"] = options.UseRslora,
        };
        foreach (var (key, value) in Unsupported) keys[key] = JsonNode.Parse(value);
        return new JsonObject(keys).ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    private static LoraOptions ReadOptions(ConfigKeys keys)
    {
        var d = new LoraOptions();
        var (targets, targetPattern) = Names(keys, "target_modules");
        var (excluded, excludePattern) = Names(keys, "exclude_modules");
        var (layersPattern, onePattern) = Names(keys, "layers_pattern");
        if (targetPattern?.Equals(LoraOptions.AllLinear, StringComparison.OrdinalIgnoreCase) == true) (targets, targetPattern) = ([LoraOptions.AllLinear], null);
        return new LoraOptions
        {
            Rank = keys.Int("r") ?? d.Rank,
            Alpha = keys.Number("lora_alpha") ?? d.Alpha,
            Dropout = keys.Number("lora_dropout") ?? d.Dropout,
            TargetModules = targets,
            TargetPattern = targetPattern,
            ExcludeModules = excluded is { Count: 0 } ? null : excluded,
            ExcludePattern = excludePattern,
            RankPattern = Pattern(keys, "rank_pattern", e => e.TryGetInt32(out int i) ? i : (int?)null),
            AlphaPattern = Pattern(keys, "alpha_pattern", e => (double?)e.GetDouble()),
            LayersToTransform = keys.IsSet("layers_to_transform") ? keys.Ids("layers_to_transform") : null,
            LayersPattern = onePattern is { Length: > 0 } ? [onePattern] : layersPattern is { Count: 0 } ? null : layersPattern,
            Bias = Choice(keys, "bias", new Dictionary<string, LoraBias> { ["none"] = LoraBias.None, ["all"] = LoraBias.All, ["lora_only"] = LoraBias.LoraOnly }),
            LowRankBias = keys.Flag("lora_bias") ?? false,
            UseRslora = keys.Flag("use_rslora") ?? false,
            UseDora = keys.Flag("use_dora") ?? false,
            ModulesToSave = Names(keys, "modules_to_save") is var (names, one) && one is not null ? [one] : names is { Count: 0 } ? null : names,
            Init = Init(keys),
            OneLayer = keys.Element("layers_to_transform") is { ValueKind: JsonValueKind.Number },
            OnePattern = onePattern is { Length: > 0 },
        };
    }

    private static LoraInit Init(ConfigKeys keys) => keys.Element("init_lora_weights") switch
    {
        null or { ValueKind: JsonValueKind.True } => LoraInit.KaimingUniform,
        { ValueKind: JsonValueKind.False } => LoraInit.Random,
        { ValueKind: JsonValueKind.String } text when text.GetString()!.Equals("gaussian", StringComparison.OrdinalIgnoreCase) => LoraInit.Gaussian,
        _ => Refused(keys),
    };

    private static LoraInit Refused(ConfigKeys keys)
    {
        keys.Refuse("init_lora_weights", true, "true, false or gaussian");
        return default;
    }

    private static T Choice<T>(ConfigKeys keys, string key, Dictionary<string, T> known)
    {
        string? text = keys.Text(key);
        if (text is null) return default!;
        keys.Refuse(key, !known.ContainsKey(text), string.Join(", ", known.Keys));
        return known.GetValueOrDefault(text)!;
    }

    private static (IReadOnlyList<string>? Names, string? One) Names(ConfigKeys keys, string key)
    {
        if (keys.Element(key) is not { } e || e.ValueKind == JsonValueKind.Null) return (null, null);
        if (e.ValueKind == JsonValueKind.String) return (null, e.GetString());
        if (e.ValueKind == JsonValueKind.Array && e.EnumerateArray().All(x => x.ValueKind == JsonValueKind.String)) return ([.. e.EnumerateArray().Select(x => x.GetString()!)], null);
        keys.Faults.Add($"{key} is {keys.Raw(key)}, expected a list of names, or a string");
        return (null, null);
    }

    private static OrderedDictionary<string, T> Pattern<T>(ConfigKeys keys, string key, Func<JsonElement, T?> read) where T : struct
    {
        var values = new OrderedDictionary<string, T>();
        if (keys.Element(key) is not { } e || e.ValueKind == JsonValueKind.Null) return values;
        if (e.ValueKind != JsonValueKind.Object) keys.Faults.Add($"{key} is {keys.Raw(key)}, expected an object");
        else
            foreach (var p in e.EnumerateObject())
                if (p.Value.ValueKind == JsonValueKind.Number && read(p.Value) is { } value) values[p.Name] = value;
                else keys.Faults.Add($"{key} has {ConfigKeys.Shorten(p.Value.GetRawText())} for {p.Name}, expected a number");
        return values;
    }

    private static bool IsAsked(JsonElement? value) => value switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.Array } list => list.GetArrayLength() > 0,
        { ValueKind: JsonValueKind.Object } o => o.EnumerateObject().Any(),
        _ => true,
    };

    // Python writes an int where it was given one.
    private static JsonNode Whole(double value) => value == Math.Floor(value) && Math.Abs(value) < 1e15 ? JsonValue.Create((long)value) : JsonValue.Create(value);

    private static string Float(double value) => value.ToString("R", CultureInfo.InvariantCulture) is var text && text.AsSpan().ContainsAnyExcept("-0123456789") ? text : text + ".0";

    private static InvalidDataException Bad(string source, IEnumerable<string> faults) => new($"{source}: {string.Join("; ", faults)}.");
}
