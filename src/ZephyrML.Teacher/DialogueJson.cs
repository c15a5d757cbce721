using System.Text.Encodings.Web;
using System.Text.Json;

namespace ZephyrML.Teacher;

/// <summary>Dialogues as JSON: an array of {"role": …, "content": …}, as in the column Messages and in OpenAI's files.</summary>
public static class DialogueJson
{
    internal static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The JSON text of a dialogue, on one line.</summary>
    public static string Write(Dialogue dialogue)
    {
        ArgumentNullException.ThrowIfNull(dialogue);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, WriterOptions))
            Write(writer, dialogue);
        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>Reads a dialogue.</summary>
    /// <exception cref="FormatException">The text is no JSON array of objects with a role (system, user, assistant) and a content; the message says which turn is wrong.</exception>
    public static Dialogue Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new FormatException($"A dialogue must be a JSON array of {{role, content}}; this is no JSON: {e.Message}", e);
        }
    }

    internal static void Write(Utf8JsonWriter writer, Dialogue dialogue)
    {
        writer.WriteStartArray();
        foreach (var turn in dialogue.Turns)
        {
            writer.WriteStartObject();
            writer.WriteString("role", turn.Role);
            writer.WriteString("content", turn.Content);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    internal static Dialogue Parse(JsonElement array)
    {
        if (array.ValueKind != JsonValueKind.Array)
            throw new FormatException($"A dialogue must be a JSON array of {{role, content}}, not {array.ValueKind}.");
        var turns = new List<DialogueTurn>();
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object || Text(item, "role") is not { } role || Text(item, "content") is not { } content)
                throw new FormatException($"Turn {turns.Count} of a dialogue must be an object with the texts role and content.");
            if (role is not ("system" or "user" or "assistant"))
                throw new FormatException($"Turn {turns.Count} of a dialogue has the role '{role}'; known are system, user and assistant.");
            turns.Add(new(role, content));
        }
        return new(turns);
    }

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
