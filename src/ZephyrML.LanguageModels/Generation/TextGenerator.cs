using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Generates replies, several at once, with a key/value cache.</summary>
public static class TextGenerator
{
    /// <summary>Continues each prompt until a stop token or the limit.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids, at least one each.</param>
    /// <param name="options">How.</param>
    /// <param name="ct">Looked at before each token.</param>
    /// <returns>One text for each prompt, in order. A row's text does not depend on the rows it was batched with.</returns>
    /// <exception cref="ArgumentException">A prompt is empty, has ids outside the vocabulary or fills the model's longest sequence; or the options are wrong.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<GeneratedText> Generate(LanguageModel model, IReadOnlyList<int[]> prompts, GenerationOptions options, CancellationToken ct = default)
    {
        var ids = Generate(model.Network, prompts, model.StopTokenIds, options, ct);
        return [.. ids.Select(r => new GeneratedText(r.Ids, model.Tokenizer.Decode(r.Ids), r.Stopped))];
    }

    /// <summary>The same for a network without tokenizer.</summary>
    internal static (int[] Ids, bool Stopped)[] Generate(CausalLM network, IReadOnlyList<int[]> prompts, IReadOnlyCollection<int> stopIds, GenerationOptions options, CancellationToken ct = default)
    {
        options.Validate();
        Check(prompts, network.Config);
        var results = new (int[] Ids, bool Stopped)[prompts.Count];
        var candidates = new CandidateList();
        stopIds = [.. stopIds, .. options.StopTokenIds];
        // Rows of like length together: little padding, and rows that end alike.
        int[] order = [.. Enumerable.Range(0, prompts.Count).OrderBy(i => prompts[i].Length)];
        // Where frequencies depend on the longest row of a batch, each row is a batch of its own, so that its text depends on it alone.
        foreach (int[] batch in order.Chunk(network.Config.DependsOnLength ? 1 : options.BatchSize))
        {
            var rows = batch.Select(i => new Row(i, prompts[i], Limit(prompts[i].Length, network.Config, options), new TokenSampler(options, options.FirstRow + i, candidates))).ToList();
            foreach (var row in rows) results[row.Index] = ([], false);
            foreach (var row in Run(network, rows, stopIds, options, ct)) results[row.Index] = ([.. row.Output], row.Stopped);
        }
        return results;
    }

    private static List<Row> Run(CausalLM network, List<Row> rows, IReadOnlyCollection<int> stopIds, GenerationOptions options, CancellationToken ct)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var finished = new List<Row>();
        int width = rows.Max(r => r.Prompt.Length);
        KeyValueCache Cache() => new([.. rows.Select(r => (long)(width - r.Prompt.Length))], width + rows.Max(r => r.Limit), network.Config, network.DataType, network.Device);
        var cache = Cache();
        using var last = new Disposing(() => cache.Dispose());
        var next = new long[rows.Count * width];                                                 // left-padded; what stands in the padding does not matter
        for (int b = 0; b < rows.Count; b++)
            for (int i = 0; i < rows[b].Prompt.Length; i++) next[(b + 1) * width - rows[b].Prompt.Length + i] = rows[b].Prompt[i];

        while (rows.Count > 0)
        {
            ct.ThrowIfCancellationRequested();
            int[] tokens = Step(network, cache, next, rows, stopIds);
            for (int b = 0; b < rows.Count; b++) rows[b].Take(tokens[b], stopIds);
            int[] going = [.. Enumerable.Range(0, rows.Count).Where(b => !rows[b].Done)];
            if (going.Length < rows.Count)
            {
                finished.AddRange(rows.Where(r => r.Done));
                rows = [.. going.Select(b => rows[b])];
                if (rows.Count > 0) cache.Keep(going);
            }
            next = [.. going.Select(b => (long)tokens[b])];
            if (rows.Count > 0 && network.RotaryRegime(cache.Length) != network.RotaryRegime(cache.Length + 1))
            {
                // Other frequencies from here on: keys that were rotated by the old ones are of no use.
                cache.Dispose();
                cache = Cache();
                next = [.. rows.Single().Prompt.Concat(rows.Single().Output).Select(id => (long)id)];
            }
        }
        return finished;
    }

    // Feeds the ids (B, T) and picks each row's next token from the logits of the last position, the only ones computed.
    private static int[] Step(CausalLM network, KeyValueCache cache, long[] ids, List<Row> rows, IReadOnlyCollection<int> stopIds)
    {
        using var scope = NewDisposeScope();
        long T = ids.Length / rows.Count;
        var hidden = network.Hidden(tensor(ids, [rows.Count, T]).to(network.Device), cache);     // (B, T, C)
        cache.Advance(T);
        var logits = network.Logits(hidden.select(1, T - 1));                      // (B, V)
        var values = MemoryMarshal.Cast<byte, float>(logits.to(ScalarType.Float32).cpu().contiguous().bytes);
        int V = network.Config.VocabSize;
        var tokens = new int[rows.Count];
        for (int b = 0; b < tokens.Length; b++) tokens[b] = rows[b].Sampler.Next(values.Slice(b * V, V), rows[b].Context, rows[b].Prompt.Length, stopIds);
        return tokens;
    }

    private static int Limit(int promptLength, ModelConfig config, GenerationOptions options) => Math.Min(options.MaxNewTokens, config.MaxPositionEmbeddings - promptLength);

    private static void Check(IReadOnlyList<int[]> prompts, ModelConfig config)
    {
        for (int i = 0; i < prompts.Count; i++)
        {
            if (prompts[i].Length == 0) throw new ArgumentException($"Prompt {i} is empty.", nameof(prompts));
            if (prompts[i].Length >= config.MaxPositionEmbeddings)
                throw new ArgumentException($"Prompt {i} has {prompts[i].Length} tokens, the model's longest sequence (max_position_embeddings) {config.MaxPositionEmbeddings}.", nameof(prompts));
            foreach (int id in prompts[i])
                if (id < 0 || id >= config.VocabSize) throw new ArgumentException($"Prompt {i} has the token id {id}, the vocabulary {config.VocabSize} tokens.", nameof(prompts));
        }
    }

    private sealed class Disposing(Action dispose) : IDisposable
    {
        public void Dispose() => dispose();
    }

    private sealed class Row(int index, int[] prompt, int limit, TokenSampler sampler)
    {
        public int Index => index;
        public int[] Prompt => prompt;
        public int Limit => limit;
        public TokenSampler Sampler => sampler;
        public List<int> Output { get; } = [];
        public ReadOnlySpan<int> Context => new int[][] { prompt, [.. Output] }.SelectMany(x => x).ToArray();
        public bool Stopped { get; private set; }
        public bool Done => Stopped || Output.Count >= limit;

        public void Take(int token, IReadOnlyCollection<int> stopIds)
        {
            if (token < 0 || stopIds.Contains(token)) Stopped = true;
            else Output.Add(token);
        }
    }
}
