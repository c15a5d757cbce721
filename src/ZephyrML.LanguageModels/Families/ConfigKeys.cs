using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Typed access to the keys of a config.json; what has the wrong type is noted and answered with null. Remembers which keys were asked for.</summary>
internal sealed class ConfigKeys(JsonElement root)
{
    /// <summary>Deeper models are mistakes, and lists are as long as a model is deep.</summary>
    public const int MaxLayers = 10_000;

    private readonly HashSet<string> _asked = [];

    public List<string> Faults { get; } = [];

    /// <summary>What nobody asked for: keys that change nothing.</summary>
    public IEnumerable<JsonProperty> Rest => root.EnumerateObject().Where(p => !_asked.Contains(p.Name));

    public JsonElement? Element(string key)
    {
        _asked.Add(key);
        return root.TryGetProperty(key, out var e) ? e : null;
    }

    public bool Has(string key) => Element(key) is not null;
    public bool IsSet(string key) => Element(key) is { ValueKind: not JsonValueKind.Null };
    public string Raw(string key) => Element(key) is { } e ? Shorten(e.GetRawText()) : "missing";
    public string? Text(string key) => As(key, "a string", e => e.ValueKind == JsonValueKind.String ? e.GetString() : null);
    public bool? Flag(string key) => As<bool?>(key, "true or false", e => e.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null });
    public int? Int(string key) => As<int?>(key, "a whole number", e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out var i) ? i : null);
    public double? Number(string key) => As<double?>(key, "a number", e => e.ValueKind == JsonValueKind.Number && double.IsFinite(e.GetDouble()) ? e.GetDouble() : null);

    /// <summary>The default holds only where the key is missing; null is null.</summary>
    public int? Int(string key, int? missing) => Has(key) ? Int(key) : missing;

    /// <summary>The default holds only where the key is missing; null is null.</summary>
    public double? Number(string key, double? missing) => Has(key) ? Number(key) : missing;

    /// <summary>A positive number; where it is none, 0 and a fault.</summary>
    public int Size(string key, int most = int.MaxValue)
    {
        var size = Int(key);
        if (size is > 0 && size <= most) return size.Value;
        if (size is not null) Faults.Add($"{key} is {size}, expected {(most == int.MaxValue ? "a positive number" : $"a number from 1 to {most}")}");
        else if (!IsSet(key)) Faults.Add($"{key} is missing");
        return 0;
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

    /// <summary>layer_types: for each layer whether it slides; null where the key is missing.</summary>
    public IReadOnlyList<bool>? SlidingLayers()
    {
        if (Element("layer_types") is not { } kinds || kinds.ValueKind == JsonValueKind.Null) return null;
        var slides = new List<bool>();
        if (kinds.ValueKind != JsonValueKind.Array) Faults.Add($"layer_types is {Raw("layer_types")}, expected a list");
        else
            foreach (var kind in kinds.EnumerateArray())
                if (kind.ValueKind == JsonValueKind.String && kind.GetString() is "sliding_attention" or "full_attention") slides.Add(kind.GetString() == "sliding_attention");
                else Faults.Add($"layer_types holds {Shorten(kind.GetRawText())}, which is not supported (expected full_attention or sliding_attention)");
        return slides;
    }

    /// <summary>Notes that a setting is not supported, if so.</summary>
    public void Refuse(string key, bool when, string expected)
    {
        if (when) Faults.Add($"{key} is {Raw(key)}, which is not supported (expected {expected})");
    }

    public void RefuseUnless(string key, bool expected) => Refuse(key, Flag(key) == !expected, expected ? "true" : "false");

    /// <summary>Refuses a number that is neither missing nor 0.</summary>
    public void RefuseUnlessZero(string key) => Refuse(key, Number(key) is { } p && p != 0, "0");

    private T? As<T>(string key, string expected, Func<JsonElement, T?> read)
    {
        if (Element(key) is not { } e || e.ValueKind == JsonValueKind.Null) return default;
        var value = read(e);
        if (value is null) Faults.Add($"{key} is {Shorten(e.GetRawText())}, expected {expected}");
        return value;
    }

    public static string Shorten(string raw) => raw.Length <= 80 ? raw : raw[..77] + "...";
}
