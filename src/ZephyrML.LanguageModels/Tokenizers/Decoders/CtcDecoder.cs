namespace ZephyrML.LanguageModels;

/// <summary>CTC's: tokens that repeat the one before go, then the padding token; the word delimiter becomes a space.</summary>
internal sealed class CtcDecoder(string padToken, string wordDelimiter, bool cleanup) : TokenDecoder
{
    public override List<string> Apply(List<string> parts)
    {
        var result = new List<string>(parts.Count);
        for (var i = 0; i < parts.Count; i++)
        {
            if (i > 0 && parts[i] == parts[i - 1])
                continue;
            var text = padToken.Length == 0 ? parts[i] : parts[i].Replace(padToken, "");
            if (cleanup)
                text = WordPieceDecoder.Cleanup(text).Replace(wordDelimiter, " ");
            if (text.Length > 0)
                result.Add(text);
        }
        return result;
    }
}
