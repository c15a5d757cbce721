using System.Globalization;

namespace ZephyrML.LanguageModels;

/// <summary>Which modules an adapter's options mean, by PEFT's rules.</summary>
internal sealed class LoraTargets
{
    // What PEFT knows for these families. Of the others that are supported here it knows none; they have Llama's projections.
    private static readonly Dictionary<string, string> Usual = new() { ["gpt2"] = "c_attn", ["gpt_neox"] = "query_key_value", ["phi3"] = "qkv_proj" };

    private readonly LoraOptions _options;
    private readonly IReadOnlyList<string>? _names;

    public LoraTargets(LoraOptions options, IReadOnlyList<AdaptableModule> modules, ModelConfig config)
    {
        (_options, _names) = (options, options.TargetPattern is null ? options.TargetModules ?? UsualNames(config) : null);
        Saved = [.. modules.Where(m => IsSaved(m.Name))];
        Adapted = [.. modules.Where(m => options.TargetsAllLinear ? m.Map is not null && !m.Head && !IsExcluded(m.Name) : IsTarget(m.Name))];
        if (Adapted.FirstOrDefault(m => m.Map is null && m.Table is null) is { } norm)
            throw new ArgumentException($"{nameof(LoraOptions)}: {Asked} means {norm.Name}, which is neither linear nor an embedding; expected such modules ({nameof(LoraOptions.ModulesToSave)} trains a module whole).");
        if (Adapted.Count == 0 && _names is not { Count: 0 })
        {
            string[] ends = [.. modules.Where(m => m.Map is not null || m.Table is not null).Select(m => m.Name[(m.Name.LastIndexOf('.') + 1)..]).Distinct()];
            throw new ArgumentException($"{nameof(LoraOptions)}: {Asked} means no module of this model ({config.ModelType}); expected some of {string.Join(", ", ends)}.");
        }
        if (options.LowRankBias && Adapted.FirstOrDefault(m => m.Table is not null) is { } table)
            throw new ArgumentException($"{nameof(LoraOptions)}: {nameof(LoraOptions.LowRankBias)} is not supported for embeddings; {table.Name} is one.");
    }

    /// <summary>Modules with a delta.</summary>
    public IReadOnlyList<AdaptableModule> Adapted { get; }

    /// <summary>Modules that are trained whole.</summary>
    public IReadOnlyList<AdaptableModule> Saved { get; }

    /// <summary>Whether the options name an embedding or a head by PEFT's names for these: then PEFT stores the base's weight too.</summary>
    public bool NamesEmbeddings => _names is not null
        ? !_options.TargetsAllLinear && (_names.Contains("embed_tokens") || _names.Contains("lm_head"))
        : Adapted.Any(m => m.Name == "lm_head" || m.Name == "embed_tokens" || m.Name.EndsWith(".embed_tokens", StringComparison.Ordinal));

    public int Rank(string module) => Of(_options.RankPattern, module, _options.Rank);

    public double Alpha(string module) => Of(_options.AlphaPattern, module, _options.Alpha);

    /// <summary>PEFT's usual targets for a family.</summary>
    public static IReadOnlyList<string> UsualNames(ModelConfig config) => Usual.TryGetValue(config.ModelType, out var one) ? [one] : ["q_proj", "v_proj"];

    private string Asked => _names is null ? $"{nameof(LoraOptions.TargetPattern)} '{_options.TargetPattern}'" : $"{nameof(LoraOptions.TargetModules)} ({string.Join(", ", _names)})";

    private static T Of<T>(IReadOnlyDictionary<string, T> patterns, string module, T otherwise)
    {
        foreach (var (pattern, value) in patterns)
            if (ModulePattern.Beginning($@"(.*\.)?({pattern})$", module).Success) return value;
        return otherwise;
    }

    private static bool Ends(string module, string name) => module == name || module.EndsWith("." + name, StringComparison.Ordinal);

    private bool IsExcluded(string module)
    {
        if (_options.ExcludePattern is { } pattern && ModulePattern.Whole(pattern, module)) return true;
        if (_options.ExcludeModules?.Any(n => Ends(module, n)) == true) return true;
        return _options.ModulesToSave?.Any(m => ModulePattern.Beginning($@"(^|.*\.){m}($|\..*)", module).Success) == true;
    }

    private bool IsTarget(string module)
    {
        if (IsExcluded(module)) return false;
        if (_names is null) return ModulePattern.Whole(_options.TargetPattern!, module);
        if (_names.Contains(module)) return true;
        if (!_names.Any(n => Ends(module, n))) return false;
        if (_options.LayersToTransform is not { Count: > 0 } layers) return true;
        var patterns = _options.LayersPattern is { Count: > 0 } given ? given : ["[^.]*"];
        foreach (var pattern in patterns)
            if (ModulePattern.Beginning($@".*?\.{pattern}\.(\d+)\.", module) is { Success: true } match)
                return layers.Contains(int.Parse(match.Groups[match.Groups.Count - 1].Value, CultureInfo.InvariantCulture));
        return false;
    }

    // A module is saved with all that is in it, and PEFT looks at the end of the name only: "norm" means input_layernorm too.
    private bool IsSaved(string module)
    {
        if (_options.ModulesToSave is not { Count: > 0 } names) return false;
        for (string at = module; at.Length > 0; at = at.LastIndexOf('.') is var dot and > 0 ? at[..dot] : "")
            if (names.Any(n => at.EndsWith(n, StringComparison.Ordinal))) return true;
        return false;
    }
}
