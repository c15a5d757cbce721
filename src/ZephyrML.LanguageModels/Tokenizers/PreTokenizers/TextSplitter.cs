namespace ZephyrML.LanguageModels;

/// <summary>Splits a text at the matches of a pattern.</summary>
/// <param name="pattern">The pattern.</param>
/// <param name="behavior">What becomes of the matches.</param>
/// <param name="invert">Whether what lies between the matches counts as the matches.</param>
internal sealed class TextSplitter(TextPattern pattern, SplitBehavior behavior, bool invert = false)
{
    /// <summary>Adds the pieces of text[start..end]; the pattern sees nothing outside of it.</summary>
    public void Split(string text, int start, int end, List<(int Start, int End)> pieces)
    {
        var matches = new List<(int Start, int End)>();
        pattern.Find(text.AsSpan(start, end - start), matches);
        if (behavior == SplitBehavior.Isolated)
        {
            Isolate(start, end, matches, pieces);
            return;
        }
        var parts = new List<(int Start, int End, bool Match)>(2 * matches.Count + 1);
        var done = 0;
        foreach (var (from, to) in matches)
        {
            if (done < from)
                parts.Add((done, from, invert));
            parts.Add((from, to, !invert));
            done = to;
        }
        if (done < end - start)
            parts.Add((done, end - start, invert));
        var first = pieces.Count;
        if (behavior == SplitBehavior.MergedWithNext)
            parts.Reverse();
        var previous = false;
        foreach (var (from, to, match) in parts)
        {
            if (pieces.Count > first && Joins(match, previous))
                pieces[^1] = behavior == SplitBehavior.MergedWithNext ? (start + from, pieces[^1].End) : (pieces[^1].Start, start + to);
            else if (!match || behavior != SplitBehavior.Removed)
                pieces.Add((start + from, start + to));
            previous = match;
        }
        if (behavior == SplitBehavior.MergedWithNext)
            pieces.Reverse(first, pieces.Count - first);
        // An empty match cuts, but is no piece.
        var kept = first;
        for (var i = first; i < pieces.Count; i++)
        {
            if (pieces[i].Start < pieces[i].End)
                pieces[kept++] = pieces[i];
        }
        pieces.RemoveRange(kept, pieces.Count - kept);
    }

    // What matches and what does not are pieces alike.
    private static void Isolate(int start, int end, List<(int Start, int End)> matches, List<(int Start, int End)> pieces)
    {
        var done = start;
        foreach (var (from, to) in matches)
        {
            if (done < start + from)
                pieces.Add((done, start + from));
            if (from < to)
                pieces.Add((start + from, start + to));
            done = start + to;
        }
        if (done < end)
            pieces.Add((done, end));
    }

    private bool Joins(bool match, bool previous) => behavior switch
    {
        SplitBehavior.MergedWithPrevious or SplitBehavior.MergedWithNext => match && !previous,
        SplitBehavior.Contiguous => match == previous,
        _ => false,
    };
}
