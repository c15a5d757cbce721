namespace ZephyrML.LanguageModels;

/// <summary>BERT's: tokens with the prefix are joined on, others get a space in front.</summary>
/// <param name="prefix">What tokens begin with that carry a word on.</param>
/// <param name="cleanup">Whether spaces before punctuation and English contractions go.</param>
internal sealed class WordPieceDecoder(string prefix, bool cleanup) : TokenDecoder
{
    public override List<string> Apply(List<string> parts)
    {
        var result = new List<string>(parts.Count);
        foreach (var part in parts)
        {
            var text = result.Count == 0 ? part : part.StartsWith(prefix, StringComparison.Ordinal) ? part[prefix.Length..] : " " + part;
            result.Add(cleanup ? Cleanup(text) : text);
        }
        return result;
    }

    /// <summary>A text without the spaces that tokenising English by words brings in.</summary>
    public static string Cleanup(string text) => text.Replace(" .", ".").Replace(" ?", "?").Replace(" !", "!").Replace(" ,", ",").Replace(" ' ", "'").Replace(" n't", "n't")
        .Replace(" 'm", "'m").Replace(" do not", " don't").Replace(" 's", "'s").Replace(" 've", "'ve").Replace(" 're", "'re");
}
