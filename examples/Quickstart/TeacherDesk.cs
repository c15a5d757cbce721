using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;
using WeatherDesk;
using ZephyrML;
using ZephyrML.Teacher;

namespace Quickstart;

/// <summary>Who is asked: the teacher (embedded, or a server's), the four embedded candidate models, all behind one response cache; and what they are asked about.</summary>
internal sealed class TeacherDesk : IDisposable
{
    private const int SeedPrompts = 24;
    private readonly Settings _settings;
    private readonly List<IChatClient> _clients = [];

    public TeacherDesk(Settings settings)
    {
        _settings = settings;
        Teacher = settings.Teacher is null
            ? Cached(new WeatherTeacher(settings.Seed), $"weather-teacher-{settings.Seed}")
            : Cached(TeacherClient.OpenAI(settings.Teacher, settings.Model!, () => Environment.GetEnvironmentVariable("OPENAI_API_KEY")), settings.Model!);
        foreach (var (name, style) in WeatherCandidate.Styles)
            Pool[name] = Cached(new WeatherCandidate(name, style, settings.Seed), $"{name}-{settings.Seed}");
    }

    /// <summary>Writes, refines and judges.</summary>
    public IChatClient Teacher { get; }

    /// <summary>The models whose answers are compared.</summary>
    public CandidatePool Pool { get; } = [];

    /// <summary>Each seed is refined again and again. Prompts of one desk resemble each other, so likeness is no reason to drop one, and there is no variety to show in context.</summary>
    public SelfInstructOptions Growth => new() { TargetSize = _settings.Dialogues, Refinements = 2 * _settings.Dialogues / SeedPrompts + 1, MaxRougeL = 1, InContextExamples = 0 };

    /// <summary>Calls that were paid, by whoever answers, since this object was made.</summary>
    public long Paid => _clients.Sum(c => c.GetService<ResponseCacheStatistics>()!.Paid);

    /// <summary>The prompts that everything grows from.</summary>
    public IDataView Seeds(MLContext ml) => View(ml, new PromptSampler(_settings.Seed).Training(SeedPrompts, "seeds"));

    /// <summary>Prompts about forecasts none of whose days stands in the given dialogues; every second one in words that are not used there either.</summary>
    public IReadOnlyList<WeatherPrompt> HeldOut(IDataView dialogues) =>
        [.. new PromptSampler(_settings.Seed).HeldOut(_settings.HeldOut, dialogues.GetColumn<string>("Prompt").Select(WeatherPrompt.Read).OfType<WeatherPrompt>())];

    public static IDataView View(MLContext ml, IEnumerable<WeatherPrompt> prompts) => ml.Data.LoadFromEnumerable(prompts.Select(p => new Prompt { Text = p.Text }).ToList());

    /// <summary>
    /// What the cache cost in all: paid calls are added up in a note beside it, so that a run which finds its answers there reports what they once cost.
    /// </summary>
    public long PaidForTheCache()
    {
        var note = _settings.Cache + ".paid.json";
        var paid = File.Exists(note) ? JsonSerializer.Deserialize<Dictionary<string, long>>(File.ReadAllText(note))! : [];
        var key = $"{_settings.Model ?? "embedded"}, seed {_settings.Seed}, {_settings.Dialogues} dialogues";
        paid[key] = paid.GetValueOrDefault(key) + Paid;
        File.WriteAllText(note, JsonSerializer.Serialize(paid));
        return paid[key];
    }

    public void Dispose() => _clients.ForEach(c => c.Dispose());

    private IChatClient Cached(IChatClient client, string name)
    {
        var cached = TeacherClient.Create(client, new() { Name = name, Cache = _settings.Cache });
        _clients.Add(cached);
        return cached;
    }
}
