namespace ZephyrML.LanguageModels;

/// <summary>
/// Trains a byte-level BPE tokenizer (Sennrich et al. 2016, arXiv 1508.07909, over bytes as in GPT-2): the most frequent pair of neighbouring tokens becomes a token, again
/// and again; of pairs that are equally frequent the one of the lowest ids. The same texts give the same tokenizer, whatever their order.
/// </summary>
public sealed class BpeTrainer
{
    private readonly BpeTrainerOptions options;

    /// <summary>A trainer with a copy of these options.</summary>
    /// <exception cref="ArgumentException">Options are wrong; the message lists each.</exception>
    public BpeTrainer(BpeTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        this.options = options.Copy();
    }

    /// <summary>Trains on texts. Special tokens in them are passed over.</summary>
    /// <param name="texts">The texts, read once.</param>
    /// <param name="cancellationToken">Stops the training.</param>
    /// <returns>A tokenizer whose <see cref="LanguageModelTokenizer.Save"/> writes files that Hugging Face's tokenizers and transformers load.</returns>
    public LanguageModelTokenizer Train(IEnumerable<string> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var special = options.AllSpecialTokens();
        var alphabet = ByteAlphabet.Characters.ToArray().Order().Select(c => c.ToString()).ToArray();
        var learner = new BpeLearner([.. special, .. alphabet], options.MaxTokenLength);
        foreach (var (word, count) in CountWords(texts, special, cancellationToken))
            learner.AddWord(word, count);
        learner.Learn(options.VocabularySize, options.MinFrequency, cancellationToken);
        var json = TokenizerJsonWriter.Write(special, learner.Tokens, learner.Merges, options.SplitDigits, options.BosToken);
        return LanguageModelTokenizer.Create(
            json, TokenizerConfig.Create(options.BosToken, options.Eos, options.PadToken, options.UnkToken, options.Template?.Jinja));
    }

    private Dictionary<string, long> CountWords(IEnumerable<string> texts, IReadOnlyList<string> special, CancellationToken cancellationToken)
    {
        var finder = new AddedTokenFinder(special.Select((text, id) => (text, new AddedToken(id, text, false, false, false, false, true))));
        var byPattern = new TextSplitter(SplitPattern.Parse(SplitPattern.Gpt2), SplitBehavior.Isolated);
        var byDigits = new TextSplitter(TextPattern.Of(CharClasses.IsNumber), SplitBehavior.Isolated);
        var counts = new Dictionary<string, long>();
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var parts = new List<(int Start, int End, AddedToken? Token)>();
        var stretches = new List<(int Start, int End)>();
        var words = new List<(int Start, int End)>();
        foreach (var text in texts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            parts.Clear();
            stretches.Clear();
            words.Clear();
            finder.Cut(text ?? throw new ArgumentException("One of the texts is null.", nameof(texts)), parts);
            foreach (var (start, end, _) in parts.Where(p => p.Token is null))
            {
                if (options.SplitDigits)
                    byDigits.Split(text, start, end, stretches);
                else
                    stretches.Add((start, end));
            }
            foreach (var (start, end) in stretches)
                byPattern.Split(text, start, end, words);
            foreach (var (start, end) in words)
                System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(lookup, text.AsSpan(start, end - start), out _)++;
        }
        return counts;
    }
}
