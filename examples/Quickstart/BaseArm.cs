using WeatherDesk;
using ZephyrML.LanguageModels;

namespace Quickstart;

/// <summary>What the base model says before anything is taught: it has never seen a chat.</summary>
internal static class BaseArm
{
    public static IReadOnlyList<string> Replies(string folder, IReadOnlyList<WeatherPrompt> prompts)
    {
        using var model = LanguageModel.Load(folder);
        var ids = prompts.Select(p => ChatTokenizer.EncodePrompt(model.Tokenizer, model.Template, [new ChatTurn("user", p.Text)])).ToList();
        return [.. TextGenerator.Generate(model, ids, new() { MaxNewTokens = 64, BatchSize = 32 }).Select(g => g.Text)];
    }
}
