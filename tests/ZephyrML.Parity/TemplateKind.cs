using System.Text.Json;
using ZephyrML.Tokenizers.Tests;

namespace ZephyrML.Parity;

/// <summary>Chat templates, and the language that they are written in.</summary>
internal static class TemplateKind
{
    public static void Run(string folder, JsonElement fixture, Outcome outcome)
    {
        foreach (string? reason in TemplateReference.Cases(folder)) outcome.Case(reason);
    }

    public static void RunLanguage(string folder, JsonElement fixture, Outcome outcome)
    {
        foreach (string? reason in TemplateReference.Language(folder)) outcome.Case(reason);
    }
}
