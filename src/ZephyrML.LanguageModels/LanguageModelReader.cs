using System.Text;
using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the files of a model: configuration, then tokenizer and template, then weights.</summary>
/// <param name="open">Opens a file by name, or gives null.</param>
/// <param name="options">How.</param>
/// <param name="folder">Put before file names in errors; may be empty.</param>
internal sealed class LanguageModelReader(Func<string, Stream?> open, LanguageModelOptions options, string folder)
{
    public const string ConfigFile = "config.json", WeightsFile = "model.safetensors", RecordFile = "zephyr.json";
    private const string IndexFile = "model.safetensors.index.json", GgufFile = "model.gguf";

    public ModelConfig ReadConfig() => ModelConfig.FromJson(ReadText(ConfigFile) ?? throw Missing(ConfigFile), Source(ConfigFile));

    public (LanguageModelTokenizer, ChatTemplate) ReadTokenizer(ModelConfig config)
    {
        var tokenizer = LanguageModelTokenizer.Read(open);
        CheckVocabulary(config, tokenizer, Source("tokenizer.json"));
        return (tokenizer, ChooseTemplate(tokenizer));
    }

    public CausalLM ReadNetwork(ModelConfig config)
    {
        var files = new List<IWeightFile>();
        try
        {
            if (open(WeightsFile) is { } single) Add(single, s => new SafeTensorsReader(s, Source(WeightsFile)));
            else if (ReadText(IndexFile) is { } index)
                foreach (string shard in Shards(index)) Add(open(shard) ?? throw Missing(shard), s => new SafeTensorsReader(s, Source(shard)));
            else if (open(GgufFile) is { } gguf) Add(gguf, s => new GgufWeights(new GgufReader(s, Source(GgufFile)), config));
            else throw Missing($"{WeightsFile} (nor {IndexFile} nor {GgufFile})");
            return WeightLoader.Load(config, files, options.DataType, options.Device);
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }

        void Add(Stream stream, Func<Stream, IWeightFile> read)
        {
            try
            {
                files.Add(read(stream));
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }
    }

    public static void CheckTemplate(ChatTemplate template, LanguageModelTokenizer tokenizer)
    {
        var missing = template.SpecialTokens.Where(s => tokenizer.TokenToId(s) is null).ToList();
        if (missing.Count > 0) throw new InvalidDataException($"The chat template '{template.Name}' needs tokens that the tokenizer lacks: {string.Join(", ", missing)}.");
    }

    public static void CheckVocabulary(ModelConfig config, LanguageModelTokenizer tokenizer, string source)
    {
        if (tokenizer.VocabularySize > config.VocabSize)
            throw new InvalidDataException($"{source}: has token ids up to {tokenizer.VocabularySize - 1}, the model's vocab_size is {config.VocabSize}.");
    }

    private ChatTemplate ChooseTemplate(LanguageModelTokenizer tokenizer)
    {
        var recorded = options.ChatTemplate is null ? RecordedTemplate() : null;
        var own = recorded?.StartsWith("jinja-", StringComparison.Ordinal) == true;
        var template = (options.ChatTemplate ?? (own ? null : recorded ?? tokenizer.ChatTemplateName)) is { } known ? ChatTemplate.Get(known) : OwnTemplate(tokenizer);
        CheckTemplate(template, tokenizer);
        return template;
    }

    private JinjaChatTemplate OwnTemplate(LanguageModelTokenizer tokenizer)
    {
        var hint = $"set {nameof(LanguageModelOptions.ChatTemplate)} in the options to one of {string.Join(", ", ChatTemplate.All.Select(t => t.Name))}";
        try
        {
            return JinjaChatTemplate.FromTokenizer(tokenizer)
                ?? throw new InvalidDataException($"{Source("tokenizer_config.json")}: there is no chat template there or in chat_template.jinja; {hint}.");
        }
        catch (ChatTemplateException e)
        {
            throw new InvalidDataException($"{Source("tokenizer_config.json")} or chat_template.jinja: {e.Message} To do without it, {hint}.", e);
        }
    }

    private string? RecordedTemplate()
    {
        if (ReadText(RecordFile) is not { } json) return null;
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.TryGetProperty("chat_template", out var name) ? name.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{Source(RecordFile)}: not the JSON object it should be ({e.Message}).", e);
        }
    }

    private IEnumerable<string> Shards(string index)
    {
        try
        {
            using var json = JsonDocument.Parse(index);
            string[] names = [.. json.RootElement.GetProperty("weight_map").EnumerateObject().Select(p => p.Value.GetString() ?? "").Distinct().Order(StringComparer.Ordinal)];
            // A shard is a file beside the index, never a path out of the folder.
            if (names.FirstOrDefault(n => n.Length == 0 || n.Contains('/') || n.Contains('\\') || n.Contains("..")) is { } bad) throw new InvalidDataException($"{Source(IndexFile)}: '{bad}' is not the name of a file beside it.");
            return names;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{Source(IndexFile)}: not an index of safetensors shards ({e.Message}).", e);
        }
    }

    private string? ReadText(string name)
    {
        using var stream = open(name);
        if (stream is null) return null;
        if (stream.CanSeek && stream.Length > 100_000_000) throw new InvalidDataException($"{Source(name)}: {stream.Length} bytes are too many for such a file.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private string Source(string name) => folder.Length == 0 ? name : Path.Combine(folder, name);

    private FileNotFoundException Missing(string name) => new($"The model{(folder.Length == 0 ? "" : $" in '{folder}'")} has no {name}.", name);
}
