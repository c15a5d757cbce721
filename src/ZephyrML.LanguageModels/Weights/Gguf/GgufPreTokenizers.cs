using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>tokenizer.ggml.pre: llama.cpp's names of the ways in which byte-level models split text, each with the patterns it stands for, applied in turn.</summary>
/// <param name="Patterns">The patterns; none: GPT-2's by ByteLevel itself.</param>
/// <param name="IgnoresMerges">Whether a word that is a token is one, whatever the merges say.</param>
/// <param name="AddsBos">Whether a begin-of-sequence token is put in front where the file does not say.</param>
/// <param name="Composes">Whether text is brought into normal form C, as the models of this name were trained, although llama.cpp does not.</param>
internal sealed record GgufPreTokenizer(string[] Patterns, bool IgnoresMerges = false, bool AddsBos = false, bool Composes = false)
{
    private const string Contractions = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)", Rest = @" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Llama3 = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|" + Rest, Qwen2 = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|" + Rest;
    private const string Cased = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+", Capitals = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*";
    private const string Slashed = @" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Gpt4o = Cased + Contractions + "?|" + Capitals + Contractions + @"?|\p{N}{1,3}|" + Slashed, Tekken = Cased + "|" + Capitals + @"|\p{N}|" + Slashed;

    private static readonly Dictionary<string, GgufPreTokenizer> ByName = new()
    {
        ["gpt-2"] = new([]), ["gpt2"] = new([]), ["phi-2"] = new([]), ["olmo"] = new([]), ["mpt"] = new([]), ["jais"] = new([]), ["exaone4"] = new([]),
        ["smollm"] = new([@"\p{N}"]), ["starcoder"] = new([@"\p{N}"]), ["refact"] = new([@"\p{N}"]), ["command-r"] = new([@"\p{N}"]), ["codeshell"] = new([@"\p{N}"]), ["exaone"] = new([@"\p{N}"]), ["minerva-7b"] = new([@"\p{N}"]),
        ["llama-bpe"] = new([Llama3], true, true), ["llama3"] = new([Llama3], true, true), ["llama-v3"] = new([Llama3], true, true), ["falcon3"] = new([Llama3], true, true), ["pixtral"] = new([Llama3], true, true),
        ["smaug-bpe"] = new([Llama3]), ["dbrx"] = new([Llama3]),
        ["qwen2"] = new([Qwen2], Composes: true), ["deepseek-r1-qwen"] = new([Qwen2], Composes: true), ["stablelm2"] = new([Qwen2]), ["hunyuan"] = new([Qwen2]),
        ["gpt-4o"] = new([Gpt4o]), ["tekken"] = new([Tekken], true, true),
        ["default"] = new([@"[\p{P}\$\+<=>\^~\|]+", SplitPattern.Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"]),
    };

    public static string Names => string.Join(", ", ByName.Keys);

    public static GgufPreTokenizer? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>llama.cpp's name of a byte-level model's split, or null where it has none.</summary>
    /// <param name="root">A tokenizer.json.</param>
    public static string? NameOf(JsonElement root)
    {
        if (PatternsOf(TokenizerJson.Section(root, "pre_tokenizer")) is not { } patterns) return null;
        bool ignores = TokenizerJson.Flag(root.GetProperty("model"), "ignore_merges"), composes = false;
        if (TokenizerJson.Section(root, "normalizer") is { } normalizer)
        {
            if (TokenizerJson.Type(normalizer) != "NFC") return null;
            composes = true;
        }
        // NFC is not in the format; the names that imply it come first, then whatever splits alike.
        return ByName.Where(p => p.Value.Patterns.SequenceEqual(patterns) && p.Value.IgnoresMerges == ignores).OrderBy(p => p.Value.Composes == composes ? 0 : 1).Select(p => p.Key).FirstOrDefault();
    }

    /// <summary>The pre_tokenizer of a tokenizer.json.</summary>
    public JsonObject ToJson()
    {
        // What ByteLevel does itself after single digits is GPT-2's own split.
        bool own = Patterns.Length == 0 || Patterns is [@"\p{N}"];
        var byteLevel = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = own };
        var steps = Patterns.Select(p => (JsonNode)new JsonObject
        {
            ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = p }, ["behavior"] = "Isolated", ["invert"] = false,
        });
        return Patterns.Length == 0 ? byteLevel : new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray([.. steps, byteLevel]) };
    }

    // The patterns of a ByteLevel pre-tokenizer and what goes before it; null: something else.
    private static List<string>? PatternsOf(JsonElement? section)
    {
        if (section is not { } pre) return null;
        var steps = TokenizerJson.Type(pre) == "Sequence" ? pre.GetProperty("pretokenizers").EnumerateArray().ToList() : [pre];
        if (steps.Count == 0 || TokenizerJson.Type(steps[^1]) != "ByteLevel" || TokenizerJson.Flag(steps[^1], "add_prefix_space", true)) return null;
        var patterns = new List<string>();
        foreach (var step in steps[..^1])
            switch (TokenizerJson.Type(step))
            {
                case "Digits" when TokenizerJson.Flag(step, "individual_digits"):
                    patterns.Add(@"\p{N}");
                    break;
                case "Split" when TokenizerJson.Text(step, "behavior") is "Isolated" && !TokenizerJson.Flag(step, "invert") && step.TryGetProperty("pattern", out var pattern) && TokenizerJson.Text(pattern, "Regex") is { } regex:
                    patterns.Add(Plain(regex));
                    break;
                default:
                    return null;
            }
        bool gpt2 = TokenizerJson.Flag(steps[^1], "use_regex", true);
        if (patterns is [SplitPattern.Gpt2] && !gpt2) return [];
        // All patterns but GPT-2's after single digits stand alone.
        return gpt2 == (patterns.Count == 0 || patterns is [@"\p{N}"]) ? patterns : null;
    }

    // Other spellings of the same.
    private static string Plain(string regex) => regex.Replace("?+", "?").Replace("++", "+").Replace("'(?i:[sdmt]|ll|ve|re)", Contractions).Replace(@"\s*[\r\n]|", @"\s*[\r\n]+|");
}
