using System.Globalization;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Which low-rank adapter is laid on a model and what of it is trained: LoRA (Hu et al. 2021), rsLoRA (Kalajdzievski 2023) and DoRA (Liu et al. 2024). Names in brackets are those of PEFT's LoraConfig,
/// whose defaults these are.
/// </summary>
public sealed class LoraOptions
{
    /// <summary>The one name in <see cref="TargetModules"/> that means every linear layer but the head.</summary>
    public const string AllLinear = "all-linear";

    /// <summary>The rank r of the delta BA. Default 8. [r]</summary>
    public int Rank { get; set; } = 8;

    /// <summary>The delta is scaled by α/r, or α/√r with <see cref="UseRslora"/>. Default 8. [lora_alpha]</summary>
    public double Alpha { get; set; } = 8;

    /// <summary>Share of the adapter's inputs that is zeroed in dSFT's steps; dDPO drops nothing, as in TRL. Default 0. [lora_dropout]</summary>
    public double Dropout { get; set; }

    /// <summary>
    /// Modules that get a delta: names of modules, or their ends (<c>q_proj</c>, <c>self_attn.q_proj</c>), or <see cref="AllLinear"/> alone; null: the family's usual ones (query and value projections, or what
    /// holds them where they are one) unless <see cref="TargetPattern"/> is set. Default null. [target_modules]
    /// </summary>
    public IReadOnlyList<string>? TargetModules { get; set; }

    /// <summary>A regular expression that a module's whole name must match, instead of <see cref="TargetModules"/>. Default null. [target_modules as a string]</summary>
    public string? TargetPattern { get; set; }

    /// <summary>Modules, or the ends of their names, that get no delta. Default null. [exclude_modules]</summary>
    public IReadOnlyList<string>? ExcludeModules { get; set; }

    /// <summary>A regular expression for the same. Default null. [exclude_modules as a string]</summary>
    public string? ExcludePattern { get; set; }

    /// <summary>Ranks by the end of a module's name, or a regular expression for it; the first that matches counts. Default: none. [rank_pattern]</summary>
    public IReadOnlyDictionary<string, int> RankPattern { get; set; } = new Dictionary<string, int>();

    /// <summary>Alphas, likewise. Default: none. [alpha_pattern]</summary>
    public IReadOnlyDictionary<string, double> AlphaPattern { get; set; } = new Dictionary<string, double>();

    /// <summary>Layers, from 0, that get deltas; null: all. Only with names in <see cref="TargetModules"/>. Default null. [layers_to_transform]</summary>
    public IReadOnlyList<int>? LayersToTransform { get; set; }

    /// <summary>What stands before the layer's number in names, as <c>layers</c>; null: anything. Default null. [layers_pattern]</summary>
    public IReadOnlyList<string>? LayersPattern { get; set; }

    /// <summary>Which of the base's biases are trained too. Default none. [bias]</summary>
    public LoraBias Bias { get; set; }

    /// <summary>Give B a bias of its own; not with <see cref="UseDora"/>. Default false. [lora_bias]</summary>
    public bool LowRankBias { get; set; }

    /// <summary>Scale by α/√r instead of α/r, so that large ranks learn as fast as small ones. Default false. [use_rslora]</summary>
    public bool UseRslora { get; set; }

    /// <summary>Learn the magnitude of each output apart from its direction. Default false. [use_dora]</summary>
    public bool UseDora { get; set; }

    /// <summary>Modules, or the ends of their names, that are trained whole, as a copy beside the base's: <c>lm_head</c>, <c>embed_tokens</c>, <c>norm</c>. Default null. [modules_to_save]</summary>
    public IReadOnlyList<string>? ModulesToSave { get; set; }

    /// <summary>What a new adapter holds. Default <see cref="LoraInit.KaimingUniform"/>. [init_lora_weights]</summary>
    public LoraInit Init { get; set; }

    /// <summary>Throws one exception that lists everything that is wrong with these options.</summary>
    /// <exception cref="ArgumentException">One or more options have impossible values.</exception>
    public void Validate()
    {
        var problems = Problems().ToList();
        if (problems.Count > 0)
            throw new ArgumentException($"{nameof(LoraOptions)}: {(problems.Count == 1 ? "an option is" : $"{problems.Count} options are")} wrong. {string.Join(" ", problems)}");
    }

    /// <summary>A copy that later changes of this object do not reach.</summary>
    public LoraOptions Copy()
    {
        var copy = (LoraOptions)MemberwiseClone();
        static IReadOnlyList<T>? List<T>(IReadOnlyList<T>? list) => list is null ? null : [.. list];
        (copy.TargetModules, copy.ExcludeModules, copy.LayersPattern, copy.ModulesToSave) = (List(TargetModules), List(ExcludeModules), List(LayersPattern), List(ModulesToSave));
        copy.LayersToTransform = List(LayersToTransform);
        // The first match counts, so order matters.
        copy.RankPattern = new OrderedDictionary<string, int>(RankPattern);
        copy.AlphaPattern = new OrderedDictionary<string, double>(AlphaPattern);
        return copy;
    }

    /// <summary>Reads PEFT's adapter_config.json.</summary>
    /// <param name="json">Its text.</param>
    /// <param name="source">What errors call it.</param>
    /// <exception cref="InvalidDataException">It is no such file, or asks for something that is not supported; all of it is named.</exception>
    public static LoraOptions FromJson(string json, string source = AdapterConfig.FileName) => AdapterConfig.Read(json, source).Options;

    /// <summary>Writes PEFT's adapter_config.json, with all its keys.</summary>
    /// <param name="baseModel">The model that the adapter belongs to: a folder or a name. [base_model_name_or_path]</param>
    /// <param name="fanInFanOut">Whether the adapted weights are stored (in, out), as GPT-2's. [fan_in_fan_out]</param>
    public string ToJson(string? baseModel = null, bool fanInFanOut = false) => AdapterConfig.Write(this, baseModel, fanInFanOut);

    /// <summary>One sentence for each option that is wrong.</summary>
    internal IEnumerable<string> Problems()
    {
        static string Number(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
        if (Rank < 1) yield return $"{nameof(Rank)} must be greater than 0, not {Rank}.";
        if (!double.IsFinite(Alpha) || Alpha <= 0) yield return $"{nameof(Alpha)} must be greater than 0, not {Number(Alpha)}.";
        if (!(Dropout is >= 0 and < 1)) yield return $"{nameof(Dropout)} must be at least 0 and below 1, not {Number(Dropout)}.";
        foreach (var (name, rank) in RankPattern)
            if (rank < 1) yield return $"{nameof(RankPattern)} must hold ranks greater than 0; '{name}' has {rank}.";
        foreach (var (name, alpha) in AlphaPattern)
            if (!double.IsFinite(alpha) || alpha <= 0) yield return $"{nameof(AlphaPattern)} must hold alphas greater than 0; '{name}' has {Number(alpha)}.";
        if (TargetModules is { Count: 0 } && ModulesToSave is not { Count: > 0 }) yield return $"{nameof(TargetModules)} is empty; expected names of modules, '{AllLinear}', or null for the usual ones.";
        if (TargetModules is not null && TargetPattern is not null) yield return $"{nameof(TargetModules)} and {nameof(TargetPattern)} are both set; expected one of them.";
        if (TargetModules is { Count: > 1 } && TargetModules.Any(IsAllLinear)) yield return $"{nameof(TargetModules)} holds '{AllLinear}' and other names; expected '{AllLinear}' alone.";
        if (ExcludeModules is not null && ExcludePattern is not null) yield return $"{nameof(ExcludeModules)} and {nameof(ExcludePattern)} are both set; expected one of them.";
        if (LayersToTransform is not null && (TargetPattern is not null || TargetsAllLinear)) yield return $"{nameof(LayersToTransform)} works with names in {nameof(TargetModules)} only, not with a pattern or '{AllLinear}'.";
        if (LayersToTransform?.Any(l => l < 0) == true) yield return $"{nameof(LayersToTransform)} must hold numbers of at least 0.";
        if (LayersPattern is { Count: > 0 } && LayersToTransform is null) yield return $"{nameof(LayersPattern)} works with {nameof(LayersToTransform)} only.";
        if (LowRankBias && UseDora) yield return $"{nameof(LowRankBias)} must be false with {nameof(UseDora)}.";
        if (!Enum.IsDefined(Bias)) yield return $"{nameof(Bias)} must be one of {string.Join(", ", Enum.GetNames<LoraBias>())}, not {Bias}.";
        if (!Enum.IsDefined(Init)) yield return $"{nameof(Init)} must be one of {string.Join(", ", Enum.GetNames<LoraInit>())}, not {Init}.";
        foreach (var (option, pattern) in new[] { (nameof(TargetPattern), TargetPattern), (nameof(ExcludePattern), ExcludePattern) })
            if (pattern is not null && ModulePattern.Fault(pattern) is { } fault) yield return $"{option} is no regular expression: {fault}";
        foreach (var (option, keys) in new[] { (nameof(RankPattern), RankPattern.Keys), (nameof(AlphaPattern), AlphaPattern.Keys), (nameof(LayersPattern), LayersPattern ?? []), (nameof(ModulesToSave), ModulesToSave ?? []) })
            foreach (var key in keys)
                if (ModulePattern.Fault(key) is { } fault) yield return $"{option} holds '{key}', which is no regular expression: {fault}";
    }

    /// <summary>Whether the configuration that this was read from had a number, and a string, where others have lists: it is written as it was.</summary>
    internal bool OneLayer, OnePattern;

    internal bool TargetsAllLinear => TargetModules is [var one] && IsAllLinear(one);

    private static bool IsAllLinear(string name) => name.Equals(AllLinear, StringComparison.OrdinalIgnoreCase);
}
