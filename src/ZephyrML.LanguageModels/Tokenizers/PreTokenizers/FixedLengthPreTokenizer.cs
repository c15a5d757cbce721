namespace ZephyrML.LanguageModels;

/// <summary>Cuts every piece into stretches of so many characters.</summary>
internal sealed class FixedLengthPreTokenizer(int length) : TextPreTokenizer
{
    public override PreTokenizedText Apply(PreTokenizedText text)
    {
        if (!text.Splits)
            return text;
        var pieces = new List<(int Start, int End)>();
        foreach (var (start, end) in text.Pieces)
        {
            for (var at = start; at < end;)
            {
                var from = at;
                for (var count = 0; count < length && at < end; count++)
                    at += CharClasses.Length(CharClasses.At(text.Text.Text, at));
                pieces.Add((from, at));
            }
        }
        return text with { Pieces = pieces };
    }
}
