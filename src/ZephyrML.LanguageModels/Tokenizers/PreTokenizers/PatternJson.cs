using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the pattern of a Split or Replace: <c>{"String": …}</c> or <c>{"Regex": …}</c>.</summary>
internal static class PatternJson
{
    public static TextPattern Read(JsonElement section, string where)
    {
        if (section.TryGetProperty("pattern", out var pattern) && pattern.ValueKind == JsonValueKind.Object)
        {
            if (TokenizerJson.Text(pattern, "Regex") is { } regex)
                return SplitPattern.Parse(regex);
            if (TokenizerJson.Text(pattern, "String") is { } plain)
                return TextPattern.Of(plain);
        }
        throw new InvalidDataException($"{TokenizerJson.FileName}: the pattern of the {where} is missing; expected {{\"String\": …}} or {{\"Regex\": …}}.");
    }
}
