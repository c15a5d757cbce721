using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZephyrML.LanguageModels;
using ZephyrML.Teacher;
using ZephyrML.Transforms.Tests;

namespace ZephyrML.Estimators.Tests;

/// <summary>A folder with a model of a few thousand random parameters, a teacher, two candidates and a judge that count, and an ML.NET context with a fixed seed.</summary>
internal sealed class Lab : IDisposable
{
    public static readonly string[] Questions = ["Will it rain tomorrow?", "How warm is it today?", "Is it windy?", "When does the sun set?", "Is there fog?", "Will it snow?"];

    public Lab(int seed = 1, Action<ZephyrCatalogOptions>? configure = null)
    {
        Ml = new MLContext(seed);
        Ml.Log += (_, e) =>
        {
            if (e.Kind is ChannelMessageKind.Info or ChannelMessageKind.Warning)
                Log.Add(e.Message);
        };
        Z = Ml.Zephyr(configure);
    }

    public MLContext Ml { get; }

    public ZephyrCatalog Z { get; }

    public List<string> Log { get; } = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("zephyr-lab").FullName;

    public FakeClient Teacher { get; } = new("teacher", prompt => $"It is fine: {prompt}");

    public FakeClient Good { get; } = new("good", prompt => $"It is fine: {prompt}");

    public FakeClient Bad { get; } = new("bad", _ => "No.");

    public FakeJudge Judge { get; } = new();

    public CandidatePool Pool => new() { ["good"] = Good, ["bad"] = Bad };

    public string BaseModel => field ??= MakeBaseModel();

    public IDataView Prompts { get => field ??= Ml.Data.LoadFromEnumerable(Questions.Select(text => new Prompt { Text = text }).ToList()); }

    public IDataView Rows(params Row[] rows) => Ml.Data.LoadFromEnumerable(rows.ToList());

    /// <summary>One answer for each question.</summary>
    public IDataView Chats => Rows([.. Questions.Select(text => new Row { Prompt = text, Response = $"It is fine: {text}" })]);

    /// <summary>One pair for each question.</summary>
    public IDataView Pairs => Rows([.. Questions.Select(text => new Row { Prompt = text, Chosen = $"It is fine: {text}", Rejected = "No." })]);

    public DistilledSftOptions Sft => new() { BaseModel = BaseModel, MaxSteps = 2, BatchSize = 2, MaxLength = 64, LearningRate = 1e-2, MaxNewTokens = 8 };

    public DistilledDpoOptions Dpo => new() { MaxSteps = 2, BatchSize = 2, MaxLength = 64, LearningRate = 1e-2 };

    public TransformerChain<StudentTransformer> Recipe() =>
        Z.TeacherGenerate(Teacher, Pool).Append(Z.Rank(Judge)).Append(Z.DistilledSft(Sft)).Append(Z.DistilledDpo(Dpo)).Fit(Prompts);

    public string PathOf(string name) => Path.Combine(Folder, name);

    public List<string> Ask(ITransformer model, params string[] prompts)
    {
        using var engine = Ml.Model.CreatePredictionEngine<Prompt, Reply>(model);
        return [.. prompts.Select(prompt => engine.Predict(new Prompt { Text = prompt }).Text)];
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private string MakeBaseModel()
    {
        var tokenizer = new BpeTrainer(new BpeTrainerOptions { VocabularySize = 320 }).Train(Questions.Append("It is fine: No."));
        var config = new ModelConfig
        {
            VocabSize = tokenizer.VocabularySize, HiddenSize = 16, IntermediateSize = 24, NumHiddenLayers = 1, NumAttentionHeads = 2, NumKeyValueHeads = 1,
            BosTokenId = tokenizer.BosTokenId, EosTokenIds = [tokenizer.EosTokenId!.Value], MaxPositionEmbeddings = 128,
        };
        using var model = LanguageModel.Create(config, tokenizer, ChatTemplate.Zephyr, seed: 3);
        var folder = PathOf("base");
        model.SaveHuggingFace(folder);
        return folder;
    }

    public sealed class Row
    {
        public string Prompt { get; set; } = "";

        public string Messages { get; set; } = "";

        public string Response { get; set; } = "";

        public string Chosen { get; set; } = "";

        public string Rejected { get; set; } = "";
    }
}
