using System.Globalization;

namespace ZephyrML.Fitting;

/// <summary>What can be wrong with the options that both trainers have about their student.</summary>
internal static class StudentOptionProblems
{
    public static IEnumerable<string> Of(int maxNewTokens, double temperature, int replyBatchSize, string? template, params (string Option, string? Column)[] columns)
    {
        if (maxNewTokens < 1)
            yield return $"MaxNewTokens must be greater than 0, not {maxNewTokens}.";
        if (!double.IsFinite(temperature) || temperature < 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"Temperature must be a finite number of at least 0, not {temperature}.");
        if (replyBatchSize is < 1 or > 512)
            yield return $"ReplyBatchSize must be between 1 and 512, not {replyBatchSize}.";
        if (template is not null && Known(template) is { } problem)
            yield return $"ChatTemplate: {problem}";
        foreach (var (option, column) in columns)
        {
            if (string.IsNullOrWhiteSpace(column))
                yield return $"{option} must name a column.";
        }
    }

    /// <summary>What can be wrong with the options of an adapter, and of what it is laid on.</summary>
    public static IEnumerable<string> OfAdapter(LanguageModels.LoraOptions? adapter, LanguageModels.Nf4Options? quantization)
    {
        foreach (var problem in Messages(() => adapter?.Validate()).Concat(Messages(() => quantization?.Validate())))
            yield return problem;

        static IEnumerable<string> Messages(Action validate)
        {
            try
            {
                validate();
                return [];
            }
            catch (ArgumentException e)
            {
                return [e.Message];
            }
        }
    }

    /// <summary>What is wrong with a Generation option, and what is said beside it a second time.</summary>
    public static IEnumerable<string> Of(LanguageModels.GenerationOptions? generation, params (string Option, bool Set)[] shorter)
    {
        if (generation is null)
            yield break;
        foreach (var fault in generation.Problems())
            yield return $"Generation: {fault}.";
        if (generation.FirstRow != 0)
            yield return $"Generation: FirstRow must be 0, not {generation.FirstRow}: a row draws by its own number.";
        foreach (var (option, set) in shorter)
        {
            if (set)
                yield return $"{option} and Generation are both set: say it in Generation.";
        }
    }

    private static string? Known(string template)
    {
        try
        {
            LanguageModels.ChatTemplate.Get(template);
            return null;
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }
}
