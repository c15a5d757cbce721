namespace ZephyrML.LanguageModels;

/// <summary>One step of a pre-tokenizer: it splits each piece that the steps before it left.</summary>
internal abstract class PreTokenizerStep
{
    /// <summary>Adds the pieces of text[start..end].</summary>
    public abstract void Split(string text, int start, int end, List<(int Start, int End)> pieces);

    /// <summary>Matches of a pattern, and what lies between them unless it is dropped.</summary>
    public sealed class ByPattern(SplitPattern pattern, bool matchesOnly) : PreTokenizerStep
    {
        public override void Split(string text, int start, int end, List<(int Start, int End)> pieces) => pattern.Split(text, start, end, matchesOnly, pieces);
    }

    /// <summary>Digits apart from all else, each alone or in runs.</summary>
    public sealed class ByDigits(bool individual) : PreTokenizerStep
    {
        public override void Split(string text, int start, int end, List<(int Start, int End)> pieces)
        {
            var pieceStart = start;
            var inDigits = false;
            for (var at = start; at < end;)
            {
                var codePoint = CharClasses.At(text.AsSpan(0, end), at);
                var digit = CharClasses.IsNumber(codePoint);
                if (at > pieceStart && (digit != inDigits || (digit && individual)))
                {
                    pieces.Add((pieceStart, at));
                    pieceStart = at;
                }
                inDigits = digit;
                at += CharClasses.Length(codePoint);
            }
            if (pieceStart < end)
                pieces.Add((pieceStart, end));
        }
    }
}
