using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Teachers;

/// <summary>Reads the Messages of a row.</summary>
internal static class Dialogues
{
    /// <summary>The turns that an answer continues: up to the user's last; null where the row has no dialogue.</summary>
    public static IReadOnlyList<DialogueTurn>? Context(string messages, long row, string column)
    {
        if (messages.Length == 0)
            return null;
        try
        {
            var turns = DialogueJson.Parse(messages).Turns.ToList();
            while (turns.Count > 0 && turns[^1].Role == "assistant")
                turns.RemoveAt(turns.Count - 1);
            return turns.Any(turn => turn.Role == "user") ? turns : null;
        }
        catch (FormatException e)
        {
            throw new FormatException($"Row {row}, column '{column}': {e.Message}", e);
        }
    }
}
