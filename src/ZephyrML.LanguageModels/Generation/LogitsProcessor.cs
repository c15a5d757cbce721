using System.Runtime.InteropServices;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Turns logits into what is sampled from, as transformers' processors do and in their order. Sums are made in double precision and compared in float32; where tokens tie at a
/// border, the order of a stable sort decides, as there.
/// </summary>
internal sealed class LogitsProcessor(GenerationOptions options, CandidateList candidates)
{
    private readonly Dictionary<int, int> _counts = [];

    /// <summary>Changes logits by what was said so far: all that counts for greedy decoding too.</summary>
    /// <param name="logits">(V), changed in place; a token that is out gets minus infinity.</param>
    /// <param name="context">The prompt and the reply so far.</param>
    /// <param name="promptLength">How much of it is the prompt.</param>
    /// <param name="stopIds">Tokens that end the reply.</param>
    public void Adjust(Span<float> logits, ReadOnlySpan<int> context, int promptLength, IReadOnlyCollection<int> stopIds)
    {
        if (options.RepetitionPenalty != 1) PenaliseRepetition(logits, context);
        if (options.FrequencyPenalty != 0 || options.PresencePenalty != 0) PenaliseCounts(logits, context[promptLength..]);
        if (options.NoRepeatNgramSize > 0) ForbidRepeatedNgrams(logits, context);
        if (context.Length - promptLength < options.MinNewTokens)
            foreach (int id in stopIds)
                if (id < logits.Length) logits[id] = float.NegativeInfinity;
    }

    /// <summary>Fills the candidates with what sampling may take of adjusted logits.</summary>
    public void Filter(ReadOnlySpan<float> logits)
    {
        candidates.Fill(logits, (float)options.Temperature);
        if (options.TopK > 0) AtLeast(candidates.KthLargest(Math.Max(options.TopK, options.MinTokensToKeep)));
        if (options.TopP < 1) TopP();
        if (options.MinP > 0) MinP();
        if (options.TypicalP < 1) TypicalP();
        if (options.EpsilonCutoff > 0) Cutoff((float)options.EpsilonCutoff);
        if (options.EtaCutoff > 0) Cutoff((float)Math.Min(options.EtaCutoff, Math.Sqrt(options.EtaCutoff) * Math.Exp(-Entropy(candidates.Probabilities()))));
    }

    private void PenaliseRepetition(Span<float> logits, ReadOnlySpan<int> context)
    {
        float penalty = (float)options.RepetitionPenalty;
        _counts.Clear();
        foreach (int id in context)
            if (id < logits.Length && _counts.TryAdd(id, 1)) logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
    }

    private void PenaliseCounts(Span<float> logits, ReadOnlySpan<int> reply)
    {
        _counts.Clear();
        foreach (int id in reply) CollectionsMarshal.GetValueRefOrAddDefault(_counts, id, out _)++;
        foreach (var (id, count) in _counts) logits[id] -= (float)(options.FrequencyPenalty * count + options.PresencePenalty);
    }

    private void ForbidRepeatedNgrams(Span<float> logits, ReadOnlySpan<int> context)
    {
        int n = options.NoRepeatNgramSize;
        if (context.Length + 1 < n) return;
        var last = context[(context.Length - (n - 1))..];
        for (int i = 0; i + n <= context.Length; i++)
            if (context.Slice(i, n - 1).SequenceEqual(last) && context[i + n - 1] < logits.Length) logits[context[i + n - 1]] = float.NegativeInfinity;
    }

    private void AtLeast(float least)
    {
        var x = candidates.Logits.ToArray();
        candidates.Keep(i => x[i] >= least);
    }

    // From the least likely upwards, all goes that together has at most 1 − p; of equals, lower ids first.
    private void TopP()
    {
        float[] p = candidates.Probabilities().ToArray(), x = candidates.Logits.ToArray();
        float limit = (float)(1 - options.TopP), surely = limit / p.Length;      // so many as unlikely as this cannot reach the limit together: they need no sorting
        if (p.Count(q => q >= surely) < options.MinTokensToKeep) surely = 0;
        double sum = p.Where(q => q < surely).Sum(q => (double)q);
        var gone = new bool[p.Length];
        for (int i = 0; i < p.Length; i++) gone[i] = p[i] < surely;
        var order = candidates.Sorted(i => x[i], i => !gone[i]);
        for (int i = 0; i < order.Length - options.MinTokensToKeep; i++)
        {
            sum += p[order[i]];
            if ((float)sum > limit) break;
            gone[order[i]] = true;
        }
        candidates.Keep(i => !gone[i]);
    }

    private void MinP()
    {
        if (candidates.Count == 0) return;
        float[] p = candidates.Probabilities().ToArray(), x = candidates.Logits.ToArray();
        float limit = (float)options.MinP * p.Max();
        var kept = options.MinTokensToKeep > 1 ? Kept(candidates.Sorted(i => -x[i])) : [];      // the likeliest passes anyway
        candidates.Keep(i => p[i] >= limit || kept.Contains(i));
    }

    private void TypicalP()
    {
        if (candidates.Count == 0) return;
        float[] p = candidates.Probabilities().ToArray(), x = candidates.Logits.ToArray();
        double entropy = Entropy(p), logSum = x.Max() - Math.Log(p.Max());
        float[] off = [.. x.Select(logit => (float)Math.Abs(logSum - logit - entropy))];
        var order = candidates.Sorted(i => off[i]);
        int last = 0;
        for (double sum = p[order[0]]; last < order.Length - 1 && (float)sum < (float)options.TypicalP; sum += p[order[last]]) last++;
        float most = off[order[last]];
        var kept = Kept(order);
        candidates.Keep(i => off[i] <= most || kept.Contains(i));
    }

    private void Cutoff(float least)
    {
        float[] p = candidates.Probabilities().ToArray(), x = candidates.Logits.ToArray();
        float top = candidates.KthLargest(options.MinTokensToKeep);
        candidates.Keep(i => p[i] >= least || x[i] >= top);
    }

    private HashSet<int> Kept(ReadOnlySpan<int> order) => [.. order[..Math.Min(options.MinTokensToKeep, order.Length)]];

    private static double Entropy(ReadOnlySpan<float> p)
    {
        double sum = 0;
        foreach (float q in p)
            if (q > 0) sum -= q * Math.Log(q);
        return sum;
    }
}
