namespace ZephyrML.LanguageModels;

/// <summary>The tokens that may still be taken: ids in ascending order, their logits, and probabilities once asked for. Made anew for each token in arrays that stay, for one thread at a time.</summary>
internal sealed class CandidateList
{
    private int[] _ids = [], _order = [];
    private float[] _x = [], _p = [], _keys = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Their ids.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>Their logits.</summary>
    public ReadOnlySpan<float> Logits => _x.AsSpan(0, Count);

    /// <summary>Takes up all tokens whose logit is above minus infinity, each logit divided by the temperature.</summary>
    /// <exception cref="InvalidOperationException">A logit is not a number.</exception>
    public void Fill(ReadOnlySpan<float> logits, float temperature)
    {
        if (_ids.Length < logits.Length)
        {
            (_ids, _order) = (new int[logits.Length], new int[logits.Length]);
            (_x, _p, _keys) = (new float[logits.Length], new float[logits.Length], new float[logits.Length]);
        }
        int n = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            float x = logits[i];
            if (float.IsNegativeInfinity(x)) continue;
            if (float.IsNaN(x)) throw NotANumber();
            (_ids[n], _x[n++]) = (i, x / temperature);
        }
        Count = n;
    }

    public static InvalidOperationException NotANumber() => new("The model's logits are not numbers (NaN): its weights are broken, or their type is too small for what it computes.");

    /// <summary>Their probabilities among one another.</summary>
    public ReadOnlySpan<float> Probabilities()
    {
        float max = Max();
        double sum = 0;
        for (int i = 0; i < Count; i++) sum += _p[i] = MathF.Exp(_x[i] - max);
        float total = (float)sum;
        for (int i = 0; i < Count; i++) _p[i] /= total;
        return _p.AsSpan(0, Count);
    }

    /// <summary>Leaves those that a test on their place in the list lets pass.</summary>
    public void Keep(Func<int, bool> passes)
    {
        int n = 0;
        for (int i = 0; i < Count; i++)
            if (passes(i)) (_ids[n], _x[n++]) = (_ids[i], _x[i]);
        Count = n;
    }

    /// <summary>The k-th largest logit; of fewer, the smallest.</summary>
    public float KthLargest(int k)
    {
        if (k >= Count) return Min();
        Logits.CopyTo(_keys);
        int low = 0, high = Count - 1, wanted = Count - k;      // its place in ascending order
        while (low < high)
        {
            float pivot = _keys[low + (high - low) / 2];
            int i = low, j = high;
            while (i <= j)
            {
                while (_keys[i] < pivot) i++;
                while (_keys[j] > pivot) j--;
                if (i <= j) (_keys[i], _keys[j]) = (_keys[j--], _keys[i++]);
            }
            if (wanted <= j) high = j;
            else if (wanted >= i) low = i;
            else break;
        }
        return _keys[wanted];
    }

    /// <summary>Places in the list in ascending order of a key; those of equal keys in order of their ids.</summary>
    /// <param name="keyOf">The key of a place.</param>
    /// <param name="only">Which places are sorted; null: all.</param>
    public ReadOnlySpan<int> Sorted(Func<int, float> keyOf, Func<int, bool>? only = null)
    {
        int n = 0;
        for (int i = 0; i < Count; i++)
            if (only is null || only(i)) (_order[n], _keys[n++]) = (i, keyOf(i));
        Array.Sort(_keys, _order, 0, n);
        for (int i = 0; i < n;)      // Array.Sort is not stable: runs of equals are put in order
        {
            int j = i + 1;
            while (j < n && _keys[j] == _keys[i]) j++;
            if (j - i > 1) Array.Sort(_order, i, j - i);
            i = j;
        }
        return _order.AsSpan(0, n);
    }

    /// <summary>The token at <paramref name="u"/> in [0, 1) of the probabilities laid side by side; -1 where there is none.</summary>
    public int Draw(double u)
    {
        if (Count == 0) return -1;
        var p = Probabilities();
        double sum = 0;
        foreach (float x in p) sum += x;
        double at = u * sum;
        int last = 0;
        for (int i = 0; i < p.Length; i++)
        {
            if (p[i] == 0) continue;
            last = i;
            if ((at -= p[i]) < 0) break;
        }
        return _ids[last];
    }

    private float Max()
    {
        float max = float.NegativeInfinity;
        foreach (float x in Logits) max = Math.Max(max, x);
        return max;
    }

    private float Min()
    {
        float min = float.PositiveInfinity;
        foreach (float x in Logits) min = Math.Min(min, x);
        return min;
    }
}
