using System.Text.Json;

namespace ZephyrML.Teacher;

/// <summary>
/// MT-Bench's questions, judge prompts and reference answers, read from a folder as FastChat keeps it (github.com/lm-sys/FastChat, llm_judge/data): <c>question.jsonl</c>,
/// <c>judge_prompts.jsonl</c>, and <c>reference_answer.MODEL.jsonl</c> or <c>reference_answer/MODEL.jsonl</c>.
/// </summary>
public sealed class MtBenchFolder
{
    private static readonly string[] PromptNames =
        ["single-v1", "single-math-v1", "single-v1-multi-turn", "single-math-v1-multi-turn", "pair-v2", "pair-math-v1", "pair-v2-multi-turn", "pair-math-v1-multi-turn"];

    private readonly Dictionary<string, MtBenchPrompt> _prompts;

    private MtBenchFolder(IReadOnlyList<MtBenchQuestion> questions, Dictionary<string, MtBenchPrompt> prompts) => (Questions, _prompts) = (questions, prompts);

    /// <summary>The questions, in the file's order.</summary>
    public IReadOnlyList<MtBenchQuestion> Questions { get; }

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is not as it must be; the message names file, line and what was expected.</exception>
    public static MtBenchFolder Load(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"MT-Bench: there is no folder '{folder}'; it must hold question.jsonl and judge_prompts.jsonl.");
        var references = References(folder);
        var questions = Lines(Path.Combine(folder, "question.jsonl"), (json, _) =>
        {
            var id = json.GetProperty("question_id").GetInt32();
            var turns = Texts(json.GetProperty("turns"));
            if (turns.Count is 0 or > 2)
                throw new FormatException($"question {id} has {turns.Count} turns; one or two were expected.");
            if (references.TryGetValue(id, out var given) && given.Count < turns.Count)
                throw new FormatException($"question {id} has {turns.Count} turns but {given.Count} reference answers.");
            return new MtBenchQuestion(id, json.GetProperty("category").GetString()!, turns, given)
            {
                RequiredTemperature = json.TryGetProperty("required_temperature", out var t) ? t.GetDouble() : null,
            };
        });
        if (questions.Count == 0)
            throw new InvalidDataException($"{Path.Combine(folder, "question.jsonl")}: no question in it.");
        if (questions.GroupBy(q => q.Id).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new InvalidDataException($"{Path.Combine(folder, "question.jsonl")}: question {twice.Key} is there {twice.Count()} times.");
        var file = Path.Combine(folder, "judge_prompts.jsonl");
        var prompts = Lines(file, (json, _) => new MtBenchPrompt(json.GetProperty("name").GetString()!, json.GetProperty("system_prompt").GetString()!, json.GetProperty("prompt_template").GetString()!))
            .GroupBy(p => p.Name).ToDictionary(g => g.Key, g => g.Last());
        if (PromptNames.Where(name => !prompts.ContainsKey(name)).ToList() is { Count: > 0 } missing)
            throw new InvalidDataException($"{file}: these judge prompts are missing: {string.Join(", ", missing)}.");
        if (questions.FirstOrDefault(q => MtBench.NeedsReference(q.Category) && q.References is null) is { } bare)
            throw new InvalidDataException($"{folder}: question {bare.Id} ({bare.Category}) is judged against a reference answer, and there is none; reference_answer.MODEL.jsonl must hold it.");
        return new(questions, prompts);
    }

    internal MtBenchPrompt Prompt(string name) => _prompts[name];

    private static Dictionary<int, IReadOnlyList<string>> References(string folder)
    {
        var files = Directory.GetFiles(folder, "reference_answer.*.jsonl").Concat(Directory.Exists(Path.Combine(folder, "reference_answer")) ? Directory.GetFiles(Path.Combine(folder, "reference_answer"), "*.jsonl") : [])
            .Order(StringComparer.Ordinal).ToList();
        if (files.Count > 1)
            throw new InvalidDataException($"{folder}: there are reference answers of several models ({string.Join(", ", files.Select(Path.GetFileName))}); keep one.");
        return files.Count == 0 ? [] : Lines(files[0], (json, _) => (Id: json.GetProperty("question_id").GetInt32(), Turns: Texts(json.GetProperty("choices")[0].GetProperty("turns")))).ToDictionary(r => r.Id, r => r.Turns);
    }

    private static IReadOnlyList<string> Texts(JsonElement array) => [.. array.EnumerateArray().Select(t => t.GetString() ?? throw new FormatException("a turn is null; text was expected."))];

    private static List<T> Lines<T>(string path, Func<JsonElement, int, T> read)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"MT-Bench: there is no file '{path}'.", path);
        var items = new List<T>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                using var document = JsonDocument.Parse(line);
                items.Add(read(document.RootElement, number));
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException or ArgumentNullException)
            {
                throw new InvalidDataException($"{path}, line {number}: {e.Message}", e);
            }
        }
        return items;
    }
}
