using System.Globalization;

namespace ZephyrML.LanguageModels;

/// <summary>How text is generated. Names, meanings and order of effect are those of transformers' <c>generate</c>; what it lacks is said to be of OpenAI's protocol.</summary>
/// <remarks>
/// Always: repetition penalty, frequency and presence penalty, no-repeat-ngram, the least number of tokens. Only where it is sampled (<see cref="Temperature"/> above 0), in this order:
/// temperature, top-k, top-p, min-p, typical-p, epsilon cutoff, eta cutoff.
/// </remarks>
public sealed class GenerationOptions
{
    /// <summary>At most so many tokens a reply. Default 256. A reply also ends where the model's longest sequence does.</summary>
    public int MaxNewTokens { get; set; } = 256;

    /// <summary>No token that ends a reply is taken before so many others. Default 0.</summary>
    public int MinNewTokens { get; set; }

    /// <summary>Logits are divided by this before sampling; 0, the default, takes the best token (greedy).</summary>
    public double Temperature { get; set; }

    /// <summary>Sample only from so many tokens, the likeliest, and those that are as likely as the last of them; 0, the default: from all.</summary>
    public int TopK { get; set; }

    /// <summary>Sample only from the likeliest tokens that together have this probability. Default 1: from all. (Holtzman et al. 2020, section 3.1)</summary>
    public double TopP { get; set; } = 1;

    /// <summary>Sample only from tokens at least this share as likely as the likeliest. Default 0: from all. (Nguyen et al. 2024, equation 2)</summary>
    public double MinP { get; set; }

    /// <summary>Sample only from the tokens whose surprise is closest to the expected one and that together have this probability. Default 1: from all. (Meister et al. 2023, equation 7)</summary>
    public double TypicalP { get; set; } = 1;

    /// <summary>Sample only from tokens of at least this probability. Default 0: from all. (Hewitt et al. 2022, section 4)</summary>
    public double EpsilonCutoff { get; set; }

    /// <summary>As <see cref="EpsilonCutoff"/>, lowered where the distribution is flat: min(η, √η · exp(−entropy)). Default 0: from all. (Hewitt et al. 2022, section 4)</summary>
    public double EtaCutoff { get; set; }

    /// <summary>How many of the likeliest tokens each of the filters above leaves at least. Default 1.</summary>
    public int MinTokensToKeep { get; set; } = 1;

    /// <summary>Logits of tokens that the prompt or the reply has are divided by this where positive, multiplied where negative. Default 1: none. (Keskar et al. 2019, equation 2)</summary>
    public double RepetitionPenalty { get; set; } = 1;

    /// <summary>OpenAI's: subtracted from a token's logit for each time that the reply has it. Default 0.</summary>
    public double FrequencyPenalty { get; set; }

    /// <summary>OpenAI's: subtracted from a token's logit where the reply has it. Default 0.</summary>
    public double PresencePenalty { get; set; }

    /// <summary>No run of so many tokens, prompt included, comes a second time; 0, the default: any may.</summary>
    public int NoRepeatNgramSize { get; set; }

    /// <summary>Tokens that end a reply besides the model's own (<see cref="LanguageModel.StopTokenIds"/>). Default none.</summary>
    public IReadOnlyList<int> StopTokenIds { get; set; } = [];

    /// <summary>Texts that end a reply, wherever token boundaries are: what stands before one is given, nothing after. Default none.</summary>
    public IReadOnlyList<string> StopStrings { get; set; } = [];

    /// <summary>Seed of sampling. Each row has a stream of its own, from the seed and the row's number, so its text does not depend on the batch. Default 0.</summary>
    public long Seed { get; set; }

    /// <summary>The number of the first prompt, for callers that generate one list in several calls. Default 0.</summary>
    public long FirstRow { get; set; }

    /// <summary>How many prompts are generated at once; where one ends, the next one takes its place. Default 16.</summary>
    public int BatchSize { get; set; } = 16;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate()
    {
        var faults = Problems();
        if (faults.Count > 0) throw new ArgumentException($"{nameof(GenerationOptions)}: {string.Join("; ", faults)}.");
    }

    /// <summary>The same values in an object of its own.</summary>
    public GenerationOptions Copy()
    {
        var copy = (GenerationOptions)MemberwiseClone();
        copy.StopTokenIds = [.. StopTokenIds ?? []];
        copy.StopStrings = [.. StopStrings ?? []];
        return copy;
    }

    /// <summary>What is wrong with the values, each in a few words; empty where nothing is.</summary>
    public IReadOnlyList<string> Problems() => [.. Faults()];

    private IEnumerable<string> Faults()
    {
        if (MaxNewTokens < 1) yield return $"{nameof(MaxNewTokens)} is {MaxNewTokens}, expected at least 1";
        if (MinNewTokens < 0 || MinNewTokens > MaxNewTokens) yield return $"{nameof(MinNewTokens)} is {MinNewTokens}, expected 0 to {nameof(MaxNewTokens)} ({MaxNewTokens})";
        if (TopK < 0) yield return $"{nameof(TopK)} is {TopK}, expected 0 (off) or more";
        if (MinTokensToKeep < 1) yield return $"{nameof(MinTokensToKeep)} is {MinTokensToKeep}, expected at least 1";
        if (NoRepeatNgramSize < 0) yield return $"{nameof(NoRepeatNgramSize)} is {NoRepeatNgramSize}, expected 0 (off) or more";
        if (BatchSize < 1) yield return $"{nameof(BatchSize)} is {BatchSize}, expected at least 1";
        if (Outside(Temperature, Temperature >= 0)) yield return Wrong(nameof(Temperature), Temperature, "0 (greedy) or more");
        if (Outside(TopP, TopP is >= 0 and <= 1)) yield return Wrong(nameof(TopP), TopP, "0 to 1 (off)");
        if (Outside(MinP, MinP is >= 0 and <= 1)) yield return Wrong(nameof(MinP), MinP, "0 (off) to 1");
        if (Outside(TypicalP, TypicalP is > 0 and <= 1)) yield return Wrong(nameof(TypicalP), TypicalP, "above 0 and at most 1 (off)");
        if (Outside(EpsilonCutoff, EpsilonCutoff is >= 0 and < 1)) yield return Wrong(nameof(EpsilonCutoff), EpsilonCutoff, "0 (off) or more, below 1");
        if (Outside(EtaCutoff, EtaCutoff is >= 0 and < 1)) yield return Wrong(nameof(EtaCutoff), EtaCutoff, "0 (off) or more, below 1");
        if (Outside(RepetitionPenalty, RepetitionPenalty > 0)) yield return Wrong(nameof(RepetitionPenalty), RepetitionPenalty, "above 0 (1: off)");
        if (!double.IsFinite(FrequencyPenalty)) yield return Wrong(nameof(FrequencyPenalty), FrequencyPenalty, "a finite number (0: off)");
        if (!double.IsFinite(PresencePenalty)) yield return Wrong(nameof(PresencePenalty), PresencePenalty, "a finite number (0: off)");
        if (StopTokenIds is null || StopTokenIds.Any(id => id < 0)) yield return $"{nameof(StopTokenIds)} {(StopTokenIds is null ? "is null" : "has a negative id")}, expected token ids";
        if (StopStrings is null || StopStrings.Any(string.IsNullOrEmpty)) yield return $"{nameof(StopStrings)} {(StopStrings is null ? "is null" : "has an empty text")}, expected texts of at least one character";
    }

    private static bool Outside(double value, bool inside) => !inside || !double.IsFinite(value);

    private static string Wrong(string name, double value, string expected) => string.Create(CultureInfo.InvariantCulture, $"{name} is {value}, expected {expected}");
}
