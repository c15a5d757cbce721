using System.Runtime.ExceptionServices;

namespace ZephyrML.LanguageModels;

/// <summary>Generates replies, several at once, with a key/value cache. For callers on several threads there is <see cref="GenerationService"/>.</summary>
public static class TextGenerator
{
    /// <summary>Continues each prompt until a stop token, a stop string or the limit.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids, at least one each.</param>
    /// <param name="options">How.</param>
    /// <param name="ct">Looked at before each token.</param>
    /// <returns>One text for each prompt, in order. A row's text does not depend on the rows it was batched with.</returns>
    /// <exception cref="ArgumentException">A prompt is empty, has ids outside the vocabulary or fills the model's longest sequence; or the options are wrong.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<GeneratedText> Generate(LanguageModel model, IReadOnlyList<int[]> prompts, GenerationOptions options, CancellationToken ct = default)
    {
        options = Checked(options);
        var texts = prompts.Select(_ => new System.Text.StringBuilder()).ToArray();
        var replies = Run(model.Network, prompts, model.StopTokenIds, options, i => new ReplyText(model.Tokenizer, options.StopStrings), (i, piece) => texts[i].Append(piece), ct);
        return [.. replies.Select((r, i) => new GeneratedText(r.Ids, texts[i].ToString(), r.Reason))];
    }

    /// <summary>Continues one prompt and gives the text as it comes: whole characters only, and all pieces together are the reply.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="options">How.</param>
    /// <param name="ct">Looked at before each token.</param>
    /// <exception cref="ArgumentException">As for <see cref="Generate(LanguageModel, IReadOnlyList{int[]}, GenerationOptions, CancellationToken)"/>; thrown when the first piece is asked for.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IEnumerable<string> Stream(LanguageModel model, int[] prompt, GenerationOptions options, CancellationToken ct = default)
    {
        options = Checked(options);
        var pieces = new Queue<string>();
        Exception? error = null;
        using var engine = new GenerationEngine(model.Network);
        engine.Add(Row(model.Network.Config, prompt, null, model.StopTokenIds, options, new ReplyText(model.Tokenizer, options.StopStrings), pieces.Enqueue, (_, e) => error = e, ct));
        while (engine.Busy)
        {
            engine.Step();
            while (pieces.TryDequeue(out var piece)) yield return piece;
            if (error is not null) ExceptionDispatchInfo.Throw(error);
        }
    }

    /// <summary>The tokens alone, for a network without tokenizer.</summary>
    internal static (int[] Ids, bool Stopped)[] Generate(CausalLM network, IReadOnlyList<int[]> prompts, IReadOnlyCollection<int> stopIds, GenerationOptions options, CancellationToken ct = default) =>
        [.. Run(network, prompts, stopIds, Checked(options), _ => null, (_, _) => { }, ct).Select(r => (r.Ids, r.Reason == FinishReason.StopToken))];

    /// <summary>Makes a row for an engine.</summary>
    /// <exception cref="ArgumentException">The prompt is empty, has ids outside the vocabulary or fills the model's longest sequence.</exception>
    internal static GenerationRow Row(ModelConfig config, int[] prompt, int? index, IReadOnlyCollection<int> stopIds, GenerationOptions options, ReplyText? text, Action<string> textCame, Action<GenerationRow, Exception?> ended, CancellationToken ct)
    {
        string name = index is null ? "The prompt" : $"Prompt {index}";
        if (prompt.Length == 0) throw new ArgumentException($"{name} is empty.", nameof(prompt));
        if (prompt.Length >= config.MaxPositionEmbeddings)
            throw new ArgumentException($"{name} has {prompt.Length} tokens, the model's longest sequence (max_position_embeddings) {config.MaxPositionEmbeddings}.", nameof(prompt));
        foreach (int id in prompt)
            if (id < 0 || id >= config.VocabSize) throw new ArgumentException($"{name} has the token id {id}, the vocabulary {config.VocabSize} tokens.", nameof(prompt));
        int limit = Math.Min(options.MaxNewTokens, config.MaxPositionEmbeddings - prompt.Length);
        return new GenerationRow(prompt, options, options.FirstRow + (index ?? 0), limit, new HashSet<int>([.. stopIds, .. options.StopTokenIds]), text, ct) { TextCame = textCame, Ended = ended };
    }

    /// <summary>A copy of the options that nobody changes.</summary>
    internal static GenerationOptions Checked(GenerationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return options.Copy();
    }

    private static (int[] Ids, FinishReason Reason)[] Run(CausalLM network, IReadOnlyList<int[]> prompts, IReadOnlyCollection<int> stopIds, GenerationOptions options, Func<int, ReplyText?> text, Action<int, string> textCame, CancellationToken ct)
    {
        var results = new (int[] Ids, FinishReason Reason)[prompts.Count];
        Exception? error = null;
        var rows = prompts.Select((prompt, i) => Row(network.Config, prompt, i, stopIds, options, text(i), piece => textCame(i, piece), (row, e) =>
        {
            error ??= e;
            results[i] = (row.Output, row.Reason);
        }, default)).ToList();
        using var engine = new GenerationEngine(network);
        foreach (var row in rows) engine.Add(row);
        while (engine.Busy)
        {
            ct.ThrowIfCancellationRequested();
            engine.Step();
            if (error is not null) ExceptionDispatchInfo.Throw(error);
        }
        return results;
    }
}
