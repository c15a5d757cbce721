namespace ZephyrML.LanguageModels;

/// <summary>Trains a byte-level BPE tokenizer.</summary>
public sealed class BpeTrainer
{
    private readonly BpeTrainerOptions options;

    /// <summary>A trainer with these options.</summary>
    public BpeTrainer(BpeTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        this.options = options.Copy();
    }

    /// <summary>Trains on texts.</summary>
    public LanguageModelTokenizer Train(IEnumerable<string> texts) => throw new NotImplementedException(options.ToString());
}
