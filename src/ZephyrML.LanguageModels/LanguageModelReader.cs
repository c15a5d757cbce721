using System.Text;
using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the files of a model: configuration, then tokenizer and template, then weights.</summary>
/// <param name="open">Opens a file by name, or gives null.</param>
/// <param name="options">How.</param>
/// <param name="folder">Put before file names in errors; may be empty.</param>
/// <param name="ggufFile">The name of the GGUF file, if there is one.</param>
internal sealed class LanguageModelReader(Func<string, Stream?> open, LanguageModelOptions options, string folder, string ggufFile = LanguageModelReader.GgufFile) : IDisposable
{
    private GgufReader? _gguf;

    public const string ConfigFile = "config.json", WeightsFile = "model.safetensors", RecordFile = "zephyr.json", GgufFile = "model.gguf", GenerationFile = "generation_config.json";
    private const string IndexFile = "model.safetensors.index.json";

    public ModelConfig ReadConfig() => ReadText(ConfigFile) is { } json ? ModelConfig.FromJson(json, Source(ConfigFile))
        : Gguf() is { } gguf ? GgufConfig.Read(gguf) : throw Missing(ConfigFile);

    public (LanguageModelTokenizer, ChatTemplate) ReadTokenizer(ModelConfig config)
    {
        bool within = !Exists(TokenizerJson.FileName) && !Exists(SentencePieceFile.FileName) && Gguf() is not null;
        var tokenizer = within ? ReadWithin(_gguf!) : LanguageModelTokenizer.Read(open);
        CheckVocabulary(config, tokenizer, Source(within ? ggufFile : TokenizerJson.FileName));
        return (tokenizer, ChooseTemplate(tokenizer));
    }

    public CausalLM ReadNetwork(ModelConfig config)
    {
        var files = new List<IWeightFile>();
        try
        {
            if (Mapped(WeightsFile) is { } single) Add(single, s => new SafeTensorsReader(s, Source(WeightsFile)));
            else if (ReadText(IndexFile) is { } index)
                foreach (string shard in Shards(index)) Add(Mapped(shard) ?? throw Missing(shard), s => new SafeTensorsReader(s, Source(shard)));
            else if (Gguf() is { } gguf) files.Add(new GgufWeights(gguf, config));
            else throw Missing($"{WeightsFile} (nor {IndexFile} nor {ggufFile})");
            return WeightLoader.Load(config, files, options.DataType, options.Device, options.Quantization);
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

    /// <summary>Closes the GGUF file, if one was opened.</summary>
    public void Dispose() => _gguf?.Dispose();

    // Its metadata says what config.json and the tokenizer's files would, and it is read once for all of them.
    private GgufReader? Gguf()
    {
        if (_gguf is not null || Mapped(ggufFile) is not { } stream) return _gguf;
        try
        {
            return _gguf = new GgufReader(stream, Source(ggufFile));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private Stream? Mapped(string name) => open(name) is { } stream ? MappedStream.Of(stream) : null;

    private bool Exists(string name)
    {
        using var stream = open(name);
        return stream is not null;
    }

    private LanguageModelTokenizer ReadWithin(GgufReader gguf)
    {
        try
        {
            return LanguageModelTokenizer.Read(GgufTokenizerReader.Files(gguf));
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException && !e.Message.StartsWith(gguf.Source, StringComparison.Ordinal))
        {
            var message = $"{gguf.Source}: the tokenizer in its metadata: {e.Message}";
            throw e is InvalidDataException ? new InvalidDataException(message, e) : new NotSupportedException(message, e);
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

    /// <summary>The configuration with the end tokens that generation_config.json names besides, as many folders do; the template's end of turn is known anyway.</summary>
    public ModelConfig WithGenerationStops(ModelConfig config, int? endOfTurn)
    {
        if (ReadText(GenerationFile) is not { } json) return config;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (!document.RootElement.TryGetProperty("eos_token_id", out var ends) || ends.ValueKind == JsonValueKind.Null) return config;
            int[] ids = ends.ValueKind == JsonValueKind.Array ? [.. ends.EnumerateArray().Select(id => id.GetInt32())] : [ends.GetInt32()];
            return config with { EosTokenIds = [.. config.EosTokenIds.Union(ids.Where(id => id >= 0 && id < config.VocabSize && id != endOfTurn))] };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{Source(GenerationFile)}: not a JSON object whose eos_token_id is a token id or a list of them ({e.Message}).", e);
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
