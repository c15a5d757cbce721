using System.Numerics;
using System.Runtime.InteropServices;

namespace ZephyrML.LanguageModels;

/// <summary>Takes the next token of one row from its logits, by a stream of random numbers of the row's own.</summary>
/// <param name="options">How.</param>
/// <param name="row">The row's number.</param>
/// <param name="candidates">Room to work in; rows of one thread may share it.</param>
internal sealed class TokenSampler(GenerationOptions options, long row, CandidateList candidates)
{
    private readonly CounterRandom _random = new(options.Seed, row);
    private readonly LogitsProcessor _processor = new(options, candidates);

    /// <summary>The next token; -1 where the processors leave none.</summary>
    /// <param name="logits">(V); changed.</param>
    /// <param name="context">The prompt and the reply so far.</param>
    /// <param name="promptLength">How much of it is the prompt.</param>
    /// <param name="stopIds">Tokens that end the reply.</param>
    /// <exception cref="InvalidOperationException">A logit is not a number.</exception>
    public int Next(Span<float> logits, ReadOnlySpan<int> context, int promptLength, IReadOnlyCollection<int> stopIds)
    {
        _processor.Adjust(logits, context, promptLength, stopIds);
        if (options.Temperature == 0) return Best(logits);
        _processor.Filter(logits);
        return candidates.Draw(_random.NextDouble(context.Length - promptLength));
    }

    // The first of the best.
    private static int Best(ReadOnlySpan<float> logits)
    {
        float max = float.NegativeInfinity;
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        var most = new Vector<float>(max);
        foreach (var v in vectors) most = Vector.Max(most, v);
        for (int i = 0; i < Vector<float>.Count; i++) max = Math.Max(max, most[i]);
        foreach (float x in logits[(vectors.Length * Vector<float>.Count)..]) max = Math.Max(max, x);
        if (float.IsNaN(max)) throw CandidateList.NotANumber();
        return float.IsNegativeInfinity(max) ? -1 : logits.IndexOf(max);
    }
}
