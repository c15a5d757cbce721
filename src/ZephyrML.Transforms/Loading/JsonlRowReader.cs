using System.Text.Json;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Loading;

/// <summary>Turns one JSON object into a row, whichever of the field's shapes it has:
/// our own columns, OpenAI's <c>messages</c>, ShareGPT's <c>conversations</c>, Alpaca's <c>instruction/input/output</c>, <c>prompt/completion</c>,
/// preferences (<c>prompt/chosen/rejected</c>, as texts or as messages) and UltraFeedback (<c>instruction/completions</c>, <c>prompt/candidates</c>).</summary>
internal sealed class JsonlRowReader(JsonlOptions options)
{
    private const string Known = "known shapes: messages; conversations; instruction/output; prompt with response, completion, chosen and rejected, or candidates; instruction/completions";

    /// <summary>Reads a row.</summary>
    /// <exception cref="FormatException">The object has no known shape, or a field has the wrong type; the message names the field.</exception>
    public JsonlRow Read(JsonElement line)
    {
        if (line.ValueKind != JsonValueKind.Object) throw new FormatException($"expected a JSON object, found {line.ValueKind}");
        var row = new JsonlRow();
        ReadDialogue(line, row);
        ReadTexts(line, row);
        ReadPreference(line, row);
        ReadCandidates(line, row);
        if (!row.Present().Any()) throw new FormatException($"the fields {string.Join(", ", line.EnumerateObject().Select(p => p.Name))} make no known shape; {Known}");
        return row;
    }

    private static void ReadDialogue(JsonElement line, JsonlRow row)
    {
        if (Field(line, "messages") is { } messages)
            SetDialogue(row, messages.ValueKind == JsonValueKind.String ? DialogueJson.Parse(messages.GetString()!) : Dialogue(messages, "messages", "role", "content"));
        else if (Field(line, "conversations") is { } conversations)
            SetDialogue(row, Dialogue(conversations, "conversations", "from", "value"));
    }

    private static void SetDialogue(JsonlRow row, Dialogue dialogue)
    {
        row.Messages = DialogueJson.Write(dialogue);
        row.Prompt = dialogue.Instruction;
    }

    private static void ReadTexts(JsonElement line, JsonlRow row)
    {
        row.Prompt = Text(line, "prompt") ?? Instruction(line) ?? row.Prompt;
        row.Response = Text(line, "response") ?? Text(line, "completion") ?? Text(line, "output");
    }

    // Alpaca: the input, where there is one, follows the instruction after a blank line.
    private static string? Instruction(JsonElement line)
    {
        var (instruction, input) = (Text(line, "instruction"), Text(line, "input"));
        return instruction is null || string.IsNullOrEmpty(input) ? instruction : $"{instruction}\n\n{input}";
    }

    private static void ReadPreference(JsonElement line, JsonlRow row)
    {
        if (Field(line, "chosen") is not { } chosen) return;
        var rejected = Field(line, "rejected") ?? throw new FormatException("there is a field chosen, but none called rejected");
        if (chosen.ValueKind == JsonValueKind.String)
        {
            (row.Chosen, row.Rejected) = (Text(line, "chosen"), Text(line, "rejected"));
            return;
        }
        var (better, worse) = (Dialogue(chosen, "chosen", "role", "content"), Dialogue(rejected, "rejected", "role", "content"));
        (row.Chosen, row.Rejected) = (Answer(better, "chosen"), Answer(worse, "rejected"));
        var context = new Dialogue([.. better.Turns.SkipLast(1)]);
        if (!context.Turns.SequenceEqual(worse.Turns.SkipLast(1))) throw new FormatException("chosen and rejected must differ in their last turn only");
        // A lone user turn is a prompt; anything more is a context that only Messages can hold.
        if (context.Turns.Count == 1 && context.Turns[0].Role == "user") row.Prompt = context.Turns[0].Content;
        else if (context.Turns.Count > 0) SetDialogue(row, context);
    }

    private static string Answer(Dialogue dialogue, string field) =>
        dialogue.Turns.Count > 0 && dialogue.Turns[^1].Role == "assistant" ? dialogue.Turns[^1].Content : throw new FormatException($"the last turn of {field} must be the assistant's");

    private void ReadCandidates(JsonElement line, JsonlRow row)
    {
        var name = Field(line, "candidates") is null ? "completions" : "candidates";
        if (Field(line, name) is not { } list) return;
        if (list.ValueKind != JsonValueKind.Array) throw new FormatException($"{name} must be an array, found {list.ValueKind}");
        if (list.EnumerateArray().All(c => c.ValueKind == JsonValueKind.String))
        {
            row.Candidates = [.. list.EnumerateArray().Select(c => c.GetString()!)];
            row.CandidateModels = Texts(line, "candidateModels", row.Candidates.Length);
            row.Scores = Numbers(line, "scores", row.Candidates.Length);
            return;
        }
        var candidates = list.EnumerateArray().Select((c, i) => Candidate(c, $"{name}[{i}]")).Where(c => c.Model is null || !options.LeaveOutModels.Contains(c.Model)).ToArray();
        row.Candidates = [.. candidates.Select(c => c.Text)];
        if (candidates.Any(c => c.Model is not null)) row.CandidateModels = [.. candidates.Select(c => c.Model ?? "")];
        if (candidates.Any(c => !float.IsNaN(c.Score))) row.Scores = [.. candidates.Select(c => c.Score)];
    }

    private (string? Model, string Text, float Score) Candidate(JsonElement candidate, string where)
    {
        if (candidate.ValueKind != JsonValueKind.Object) throw new FormatException($"{where} must be a text or an object, found {candidate.ValueKind}");
        var text = Text(candidate, "text", where) ?? Text(candidate, "response", where) ?? Text(candidate, "content", where)
            ?? throw new FormatException($"{where} has none of the fields text, response, content");
        return (Text(candidate, "model", where), text, Score(candidate, where));
    }

    private float Score(JsonElement candidate, string where)
    {
        if (options.ScoreField is { } field) return Number(candidate, field, where) ?? float.NaN;
        return Number(candidate, "score", where) ?? Number(candidate, "overall_score", where) ?? MeanRating(candidate);
    }

    // UltraFeedback writes ratings as texts, "N/A" among them.
    private static float MeanRating(JsonElement candidate)
    {
        if (Field(candidate, "annotations") is not { ValueKind: JsonValueKind.Object } aspects) return float.NaN;
        var ratings = aspects.EnumerateObject().Select(a => a.Value.ValueKind == JsonValueKind.Object && Field(a.Value, "Rating") is { } r ? r.ToString() : null)
            .Select(r => float.TryParse(r, System.Globalization.CultureInfo.InvariantCulture, out var v) ? v : float.NaN).Where(v => !float.IsNaN(v)).ToArray();
        return ratings.Length == 0 ? float.NaN : ratings.Average();
    }

    private static Dialogue Dialogue(JsonElement list, string field, string roleName, string contentName)
    {
        if (list.ValueKind != JsonValueKind.Array) throw new FormatException($"{field} must be an array, found {list.ValueKind}");
        var turns = new List<DialogueTurn>();
        foreach (var turn in list.EnumerateArray())
        {
            var where = $"{field}[{turns.Count}]";
            if (turn.ValueKind != JsonValueKind.Object || Text(turn, roleName, where) is not { } role || Text(turn, contentName, where) is not { } content)
                throw new FormatException($"{where} must be an object with the texts {roleName} and {contentName}");
            turns.Add(new(Role(role, where), content));
        }
        return new(turns);
    }

    private static string Role(string role, string where) => role switch
    {
        "system" or "user" or "assistant" => role,
        "human" => "user",
        "gpt" => "assistant",
        _ => throw new FormatException($"{where} has the role '{role}'; known are system, user (human) and assistant (gpt)"),
    };

    private static string[]? Texts(JsonElement line, string name, int count)
    {
        if (Field(line, name) is not { } list) return null;
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() != count || list.EnumerateArray().Any(v => v.ValueKind != JsonValueKind.String))
            throw new FormatException($"{name} must be an array of {count} texts, one a candidate");
        return [.. list.EnumerateArray().Select(v => v.GetString()!)];
    }

    private static float[]? Numbers(JsonElement line, string name, int count)
    {
        if (Field(line, name) is not { } list) return null;
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() != count || list.EnumerateArray().Any(v => v.ValueKind is not (JsonValueKind.Number or JsonValueKind.Null)))
            throw new FormatException($"{name} must be an array of {count} numbers (null is missing), one a candidate");
        return [.. list.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? float.NaN : v.GetSingle())];
    }

    private static float? Number(JsonElement parent, string name, string where) => Field(parent, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value => value.GetSingle(),
        { } value => throw new FormatException($"{where}.{name} must be a number, found {value.ValueKind}"),
    };

    private static string? Text(JsonElement parent, string name, string? where = null) => Field(parent, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { } value => throw new FormatException($"{(where is null ? name : $"{where}.{name}")} must be a text, found {value.ValueKind}"),
    };

    // Our own columns are written with a capital, the field's with a small letter; null is missing.
    private static JsonElement? Field(JsonElement parent, string name)
    {
        if (!parent.TryGetProperty(name, out var value) && !parent.TryGetProperty(char.ToUpperInvariant(name[0]) + name[1..], out value)) return null;
        return value.ValueKind == JsonValueKind.Null ? null : value;
    }
}
