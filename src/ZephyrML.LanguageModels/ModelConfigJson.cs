using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>config.json to <see cref="ModelConfig"/> and back; what the families differ in is said by <see cref="ModelFamily"/>.</summary>
internal static class ModelConfigJson
{
    // What belongs to the weights as they were stored, and is made anew.
    private static readonly HashSet<string> NotKept = ["torch_dtype", "dtype", "transformers_version", "_name_or_path", "mlp_bias", "attention_bias"];

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
        CheckTexts(root, source);
        var keys = new ConfigKeys(root);
        var name = keys.Text("model_type") ?? "";
        var family = ModelFamily.Find(name) ?? throw new InvalidDataException($"{source}: model_type is '{name}'; supported are {ModelFamily.Names}.");
        keys.Refuse("quantization_config", keys.IsSet("quantization_config"), "weights that are not quantised");
        keys.RefuseUnless("is_causal", true);
        if (keys.Element("architectures") is { ValueKind: JsonValueKind.Array } names)
            keys.Refuse("architectures", names.EnumerateArray().Any(n => n.ValueKind != JsonValueKind.String || n.GetString() != family.Architecture), family.Architecture);
        var config = family.Read(keys);
        config = config with { Extra = keys.Rest.Where(p => !NotKept.Contains(p.Name)).Reverse().DistinctBy(p => p.Name).ToDictionary(p => p.Name, p => p.Value.Clone()) };
        if (keys.Faults.Count == 0) keys.Faults.AddRange(config.Faults());
        if (keys.Faults.Count > 0) throw new InvalidDataException($"{source}: {string.Join("; ", keys.Faults)}.");
        return config;
    }

    // Half a surrogate pair is allowed in JSON, but is no text, and cannot be written again.
    private static void CheckTexts(JsonElement root, string source)
    {
        string key = "a key";
        try
        {
            using var nowhere = new Utf8JsonWriter(Stream.Null);
            nowhere.WriteStartObject();
            foreach (var p in root.EnumerateObject())
            {
                key = p.Name;
                p.WriteTo(nowhere);
                key = "a key";
            }
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{source}: {key}: not JSON of whole characters ({e.Message}).", e);
        }
    }

    public static string Write(ModelConfig c, string dtype)
    {
        var family = ModelFamily.Get(c.ModelType);
        var o = new JsonObject { ["architectures"] = new JsonArray(family.Architecture), ["model_type"] = c.ModelType, ["vocab_size"] = c.VocabSize };
        family.Write(c, o);
        o["tie_word_embeddings"] = c.TieWordEmbeddings;
        o["bos_token_id"] = c.BosTokenId;
        o["eos_token_id"] = c.EosTokenIds.Count switch
        {
            0 => null,
            1 => c.EosTokenIds[0],
            _ => new JsonArray([.. c.EosTokenIds.Select(id => (JsonNode)id)]),
        };
        o["pad_token_id"] = c.PadTokenId;
        o["torch_dtype"] = dtype;
        foreach (var (key, value) in c.Extra.OrderBy(e => e.Key, StringComparer.Ordinal))
            if (!o.ContainsKey(key)) o[key] = JsonNode.Parse(value.GetRawText());
        return o.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
