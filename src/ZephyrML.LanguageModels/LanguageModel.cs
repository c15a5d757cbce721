using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>A network with its tokenizer and chat template: what a folder of Hugging Face's layout holds.</summary>
public sealed class LanguageModel : IDisposable
{
    private string? _baseHash, _weightsHash;
    private Func<CausalLM>? _readBase;
    private IDisposable? _held;

    private LanguageModel(CausalLM network, LanguageModelTokenizer tokenizer, ChatTemplate template)
    {
        (Network, Tokenizer, Template) = (network, tokenizer, template);
        var stops = Config.EosTokenIds.ToList();
        if (tokenizer.TokenToId(template.EndOfTurn) is { } end) stops.Add(end);
        StopTokenIds = [.. stops.Distinct()];
    }

    /// <summary>The decoder.</summary>
    public CausalLM Network { get; }

    /// <summary>The decoder's shape and settings.</summary>
    public ModelConfig Config => Network.Config;

    /// <summary>Text to token ids and back.</summary>
    public LanguageModelTokenizer Tokenizer { get; }

    /// <summary>How a dialogue is written out for this model.</summary>
    public ChatTemplate Template { get; }

    /// <summary>Tokens that end a reply: the configuration's eos tokens and the template's end of turn.</summary>
    public int[] StopTokenIds { get; }

    /// <summary>Where the base's weights were read from, as it was given; null: from nowhere, or they were trained since.</summary>
    public string? BaseModel { get; private set; }

    /// <summary>Reads a folder: config.json, tokenizer.json and its like, and model.safetensors (or shards with an index) or model.gguf. A GGUF file alone will do, in a folder or by its own path: configuration, tokenizer and chat template are then those of its metadata. Or the folder of an adapter of PEFT's, which is laid on the model that its configuration names.</summary>
    /// <param name="folder">The model's or the adapter's folder, or a GGUF file.</param>
    /// <param name="options">How.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder or file.</exception>
    /// <exception cref="FileNotFoundException">The folder lacks a file; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is malformed or not supported, or the weights do not fit the configuration.</exception>
    /// <exception cref="NotSupportedException">The tokenizer asks for something that is not supported.</exception>
    public static LanguageModel Load(string folder, LanguageModelOptions? options = null)
    {
        if (File.Exists(folder))
        {
            var single = Read(name => name == LanguageModelReader.GgufFile ? File.OpenRead(folder) : null, options, "", folder);
            single.BaseModel = folder;
            return single;
        }
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no model folder '{folder}'.");
        // A folder of nothing but a GGUF file of any name is that file.
        if (!File.Exists(Path.Combine(folder, LanguageModelReader.ConfigFile)) && !AdapterFolder.Is(folder) && Directory.GetFiles(folder, "*.gguf") is [var only]) return Load(only, options);
        if (AdapterFolder.Is(folder)) return AdapterFolder.Load(folder, options ?? new());
        var model = Read(OpenIn(folder), options, folder);
        model.BaseModel = folder;
        return model;
    }

    /// <summary>Opens the files of a folder by their names.</summary>
    internal static Func<string, Stream?> OpenIn(string folder) => name => Path.Combine(folder, name) is var path && File.Exists(path) ? File.OpenRead(path) : null;

    /// <summary>Reads a model by its files' names, wherever they are.</summary>
    /// <param name="open">Opens a file by name, at its beginning; null where there is none.</param>
    /// <param name="options">How.</param>
    /// <exception cref="FileNotFoundException">A file is missing; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is malformed or not supported, or the weights do not fit the configuration.</exception>
    /// <exception cref="NotSupportedException">The tokenizer asks for something that is not supported.</exception>
    public static LanguageModel Read(Func<string, Stream?> open, LanguageModelOptions? options = null) => Read(open, options, "");

    /// <summary>A model with random weights.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="tokenizer">Its tokenizer; must not have more tokens than the configuration.</param>
    /// <param name="template">Its chat template.</param>
    /// <param name="seed">See <see cref="CausalLM"/>.</param>
    public static LanguageModel Create(ModelConfig config, LanguageModelTokenizer tokenizer, ChatTemplate template, int seed)
    {
        LanguageModelReader.CheckVocabulary(config, tokenizer, "The tokenizer");
        LanguageModelReader.CheckTemplate(template, tokenizer);
        return new LanguageModel(new CausalLM(config, seed: seed), tokenizer, template);
    }

    /// <summary>SHA-256, in hexadecimal, over names, types, shapes and bytes of the base's weights, as they were before they were quantised; the model's own hash where it has no adapter and is not quantised.</summary>
    public string BaseHash => _baseHash ??= Network.BaseHash();

    /// <summary>SHA-256, in hexadecimal, over all that the network computes with: the base's weights, how they are quantised, the adapter. Computed when asked for and kept until <see cref="WeightsChanged"/>.</summary>
    public string WeightsHash => _weightsHash ??= ComputeHash();

    /// <summary>To be called when the weights were changed. A base that is quantised or has an adapter is not: it counts as it was.</summary>
    public void WeightsChanged()
    {
        _weightsHash = null;
        if (Network.Adapter is null && Network.Quantization is null) (_baseHash, BaseModel, _readBase) = (null, null, null);
    }

    /// <summary>A model with a copy of the weights; tokenizer and template, which never change, are shared.</summary>
    /// <param name="shareBase">Keep the base's weights in the same memory: only for bases that stay as they are.</param>
    /// <param name="withAdapter">Whether the adapter is copied too.</param>
    /// <param name="dataType">The type of the base's weights in the copy; null: as here. Another type, or another device, is never shared.</param>
    /// <param name="device">Where the copy is; null: as here.</param>
    public LanguageModel Clone(bool shareBase = false, bool withAdapter = true, ScalarType? dataType = null, Device? device = null)
    {
        var clone = With(Network.Clone(shareBase, withAdapter, dataType, device));
        if (!withAdapter) clone._weightsHash = null;
        if (clone.Network.DataType != Network.DataType) clone._baseHash = clone._weightsHash = null;
        return clone;
    }

    /// <summary>The same model without its adapter's files apart: a model with the adapter merged into a copy of the base's weights, read again where the base is quantised. A copy where there is no adapter.</summary>
    /// <exception cref="InvalidOperationException">The base is quantised, and what it was made of is not there any more.</exception>
    public LanguageModel Merged()
    {
        var network = Unquantized();
        try
        {
            if (Network.Adapter is { } adapter)
            {
                network.CopyAdapter(adapter);
                network.Adapter!.Merge();
                network = network.TakeMerged();
            }
            return new LanguageModel(network, Tokenizer, Template);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>A model with the base's weights, not quantised and without an adapter: a copy, or read again.</summary>
    /// <exception cref="InvalidOperationException">The base is quantised, and what it was made of is not there any more.</exception>
    public LanguageModel Base() => new(Unquantized(), Tokenizer, Template) { BaseModel = BaseModel, _baseHash = BaseHash };

    /// <summary>Whether the base's weights can be had whole again: they are not quantised, or where they were read from is known.</summary>
    public bool HasWholeBase => Network.Quantization is null || _readBase is not null;

    /// <summary>Quantises the linear layers (<see cref="CausalLM.Quantize(Nf4Options?)"/>). The weights that they had are read again when they are needed, to save or to merge: from where this model was read, or from another source.</summary>
    /// <param name="options">How; null: defaults.</param>
    /// <param name="source">Gives a network with the weights as they are now, for the caller to keep; null: where this model was read.</param>
    public void Quantize(Nf4Options? options = null, Func<CausalLM>? source = null)
    {
        _ = BaseHash;
        Network.Quantize(options);
        if (source is not null) SetSource(source);
        _weightsHash = null;
    }

    /// <summary>Tells where the base's weights can be had from, where they are quantised: a network with them, for the caller to keep.</summary>
    /// <param name="source">Gives the network; null: as before.</param>
    /// <param name="held">What the source needs, disposed with this model; null: nothing.</param>
    public void SetSource(Func<CausalLM>? source, IDisposable? held = null) => (_readBase, _held) = (source ?? _readBase, held ?? _held);

    /// <summary>The files that hold this model, or where it has an adapter its base, and that <see cref="Read(Func{string, Stream?}, LanguageModelOptions?)"/> reads: config.json, model.safetensors, zephyr.json (the chat template's name) and the tokenizer's. Each writes itself in a stream, without a copy of the weights.</summary>
    public IEnumerable<(string Name, Action<Stream> Write)> Files()
    {
        yield return (LanguageModelReader.ConfigFile, Text(Config.ToJson(TypeName)));
        yield return (LanguageModelReader.WeightsFile, WriteBase);
        yield return (LanguageModelReader.RecordFile, Text(new JsonObject { ["format"] = 1, ["chat_template"] = Template.Name }.ToJsonString()));
        var tokenizer = Tokenizer.ChatTemplateName == Template.Name || Tokenizer.ChatTemplateText == Template.Jinja ? Tokenizer : Tokenizer.WithChatTemplate(Template);
        foreach (var file in tokenizer.Files()) yield return file;
    }

    /// <summary>The adapter's files, as PEFT has them; none where there is no adapter.</summary>
    /// <param name="baseModel">What they call the base; null: <see cref="BaseModel"/>.</param>
    public IEnumerable<(string Name, Action<Stream> Write)> AdapterFiles(string? baseModel = null)
    {
        if (Network.Adapter is not { } adapter) yield break;
        foreach (var file in adapter.Files(baseModel ?? BaseModel)) yield return file;
        yield return (LanguageModelReader.RecordFile, Text(new JsonObject { ["format"] = 1, ["chat_template"] = Template.Name, [AdapterFolder.BaseHashKey] = BaseHash, [AdapterFolder.BaseTypeKey] = Network.DataType.ToString() }.ToJsonString()));
    }

    /// <summary>Writes a folder that transformers and <see cref="Load"/> read. Each file appears under its name only when it is whole. An adapter is merged into the weights that are written.</summary>
    /// <param name="folder">The folder; made if it is not there. Files of the same name are replaced.</param>
    public void SaveHuggingFace(string folder)
    {
        if (Network.Adapter is not null)
        {
            using var merged = Merged();
            merged.SaveHuggingFace(folder);
            return;
        }
        Directory.CreateDirectory(folder);
        foreach (var (name, write) in Files().Append((LanguageModelReader.GenerationFile, Text(GenerationConfig())))) WholeFile.Write(Path.Combine(folder, name), write);
    }

    /// <summary>Writes one GGUF file with metadata, tokenizer and chat template, which llama.cpp and Ollama (<c>FROM ./model.gguf</c>) read, and <see cref="Load"/> too. It appears under its name only when it is whole; tensors are converted one after the other. An adapter is merged into the weights that are written.</summary>
    /// <param name="path">The file; its folder is made if it is not there. A file of that name is replaced.</param>
    /// <param name="type">How the matrices are stored.</param>
    /// <exception cref="NotSupportedException">llama.cpp does not compute such a model or does not have such a tokenizer; the message names what.</exception>
    public void SaveGguf(string path, GgufType type)
    {
        if (Network.Adapter is not null || Network.Quantization is not null)
        {
            using var merged = Merged();
            merged.SaveGguf(path, type);
            return;
        }
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        GgufModel.Save(path, Network, Tokenizer, Template, type);
    }

    /// <summary>Writes the adapter alone, as PEFT does; zephyr.json beside it tells which base it belongs to. Each file appears under its name only when it is whole.</summary>
    /// <param name="folder">The folder; made if it is not there. Files of the same name are replaced.</param>
    /// <param name="baseModel">The base's folder, as the adapter's configuration shall name it; null: <see cref="BaseModel"/>.</param>
    /// <exception cref="InvalidOperationException">There is no adapter.</exception>
    public void SaveAdapter(string folder, string? baseModel = null)
    {
        if (Network.Adapter is null) throw new InvalidOperationException("The model has no adapter to save.");
        Directory.CreateDirectory(folder);
        foreach (var (name, write) in AdapterFiles(baseModel)) WholeFile.Write(Path.Combine(folder, name), write);
    }

    /// <summary>Frees the weights.</summary>
    public void Dispose()
    {
        Network.Dispose();
        _held?.Dispose();
    }

    /// <summary>The base's network without quantisation and adapter, for the caller to keep.</summary>
    private CausalLM Unquantized()
    {
        if (Network.Quantization is null) return Network.Clone(withAdapter: false);
        if (_readBase is null) throw new InvalidOperationException("The base is quantised, and what it was made of is not there any more: load the model from its folder.");
        var network = _readBase();
        if (network.BaseHash() == BaseHash) return network;
        network.Dispose();
        throw new InvalidOperationException($"The base is quantised, and the weights that it was made of have changed since{(BaseModel is null ? "" : $" (in '{BaseModel}')")}.");
    }

    private LanguageModel With(CausalLM network) => new(network, Tokenizer, Template) { _baseHash = _baseHash, _weightsHash = _weightsHash, _readBase = _readBase, BaseModel = BaseModel };

    private void WriteBase(Stream stream)
    {
        using var read = Network.Quantization is null ? null : Unquantized();
        SafeTensorsWriter.Write(stream, [.. (read ?? Network).NamedWeights.Select(w => (w.Name, (Tensor)w.Weight))], new Dictionary<string, string> { ["format"] = "pt" });
    }

    private static LanguageModel Read(Func<string, Stream?> open, LanguageModelOptions? options, string folder, string? gguf = null)
    {
        LanguageModelReader Reader(LanguageModelOptions how) => gguf is null ? new(open, how, folder) : new(name => name == gguf ? open(LanguageModelReader.GgufFile) : null, how, folder, gguf);
        using var reader = Reader(options ?? new LanguageModelOptions());
        var config = reader.ReadConfig();
        var (tokenizer, template) = reader.ReadTokenizer(config);
        config = reader.WithGenerationStops(config, tokenizer.TokenToId(template.EndOfTurn));
        var model = new LanguageModel(reader.ReadNetwork(config), tokenizer, template);
        var whole = new LanguageModelOptions { DataType = model.Network.DataType, Device = options?.Device };
        if (folder.Length > 0 || gguf is not null)
            model._readBase = () =>
            {
                using var again = Reader(whole);
                return again.ReadNetwork(config);
            };
        return model;
    }

    private static Action<Stream> Text(string text) => stream => stream.Write(Encoding.UTF8.GetBytes(text));

    private string TypeName => Network.DataType switch
    {
        ScalarType.Float16 => "float16",
        ScalarType.BFloat16 => "bfloat16",
        var other => other.ToString().ToLowerInvariant(),
    };

    private string GenerationConfig()
    {
        var json = new JsonObject { ["_from_model_config"] = false, ["bos_token_id"] = Config.BosTokenId, ["eos_token_id"] = new JsonArray([.. StopTokenIds.Select(id => (JsonNode)id)]) };
        if ((Config.PadTokenId ?? Tokenizer.PadTokenId) is { } pad) json["pad_token_id"] = pad;
        return json.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    private string ComputeHash()
    {
        if (Network.Adapter is null && Network.Quantization is null) return BaseHash;
        var lines = new List<string> { $"base|{BaseHash}\n" };
        if (Network.Quantization is { } q) lines.Add(string.Create(CultureInfo.InvariantCulture, $"nf4|{q.BlockSize}|{q.DoubleQuantization}\n"));
        if (Network.Adapter is { } adapter) lines.AddRange([.. adapter.Adapted.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Name}|{m.Map?.Lora?.Scale ?? m.Table!.Lora!.Scale}\n")), .. adapter.Weights.Select(w => LanguageModels.WeightsHash.Line(w.Name, w.Weight))]);
        return LanguageModels.WeightsHash.Of(lines);
    }
}
