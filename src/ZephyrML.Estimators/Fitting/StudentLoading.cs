using ZephyrML.LanguageModels;
using ZephyrML.Teacher;
using ZephyrML.Transforms;
using ZephyrML.Transforms.Students;

namespace ZephyrML.Fitting;

/// <summary>Makes a student of a model that nobody here trained.</summary>
internal static class StudentLoading
{
    private const string Stage = "loaded";

    public static StudentTransformer Load(StageContext context, string path, StudentOptions options)
    {
        options.Validate();
        if (!Directory.Exists(path) && !File.Exists(path))
            throw new DirectoryNotFoundException($"LoadStudent: there is no model folder and no GGUF file '{path}'.");
        var model = LanguageModel.Load(path, new LanguageModelOptions { ChatTemplate = options.ChatTemplate, BaseModel = options.BaseModel, Quantization = options.Quantization });
        try
        {
            int seed = options.Seed ?? SeedStream.Derive(context.Seed, Stage);
            var settings = new StudentSettings
            {
                PromptColumn = options.PromptColumn, MessagesColumn = options.MessagesColumn, ReplyColumn = options.ReplyColumn, SystemPrompt = options.SystemPrompt, MaxNewTokens = options.MaxNewTokens,
                Temperature = options.Temperature, GenerationSeed = SeedStream.Derive(seed, "reply"), ReplyBatchSize = options.ReplyBatchSize,
            }.With(options.Generation);
            var step = new LineageStep
            {
                Stage = Stage, Version = typeof(StudentLoading).Assembly.GetName().Version?.ToString(3) ?? "", Seed = seed, BaseModel = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))),
                StartWeights = model.WeightsHash, Weights = model.WeightsHash, Template = model.Template.Name, RowsUsed = 0, RowsSkipped = 0,
            };
            return new StudentTransformer(new Student(new SharedModel(model), settings, new StudentInfo([step])));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
