namespace ZephyrML.LanguageModels;

/// <summary>
/// SentencePiece's BPE where pieces are marked unused: they take part in merging, and are taken apart again in the end, by the two symbols that were last found to make them.
/// It goes by the texts of symbols, as SentencePiece does.
/// </summary>
internal sealed class UnusedPieceModel : TokenModel
{
    private readonly SentencePieceFile file;
    private readonly Dictionary<string, int> vocabulary;
    private readonly Dictionary<string, int> pieces = [];
    private readonly TokenTrie? userDefined;
    private readonly int[] bytes;

    public UnusedPieceModel(SentencePieceFile file, Dictionary<string, int> vocabulary)
    {
        this.file = file;
        this.vocabulary = vocabulary;
        userDefined = SentencePieceTokenizer.UserDefined(file);
        bytes = file.ByteFallback ? ByteTokens(vocabulary) : [];
        foreach (var (text, id) in vocabulary)
        {
            if (file.Pieces[id].Kind is PieceKind.Normal or PieceKind.Unused or PieceKind.UserDefined)
                pieces[text] = id;
        }
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    public override int Unknown => file.Unknown;

    protected override PieceTokens Tokenize(ReadOnlySpan<char> piece)
    {
        var text = piece.ToString();
        var (ends, frozen) = Symbols(text);
        var count = ends.Length;
        var starts = new int[count];
        var (next, previous) = (new int[count], new int[count]);
        for (var i = 0; i < count; i++)
            (starts[i], next[i], previous[i]) = (i == 0 ? 0 : ends[i - 1], i + 1, i - 1);
        var queue = new PriorityQueue<(int Left, int Right, int Length), (float NegativeScore, int Left)>();
        var made = new Dictionary<string, int>();
        for (var i = 1; i < count; i++)
            Offer(i - 1, i);
        while (queue.TryDequeue(out var top, out _))
        {
            // A symbol that is gone has no length.
            if (ends[top.Left] == starts[top.Left] || ends[top.Right] == starts[top.Right] || ends[top.Right] - starts[top.Left] != top.Length || next[top.Left] != top.Right)
                continue;
            ends[top.Left] = ends[top.Right];
            starts[top.Right] = ends[top.Right];
            next[top.Left] = next[top.Right];
            if (next[top.Left] < count)
                previous[next[top.Left]] = top.Left;
            Offer(previous[top.Left], top.Left);
            Offer(top.Left, next[top.Left]);
        }
        var result = new List<(int Start, int End, int Id)>();
        for (var i = 0; i < count; i = next[i])
            TakeApart(text, starts[i], ends[i], made, result);
        return Result(text, result);

        void Offer(int left, int right)
        {
            if (left < 0 || right >= count || frozen[left] || frozen[right])
                return;
            var (start, length) = (starts[left], ends[right] - starts[left]);
            if (!pieces.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text.AsSpan(start, length), out var id))
                return;
            queue.Enqueue((left, right, length), (-file.Pieces[id].Score, left));
            if (file.Pieces[id].Kind == PieceKind.Unused)
                made[file.Pieces[id].Text] = ends[left] - start;
        }
    }

    // A symbol for each character, and for each user-defined piece, which is never merged.
    private (int[] Ends, bool[] Frozen) Symbols(string text)
    {
        var (ends, frozen) = (new List<int>(text.Length), new List<bool>(text.Length));
        for (var at = 0; at < text.Length;)
        {
            var known = userDefined is null ? 0 : SentencePieceTokenizer.Longest(userDefined, text.AsSpan(at)).Length;
            at += known > 0 ? known : CharClasses.Length(CharClasses.At(text, at));
            ends.Add(at);
            frozen.Add(known > 0);
        }
        return ([.. ends], [.. frozen]);
    }

    private void TakeApart(string text, int start, int end, Dictionary<string, int> made, List<(int Start, int End, int Id)> result)
    {
        var pending = new Stack<(int Start, int End)>([(start, end)]);
        while (pending.TryPop(out var part))
        {
            var symbol = text[part.Start..part.End];
            var id = pieces.GetValueOrDefault(symbol, file.Unknown);
            if (file.Pieces[id].Kind == PieceKind.Unused && made.TryGetValue(symbol, out var cut))
            {
                pending.Push((part.Start + cut, part.End));
                pending.Push((part.Start, part.Start + cut));
            }
            else
                result.Add((part.Start, part.End, id));
        }
    }

    // A run of unknown symbols is one token, unless they become bytes.
    private PieceTokens Result(string text, List<(int Start, int End, int Id)> symbols)
    {
        var (ids, bounds) = (new List<int>(symbols.Count), new List<int>(2 * symbols.Count));
        foreach (var (start, end, id) in symbols)
        {
            if (id == file.Unknown && file.ByteFallback)
            {
                foreach (var b in System.Text.Encoding.UTF8.GetBytes(text, start, end - start))
                {
                    ids.Add(bytes[b] >= 0 ? bytes[b] : file.Unknown);
                    bounds.AddRange([start, end]);
                }
            }
            else if (id == file.Unknown && ids.Count > 0 && ids[^1] == id)
                bounds[^1] = end;
            else
            {
                ids.Add(id);
                bounds.AddRange([start, end]);
            }
        }
        return new PieceTokens([.. ids], [.. bounds]);
    }
}
