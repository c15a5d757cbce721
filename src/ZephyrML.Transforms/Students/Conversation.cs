using ZephyrML.LanguageModels;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Students;

/// <summary>What a row asks: its Messages where it has any, else its Prompt.</summary>
internal static class Conversation
{
    /// <summary>The turns that a reply follows: the last is the user's. Null where the row asks nothing.</summary>
    public static IReadOnlyList<ChatTurn>? Context(string prompt, string messages, string? systemPrompt, long row)
    {
        var turns = Turns(prompt, messages, systemPrompt, row);
        while (turns.Count > 0 && turns[^1].Role == "assistant")
            turns.RemoveAt(turns.Count - 1);
        return turns.Any(turn => turn.Role == "user") ? turns : null;
    }

    /// <summary>A whole dialogue to train on: Messages, with the response after them where they end with the user's turn; else Prompt and response. Null where nobody answers.</summary>
    public static IReadOnlyList<ChatTurn>? Dialogue(string prompt, string messages, string response, string? systemPrompt, long row)
    {
        var turns = Turns(prompt, messages, systemPrompt, row);
        if (turns.Count > 0 && turns[^1].Role == "user" && response.Length > 0)
            turns.Add(new ChatTurn("assistant", response));
        return turns.Any(turn => turn.Role == "user") && turns[^1].Role == "assistant" ? turns : null;
    }

    private static List<ChatTurn> Turns(string prompt, string messages, string? systemPrompt, long row)
    {
        List<ChatTurn> turns;
        if (messages.Length > 0)
            turns = Parse(messages, row);
        else if (prompt.Length > 0)
            turns = [new ChatTurn("user", prompt)];
        else
            return [];
        if (!string.IsNullOrEmpty(systemPrompt) && turns.All(turn => turn.Role != "system"))
            turns.Insert(0, new ChatTurn("system", systemPrompt));
        return turns;
    }

    private static List<ChatTurn> Parse(string messages, long row)
    {
        try
        {
            return [.. DialogueJson.Parse(messages).Turns.Select(turn => new ChatTurn(turn.Role, turn.Content))];
        }
        catch (Exception e) when (e is FormatException or System.Text.Json.JsonException or ArgumentException)
        {
            throw new FormatException($"Row {row}, column '{ZephyrColumns.Messages}': {e.Message}", e);
        }
    }
}
