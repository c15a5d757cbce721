using System.Text.RegularExpressions;

namespace ZephyrML.Teacher;

/// <summary>One of MT-Bench's judge prompts.</summary>
/// <param name="Name">Its name, as in judge_prompts.jsonl.</param>
/// <param name="System">The system message.</param>
/// <param name="Template">The user message with {places}.</param>
internal sealed partial record MtBenchPrompt(string Name, string System, string Template)
{
    /// <summary>Fills the places in one pass, so that braces in an answer stay what they are.</summary>
    /// <exception cref="InvalidDataException">The template has a place for which there is nothing.</exception>
    public string Render(IReadOnlyDictionary<string, string> values) => Place().Replace(Template, match => values.TryGetValue(match.Groups[1].Value, out var value)
        ? value
        : throw new InvalidDataException($"Judge prompt '{Name}' has a place {match.Value}, for which there is nothing; known are {string.Join(", ", values.Keys)}."));

    [GeneratedRegex(@"\{([a-z_]+[0-9]?)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Place();
}
