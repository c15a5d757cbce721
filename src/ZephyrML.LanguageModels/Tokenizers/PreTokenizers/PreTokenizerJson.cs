using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the pre_tokenizer of <c>tokenizer.json</c>.</summary>
internal static class PreTokenizerJson
{
    private const string Supported = "none, ByteLevel, Metaspace, Split, Digits, Punctuation, Whitespace, WhitespaceSplit, CharDelimiterSplit, BertPreTokenizer, FixedLength and a Sequence of them";

    public static TextPreTokenizer Read(JsonElement section)
    {
        switch (TokenizerJson.Type(section))
        {
            case "Sequence":
                return new PreTokenizerSequence([.. section.GetProperty("pretokenizers").EnumerateArray().Select(Read)]);
            case "ByteLevel":
                return new ByteLevelPreTokenizer(TokenizerJson.Flag(section, "add_prefix_space", true), TokenizerJson.Flag(section, "use_regex", true));
            case "Metaspace":
                var (replacement, scheme) = MetaspaceJson.Read(section);
                return new MetaspacePreTokenizer(replacement, scheme, TokenizerJson.Flag(section, "split", true));
            case "Split":
                return new SplitPreTokenizer(
                    PatternJson.Read(section, "pre_tokenizer Split"), Behavior(TokenizerJson.RequiredText(section, "behavior", "pre_tokenizer Split")), TokenizerJson.Flag(section, "invert"));
            case "Digits":
                return SplitPreTokenizer.Digits(TokenizerJson.Flag(section, "individual_digits"));
            case "Punctuation":
                return SplitPreTokenizer.Punctuation(Behavior(TokenizerJson.Text(section, "behavior") ?? "Isolated"));
            case "Whitespace":
                return SplitPreTokenizer.Words;
            case "WhitespaceSplit":
                return SplitPreTokenizer.Blanks;
            case "CharDelimiterSplit":
                var delimiter = TokenizerJson.Character(section, "delimiter", "pre_tokenizer CharDelimiterSplit");
                return new SplitPreTokenizer(TextPattern.Of(delimiter), SplitBehavior.Removed);
            case "BertPreTokenizer":
                return new PreTokenizerSequence([SplitPreTokenizer.Blanks, SplitPreTokenizer.Punctuation(SplitBehavior.Isolated)]);
            case "FixedLength":
                return new FixedLengthPreTokenizer(TokenizerJson.Count(section, "length", "pre_tokenizer FixedLength", least: 1, otherwise: 5));
            case var other:
                throw TokenizerJson.Unsupported($"the pre_tokenizer '{other}'", Supported);
        }
    }

    private static SplitBehavior Behavior(string name) => Enum.GetNames<SplitBehavior>().Contains(name)
        ? Enum.Parse<SplitBehavior>(name)
        : throw TokenizerJson.Unsupported($"a split with behavior '{name}'", string.Join(", ", Enum.GetNames<SplitBehavior>()));
}
