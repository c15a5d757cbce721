using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the pre_tokenizer of <c>tokenizer.json</c>: Split, Digits and, last, ByteLevel.</summary>
internal sealed class PreTokenizerJson
{
    private const string Supported = "ByteLevel, alone or last in a Sequence behind Split and Digits";
    private readonly List<PreTokenizerStep> steps = [];
    private bool byteLevel;

    public IReadOnlyList<PreTokenizerStep> Steps => steps;

    public bool AddPrefixSpace { get; private set; }

    public bool SplitsAfterPrefix { get; private set; }

    public void Read(JsonElement? section)
    {
        if (section is { } preTokenizer)
            Add(preTokenizer);
        if (!byteLevel)
            throw TokenizerJson.Unsupported("a pre_tokenizer without ByteLevel", Supported);
    }

    private void Add(JsonElement section)
    {
        var type = TokenizerJson.Type(section);
        if (byteLevel)
            throw TokenizerJson.Unsupported($"the pre_tokenizer '{type}' behind ByteLevel", Supported);
        switch (type)
        {
            case "Sequence":
                foreach (var part in section.GetProperty("pretokenizers").EnumerateArray())
                    Add(part);
                break;
            case "ByteLevel":
                byteLevel = true;
                AddPrefixSpace = TokenizerJson.Flag(section, "add_prefix_space", true);
                SplitsAfterPrefix = TokenizerJson.Flag(section, "use_regex", true);
                if (SplitsAfterPrefix)
                    steps.Add(new PreTokenizerStep.ByPattern(SplitPattern.Parse(SplitPattern.Gpt2), false));
                break;
            case "Digits":
                steps.Add(new PreTokenizerStep.ByDigits(TokenizerJson.Flag(section, "individual_digits")));
                break;
            case "Split":
                steps.Add(ReadSplit(section));
                break;
            default:
                throw TokenizerJson.Unsupported($"the pre_tokenizer '{type}'", Supported);
        }
    }

    private static PreTokenizerStep.ByPattern ReadSplit(JsonElement section)
    {
        if (!section.TryGetProperty("pattern", out var pattern) || pattern.ValueKind != JsonValueKind.Object || TokenizerJson.Text(pattern, "Regex") is not { } regex)
            throw TokenizerJson.Unsupported("a Split by a plain string", "a Split by Regex");
        var behavior = TokenizerJson.Text(section, "behavior");
        var inverted = TokenizerJson.Flag(section, "invert");
        return (behavior, inverted) switch
        {
            ("Isolated", _) => new PreTokenizerStep.ByPattern(SplitPattern.Parse(regex), false),
            ("Removed", true) => new PreTokenizerStep.ByPattern(SplitPattern.Parse(regex), true),
            _ => throw TokenizerJson.Unsupported($"a Split with behavior '{behavior}' and invert {inverted}", "'Isolated', or 'Removed' with invert"),
        };
    }
}
