using System.Text.Json;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Loading;

/// <summary>
/// Turns a JSON object into our columns. Known are: our own column names; messages (OpenAI), conversations (ShareGPT) and data (UltraChat: the turns' texts by turns);
/// instruction, input and output, with system and history where they are there (Alpaca, as LLaMA-Factory has it), or with instances, of which the first counts (Self-Instruct's seeds);
/// prompt, chosen and rejected as texts or dialogues; candidates or completions as texts with scores beside them, or as objects with model, text and score (UltraFeedback).
/// Other texts, numbers, and lists of either keep their names; the rest is left out.
/// </summary>
internal sealed class JsonlShape(JsonlOptions options)
{
    /// <summary>The columns that have a meaning for us, and so one type.</summary>
    public static IReadOnlySet<string> Ours { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        ZephyrColumns.Prompt, ZephyrColumns.Messages, ZephyrColumns.Response, ZephyrColumns.Candidates, ZephyrColumns.CandidateModels,
        ZephyrColumns.Scores, ZephyrColumns.Chosen, ZephyrColumns.Rejected,
    };

    private readonly string[] _textFields = [.. OrNone(options.TextField), "text", "response", "content", "output"];

    /// <summary>The row's columns: string, string[], float or float[] by name.</summary>
    public Dictionary<string, object> Read(JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object)
            throw new JsonlFieldException("", $"a row must be a JSON object, not {row.ValueKind}");
        var columns = new Dictionary<string, object>(StringComparer.Ordinal);
        string? instruction = null, input = null, system = null;
        string[]? models = null;
        JsonElement? history = null, instance = null;
        foreach (var field in row.EnumerateObject())
        {
            if (field.Value.ValueKind is JsonValueKind.Null)
                continue;
            switch (field.Name.ToLowerInvariant())
            {
                case "messages" or "conversations":
                    columns[ZephyrColumns.Messages] = DialogueJson.Write(Dialogue(field.Name, field.Value));
                    break;
                case "prompt" or "question" when field.Value.ValueKind == JsonValueKind.Array:
                    columns[ZephyrColumns.Messages] = DialogueJson.Write(Dialogue(field.Name, field.Value));
                    break;
                case "prompt" or "question":
                    columns[ZephyrColumns.Prompt] = Text(field);
                    break;
                case "instruction":
                    instruction = Text(field);
                    break;
                case "input" when field.Value.ValueKind == JsonValueKind.String:
                    input = Text(field);
                    break;
                case "response" or "output" or "completion" or "answer":
                    columns[ZephyrColumns.Response] = Text(field);
                    break;
                case "chosen":
                    Answer(columns, ZephyrColumns.Chosen, field);
                    break;
                case "rejected":
                    Answer(columns, ZephyrColumns.Rejected, field);
                    break;
                case "candidates" or "completions":
                    Candidates(columns, field);
                    break;
                case "candidatemodels" or "candidate_models":
                    columns[ZephyrColumns.CandidateModels] = Texts(field.Name, field.Value);
                    break;
                case "models" when field.Value.ValueKind == JsonValueKind.Array:
                    // UltraFeedback names the models beside its completions, and in them.
                    models = Texts(field.Name, field.Value);
                    break;
                case "instances" when field.Value.ValueKind == JsonValueKind.Array && field.Value.GetArrayLength() > 0 && field.Value[0].ValueKind == JsonValueKind.Object:
                    instance = field.Value[0];
                    break;
                case "system" when field.Value.ValueKind == JsonValueKind.String:
                    system = Text(field);
                    break;
                case "history" when field.Value.ValueKind == JsonValueKind.Array:
                    history = field.Value;
                    break;
                case "data" when field.Value.ValueKind == JsonValueKind.Array && field.Value.GetArrayLength() > 1 && field.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String):
                    columns[ZephyrColumns.Messages] = DialogueJson.Write(new Dialogue([.. Texts(field.Name, field.Value).Select((text, i) => new DialogueTurn(i % 2 == 0 ? "user" : "assistant", text))]));
                    break;
                case "scores":
                    columns[ZephyrColumns.Scores] = Floats(field.Name, field.Value);
                    break;
                default:
                    Other(columns, field);
                    break;
            }
        }
        if (instruction is not null && instance is { } first)
        {
            if (First(first, ["input"]) is { ValueKind: JsonValueKind.String } data)
                input ??= data.GetString();
            if (First(first, ["output"]) is { ValueKind: JsonValueKind.String } output)
                columns.TryAdd(ZephyrColumns.Response, output.GetString()!);
        }
        if (instruction is not null)
            columns.TryAdd(ZephyrColumns.Prompt, string.IsNullOrWhiteSpace(input) ? instruction : $"{instruction}\n\n{input}");
        else if (input is not null)
            columns.TryAdd(columns.ContainsKey(ZephyrColumns.Prompt) ? "input" : ZephyrColumns.Prompt, input);
        Context(columns, system, history);
        Pair(columns, row);
        // Some rows name more models than they have completions.
        if (models is not null && columns.TryGetValue(ZephyrColumns.Candidates, out var candidates) && ((string[])candidates).Length == models.Length)
            columns.TryAdd(ZephyrColumns.CandidateModels, models);
        if (!columns.ContainsKey(ZephyrColumns.Prompt) && columns.TryGetValue(ZephyrColumns.Messages, out var messages))
            columns[ZephyrColumns.Prompt] = DialogueJson.Parse((string)messages).Instruction;
        Lengths(columns);
        return columns;
    }

    private static IEnumerable<string> OrNone(string? name) => name is null ? [] : [name];

    /// <summary>A system prompt or earlier turns beside an instruction make it a dialogue; a system prompt beside a dialogue without one becomes its first turn.</summary>
    private static void Context(Dictionary<string, object> columns, string? system, JsonElement? history)
    {
        List<DialogueTurn> before = string.IsNullOrWhiteSpace(system) ? [] : [new("system", system)];
        if (columns.TryGetValue(ZephyrColumns.Messages, out var messages))
        {
            var turns = DialogueJson.Parse((string)messages).Turns;
            if (before.Count > 0 && turns is not [{ Role: "system" }, ..])
                columns[ZephyrColumns.Messages] = DialogueJson.Write(new Dialogue([.. before, .. turns]));
            return;
        }
        foreach (var round in history is { } rounds ? Items("history", rounds) : [])
        {
            if (Texts($"history[{before.Count(t => t.Role == "user")}]", round) is not [var said, var answered])
                throw new JsonlFieldException($"history[{before.Count(t => t.Role == "user")}]", "must be a pair of what was said and what was answered");
            before.AddRange([new("user", said), new("assistant", answered)]);
        }
        if (before.Count == 0 || !columns.TryGetValue(ZephyrColumns.Prompt, out var prompt))
            return;
        before.Add(new("user", (string)prompt));
        if (columns.TryGetValue(ZephyrColumns.Response, out var response))
            before.Add(new("assistant", (string)response));
        columns[ZephyrColumns.Messages] = DialogueJson.Write(new Dialogue(before));
    }

    /// <summary>Chosen and rejected may be whole dialogues: the last assistant turn is the answer, what stands before it the context.</summary>
    private static void Answer(Dictionary<string, object> columns, string column, JsonProperty field)
    {
        if (field.Value.ValueKind != JsonValueKind.Array)
        {
            columns[column] = Text(field);
            return;
        }
        var turns = Dialogue(field.Name, field.Value).Turns;
        if (turns.Count == 0 || turns[^1].Role != "assistant")
            throw new JsonlFieldException(field.Name, "must end with an assistant's turn");
        columns[column] = turns[^1].Content;
        if (turns.Count == 2 && turns[0].Role == "user")
            columns.TryAdd(ZephyrColumns.Prompt, turns[0].Content);
        else if (turns.Count > 1)
            columns.TryAdd(ZephyrColumns.Messages, DialogueJson.Write(new Dialogue([.. turns.Take(turns.Count - 1)])));
    }

    private static void Pair(Dictionary<string, object> columns, JsonElement row)
    {
        if (columns.ContainsKey(ZephyrColumns.Chosen) != columns.ContainsKey(ZephyrColumns.Rejected))
            throw new JsonlFieldException(columns.ContainsKey(ZephyrColumns.Chosen) ? "rejected" : "chosen", "is missing beside its counterpart");
        if (Field(row, "chosen") is { ValueKind: JsonValueKind.Array } chosen && Field(row, "rejected") is { ValueKind: JsonValueKind.Array } rejected)
        {
            var (a, b) = (Dialogue("chosen", chosen).Turns, Dialogue("rejected", rejected).Turns);
            if (!a.Take(a.Count - 1).SequenceEqual(b.Take(b.Count - 1)))
                throw new JsonlFieldException("rejected", "must differ from chosen in its last turn only");
        }
    }

    private void Candidates(Dictionary<string, object> columns, JsonProperty field)
    {
        var items = Items(field.Name, field.Value);
        if (options.LeaveOutModels.Count > 0)
            items = [.. items.Where(item => item.ValueKind != JsonValueKind.Object || Model(item) is not { } model || !options.LeaveOutModels.Contains(model))];
        if (items.Length == 0 || items[0].ValueKind == JsonValueKind.String)
        {
            columns[ZephyrColumns.Candidates] = Texts(field.Name, field.Value);
            return;
        }
        if (items.Any(item => item.ValueKind != JsonValueKind.Object))
            throw new JsonlFieldException(field.Name, "must be a list of texts or a list of objects");
        columns[ZephyrColumns.Candidates] = items.Select((item, i) => First(item, _textFields) is { ValueKind: JsonValueKind.String } text
            ? text.GetString()!
            : throw new JsonlFieldException($"{field.Name}[{i}]", $"must have its answer in one of {string.Join(", ", _textFields)}")).ToArray();
        if (items.Any(item => Model(item) is not null))
            columns[ZephyrColumns.CandidateModels] = items.Select(item => Model(item) ?? "").ToArray();
        var scores = items.Select((item, i) => Score($"{field.Name}[{i}]", item)).ToArray();
        if (scores.Any(score => score is not null))
            columns[ZephyrColumns.Scores] = scores.Select(score => score ?? float.NaN).ToArray();
    }

    private float? Score(string field, JsonElement item)
    {
        if (First(item, [.. OrNone(options.ScoreField), "score"]) is { } score)
            return Number(field, score);
        if (options.ScoreField is null && First(item, ["annotations"]) is { ValueKind: JsonValueKind.Object } annotations && Mean(annotations) is { } mean)
            return mean;
        return First(item, ["fine-grained_score", "overall_score"]) is { } overall ? Number(field, overall) : null;
    }

    /// <summary>The mean of UltraFeedback's aspects, each with its Rating; those without a number ("N/A") are left out.</summary>
    private static float? Mean(JsonElement annotations)
    {
        var ratings = annotations.EnumerateObject()
            .Select(aspect => aspect.Value.ValueKind == JsonValueKind.Object ? First(aspect.Value, ["Rating", "rating"]) : aspect.Value)
            .Select(rating => rating switch
            {
                { ValueKind: JsonValueKind.Number } number => number.GetSingle(),
                { ValueKind: JsonValueKind.String } text when float.TryParse(text.GetString(), System.Globalization.CultureInfo.InvariantCulture, out var parsed) => parsed,
                _ => float.NaN,
            })
            .Where(rating => !float.IsNaN(rating)).ToList();
        return ratings.Count > 0 ? ratings.Average() : null;
    }

    private static string? Model(JsonElement item) => First(item, ["model"]) is { ValueKind: JsonValueKind.String } model ? model.GetString() : null;

    private static JsonElement? Field(JsonElement row, string name)
    {
        foreach (var field in row.EnumerateObject())
        {
            if (field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return field.Value;
        }
        return null;
    }

    private static void Other(Dictionary<string, object> columns, JsonProperty field)
    {
        switch (field.Value.ValueKind)
        {
            case JsonValueKind.String:
                columns[field.Name] = field.Value.GetString()!;
                break;
            case JsonValueKind.Number:
                columns[field.Name] = field.Value.GetSingle();
                break;
            case JsonValueKind.Array when field.Value.GetArrayLength() > 0 && field.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String):
                columns[field.Name] = Texts(field.Name, field.Value);
                break;
            case JsonValueKind.Array when field.Value.GetArrayLength() > 0 && field.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number):
                columns[field.Name] = Floats(field.Name, field.Value);
                break;
        }
    }

    private static void Lengths(Dictionary<string, object> columns)
    {
        if (!columns.TryGetValue(ZephyrColumns.Candidates, out var candidates))
            return;
        var count = ((string[])candidates).Length;
        foreach (var beside in (string[])[ZephyrColumns.CandidateModels, ZephyrColumns.Scores])
        {
            if (columns.TryGetValue(beside, out var values) && ((Array)values).Length != count)
                throw new JsonlFieldException(beside, $"has {((Array)values).Length} entries beside {count} candidates");
        }
    }

    private static Dialogue Dialogue(string field, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            try
            {
                return DialogueJson.Parse(value.GetString()!);
            }
            catch (FormatException e)
            {
                throw new JsonlFieldException(field, e.Message);
            }
        }
        return new Dialogue([.. Items(field, value).Select((turn, i) => Turn($"{field}[{i}]", turn))]);
    }

    private static DialogueTurn Turn(string field, JsonElement turn)
    {
        if (turn.ValueKind != JsonValueKind.Object)
            throw new JsonlFieldException(field, "must be an object with role and content (or from and value)");
        var role = First(turn, ["role", "from"]);
        var content = First(turn, ["content", "value"]);
        // OpenAI's parts: a list of {"type": "text", "text": …}
        var text = content is { ValueKind: JsonValueKind.String } ? content.Value.GetString()
            : content is { ValueKind: JsonValueKind.Array } parts && parts.EnumerateArray().All(p => p.ValueKind == JsonValueKind.Object && First(p, ["text"]) is { ValueKind: JsonValueKind.String })
                ? string.Concat(parts.EnumerateArray().Select(p => p.GetProperty("text").GetString()))
                : null;
        if (role is not { ValueKind: JsonValueKind.String } || text is null)
            throw new JsonlFieldException(field, "must have the texts role and content (or from and value)");
        var known = role.Value.GetString()!.ToLowerInvariant() switch
        {
            "system" or "developer" => "system",
            "user" or "human" => "user",
            "assistant" or "gpt" or "chatgpt" or "bing" or "bard" => "assistant",
            var other => throw new JsonlFieldException(field, $"has the role '{other}'; known are system, user (human) and assistant (gpt)"),
        };
        return new DialogueTurn(known, text);
    }

    private static JsonElement? First(JsonElement item, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (item.TryGetProperty(name, out var value))
                return value;
        }
        return null;
    }

    private static string Text(JsonProperty field) =>
        field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString()! : throw new JsonlFieldException(field.Name, $"must be a text, not {field.Value.ValueKind}");

    private static JsonElement[] Items(string field, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : throw new JsonlFieldException(field, $"must be a list, not {value.ValueKind}");

    private static string[] Texts(string field, JsonElement value) => [.. Items(field, value).Select((item, i) =>
        item.ValueKind == JsonValueKind.String ? item.GetString()! : throw new JsonlFieldException($"{field}[{i}]", $"must be a text, not {item.ValueKind}"))];

    private static float[] Floats(string field, JsonElement value) => [.. Items(field, value).Select((item, i) => Number($"{field}[{i}]", item))];

    private static float Number(string field, JsonElement? value) => value switch
    {
        null or { ValueKind: JsonValueKind.Null } => float.NaN,
        { ValueKind: JsonValueKind.Number } number => number.GetSingle(),
        { ValueKind: JsonValueKind.String } text when float.TryParse(text.GetString(), System.Globalization.CultureInfo.InvariantCulture, out var parsed) => parsed,
        var other => throw new JsonlFieldException(field, $"must be a number, not {other.Value.ValueKind}"),
    };
}
