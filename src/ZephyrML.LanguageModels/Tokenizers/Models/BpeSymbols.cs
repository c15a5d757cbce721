namespace ZephyrML.LanguageModels;

/// <summary>The symbols of a piece before anything is merged: a token for each character, or what stands for it.</summary>
internal ref struct BpeSymbols(int capacity)
{
    public int[] Ids = new int[capacity];
    public int[] Starts = new int[capacity];
    public int[] Ends = new int[capacity];
    public int Count;
    private int[]? _lengths;

    /// <summary>Adds a symbol that stands for piece[start..end] but counts as so many bytes where places are dealt out: one of several byte tokens of a character, or an unknown token with others inside.</summary>
    public void Add(int id, int start, int end, int bytes)
    {
        Add(id, start, end);
        if (_lengths is null || _lengths.Length < Ids.Length)
            Array.Resize(ref _lengths, Ids.Length);
        _lengths[Count - 1] = bytes;
    }

    /// <summary>Adds a symbol for piece[start..end].</summary>
    public void Add(int id, int start, int end)
    {
        if (Count == Ids.Length)
        {
            var more = Math.Max(8, 2 * Count);
            Array.Resize(ref Ids, more);
            Array.Resize(ref Starts, more);
            Array.Resize(ref Ends, more);
        }
        (Ids[Count], Starts[Count], Ends[Count]) = (id, start, end);
        Count++;
    }

    /// <summary>Puts the symbols one behind the other, as the tokenizers library does where characters were left out: lengths count, in bytes, and places do not.</summary>
    public readonly void CloseGaps(ReadOnlySpan<char> piece)
    {
        var units = new List<(int Start, int End)>(piece.Length);
        for (var i = 0; i < piece.Length;)
        {
            var codePoint = CharClasses.At(piece, i);
            for (var bytes = Utf8Length(codePoint); bytes > 0; bytes--)
                units.Add((i, i + CharClasses.Length(codePoint)));
            i += CharClasses.Length(codePoint);
        }
        var at = 0;
        for (var i = 0; i < Count; i++)
        {
            var length = _lengths is not null && i < _lengths.Length && _lengths[i] > 0 ? _lengths[i] : System.Text.Encoding.UTF8.GetByteCount(piece[Starts[i]..Ends[i]]);
            (Starts[i], Ends[i]) = (units[at].Start, units[at + length - 1].End);
            at += length;
        }
    }

    private static int Utf8Length(int codePoint) => codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}
