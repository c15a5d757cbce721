using System.Text;
using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>The tokenizer and chat template in a GGUF file's metadata, as the files of a Hugging Face folder.</summary>
internal sealed class GgufTokenizerReader
{
    private readonly GgufReader _file;
    private readonly string[] _tokens;
    private readonly PieceKind[] _kinds;

    private GgufTokenizerReader(GgufReader file)
    {
        _file = file;
        _tokens = Texts("tokenizer.ggml.tokens") ?? throw Bad("there is no tokenizer.ggml.tokens");
        if (_tokens.Length is 0 or > TokenizerJson.MaxId) throw Bad($"tokenizer.ggml.tokens has {_tokens.Length} tokens");
        var types = Items("tokenizer.ggml.token_type");
        if (types is not null && types.Length != _tokens.Length) throw Bad($"tokenizer.ggml.token_type has {types.Length} entries for {_tokens.Length} tokens");
        _kinds = [.. Enumerable.Range(0, _tokens.Length).Select(i => types is null ? PieceKind.Normal
            : types[i] is int kind and >= 1 and <= 6 ? (PieceKind)kind : throw Bad($"tokenizer.ggml.token_type[{i}] is {types[i]}, expected a whole number from 1 to 6"))];
    }

    /// <summary>Opens the files that the metadata stands for, by name.</summary>
    /// <exception cref="InvalidDataException">The tokenizer's kind is not supported, or what is said of it does not fit together; the message names it.</exception>
    public static Func<string, Stream?> Files(GgufReader file)
    {
        var reader = new GgufTokenizerReader(file);
        var files = new Dictionary<string, byte[]>();
        string model = file.Metadata.GetValueOrDefault("tokenizer.ggml.model") as string ?? "";
        var whole = file.Metadata.GetValueOrDefault(GgufTokenizerWriter.HuggingFaceJson) as string;
        switch (model)
        {
            case "gpt2":
                files[TokenizerJson.FileName] = whole is null ? reader.ByteLevel() : Encoding.UTF8.GetBytes(whole);
                break;
            case "llama":
                if (whole is null) files[SentencePieceFile.FileName] = reader.SentencePiece();
                else files[TokenizerJson.FileName] = Encoding.UTF8.GetBytes(whole);
                break;
            default:
                throw reader.Bad($"tokenizer.ggml.model is '{ConfigKeys.Shorten(model)}'; supported are gpt2 and llama");
        }
        files[TokenizerConfig.FileName] = reader.Config(model == "llama");
        return name => files.TryGetValue(name, out var bytes) ? new MemoryStream(bytes) : null;
    }

    private byte[] ByteLevel()
    {
        var name = _file.Metadata.GetValueOrDefault("tokenizer.ggml.pre") as string ?? "default";
        var pre = GgufPreTokenizer.Find(name) ?? throw Bad($"tokenizer.ggml.pre is '{ConfigKeys.Shorten(name)}'; supported are {GgufPreTokenizer.Names}");
        var vocab = new JsonObject();
        var added = new JsonArray();
        for (int id = 0; id < _tokens.Length; id++)
        {
            if (IsPadding(id)) continue;
            if (_kinds[id] is PieceKind.Control or PieceKind.UserDefined or PieceKind.Unknown) added.Add(Added(id));
            else if (!vocab.TryAdd(_tokens[id], id)) throw Bad($"tokenizer.ggml.tokens has '{_tokens[id]}' twice, at {vocab[_tokens[id]]} and {id}");
        }
        var merges = new JsonArray();
        foreach (var merge in Texts("tokenizer.ggml.merges") ?? throw Bad("there is no tokenizer.ggml.merges"))
        {
            int blank = merge.IndexOf(' ', Math.Min(1, merge.Length));
            if (blank <= 0 || blank == merge.Length - 1) throw Bad($"tokenizer.ggml.merges[{merges.Count}] is '{ConfigKeys.Shorten(merge)}', expected two tokens");
            merges.Add(new JsonArray(merge[..blank], merge[(blank + 1)..]));
        }
        var (bos, eos) = (Around("bos", pre.AddsBos), Around("eos", false));
        var byteLevel = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = false, ["use_regex"] = true };
        var root = new JsonObject
        {
            ["version"] = "1.0", ["truncation"] = null, ["padding"] = null, ["added_tokens"] = added, ["normalizer"] = pre.Composes ? new JsonObject { ["type"] = "NFC" } : null, ["pre_tokenizer"] = pre.ToJson(),
            ["post_processor"] = bos is null && eos is null ? byteLevel : new JsonObject { ["type"] = "Sequence", ["processors"] = new JsonArray(byteLevel, Template(bos, eos)) },
            ["decoder"] = byteLevel.DeepClone(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = null, ["continuing_subword_prefix"] = null, ["end_of_word_suffix"] = null, ["fuse_unk"] = false, ["byte_fallback"] = false,
                ["ignore_merges"] = pre.IgnoresMerges, ["vocab"] = vocab, ["merges"] = merges,
            },
        };
        return Bytes(root);
    }

    private JsonObject Added(int id) => new()
    {
        ["id"] = id, ["content"] = _tokens[id], ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = _kinds[id] != PieceKind.UserDefined,
    };

    private JsonObject Template(int? bos, int? eos)
    {
        JsonNode Token(int id, int type) => new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = _tokens[id], ["type_id"] = type } };
        IEnumerable<JsonNode> One(string sequence, int type)
        {
            if (bos is { } b) yield return Token(b, type);
            yield return new JsonObject { ["Sequence"] = new JsonObject { ["id"] = sequence, ["type_id"] = type } };
            if (eos is { } e) yield return Token(e, type);
        }
        var special = new JsonObject();
        foreach (int id in new[] { bos, eos }.OfType<int>().Distinct()) special[_tokens[id]] = new JsonObject { ["id"] = _tokens[id], ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(_tokens[id]) };
        return new JsonObject { ["type"] = "TemplateProcessing", ["single"] = new JsonArray([.. One("A", 0)]), ["pair"] = new JsonArray([.. One("A", 0), .. One("B", 1)]), ["special_tokens"] = special };
    }

    private byte[] SentencePiece()
    {
        var scores = Items("tokenizer.ggml.scores") ?? throw Bad("there is no tokenizer.ggml.scores");
        if (scores.Length != _tokens.Length) throw Bad($"tokenizer.ggml.scores has {scores.Length} entries for {_tokens.Length} tokens");
        int unknown = Id("unknown") ?? Math.Max(0, Array.IndexOf(_kinds, PieceKind.Unknown));
        int count = _tokens.Length;
        while (count > 1 && IsPadding(count - 1)) count--;
        if (unknown >= count) throw Bad($"tokenizer.ggml.unknown_token_id is {unknown}, which is no token");
        var pieces = new List<SentencePiece>();
        for (int id = 0; id < count; id++)
        {
            if (scores[id] is not float score || !float.IsFinite(score)) throw Bad($"tokenizer.ggml.scores[{id}] is {scores[id]}, expected a finite number");
            if (_tokens[id].Length == 0) throw Bad($"tokenizer.ggml.tokens[{id}] is empty");
            // Rows without a token stand for nothing; some converters call the unknown token a control token.
            var kind = id == unknown ? PieceKind.Unknown : _kinds[id] is PieceKind.Unused or PieceKind.Unknown ? PieceKind.Control : _kinds[id];
            pieces.Add(new SentencePiece(kind == PieceKind.UserDefined ? _tokens[id].Replace(' ', '▁') : _tokens[id], score, kind));
        }
        return SentencePieceProto.Write(pieces, pieces.Any(p => p.Kind == PieceKind.Byte), Flag("tokenizer.ggml.add_space_prefix") ?? true, Flag("tokenizer.ggml.remove_extra_whitespaces") ?? false, unknown, Id("bos"), Id("eos"), Id("padding"));
    }

    private byte[] Config(bool sentencePiece)
    {
        var o = new JsonObject { ["tokenizer_class"] = sentencePiece ? "LlamaTokenizer" : "PreTrainedTokenizerFast", ["clean_up_tokenization_spaces"] = false };
        foreach (var (setting, name) in new[] { ("bos_token", "bos"), ("eos_token", "eos"), ("unk_token", "unknown"), ("pad_token", "padding") })
            if (Id(name) is { } id && !IsPadding(id)) o[setting] = _tokens[id];
        if (sentencePiece) (o["add_bos_token"], o["add_eos_token"]) = (Flag("tokenizer.ggml.add_bos_token") ?? true, Flag("tokenizer.ggml.add_eos_token") ?? false);
        var template = _file.Metadata.GetValueOrDefault(GgufTokenizerWriter.ChatTemplate) as string;
        var others = (Texts("tokenizer.chat_templates") ?? []).Select(n => (Name: n, Text: _file.Metadata.GetValueOrDefault($"{GgufTokenizerWriter.ChatTemplate}.{n}") as string)).Where(t => t.Text is not null && t.Name != "default").ToList();
        if (others.Count == 0 && template is not null) o["chat_template"] = template;
        else if (others.Count > 0)
            o["chat_template"] = new JsonArray([.. others.Prepend((Name: "default", Text: template)).Where(t => t.Text is not null).Select(t => (JsonNode)new JsonObject { ["name"] = t.Name, ["template"] = t.Text })]);
        return Bytes(o);
    }

    // Rows of the embedding that have no token.
    private bool IsPadding(int id) => _kinds[id] == PieceKind.Unused && _tokens[id].StartsWith("[PAD", StringComparison.Ordinal);

    private int? Around(string name, bool otherwise) => Flag($"tokenizer.ggml.add_{name}_token") ?? otherwise ? Id(name) : null;

    private int? Id(string name) => _file.Number($"tokenizer.ggml.{name}_token_id") switch
    {
        null => null,
        uint.MaxValue => null,
        >= 0 and var id when id < _tokens.Length => (int)id,
        var other => throw Bad($"tokenizer.ggml.{name}_token_id is {other}, there are {_tokens.Length} tokens"),
    };

    private bool? Flag(string key) => _file.Metadata.GetValueOrDefault(key) switch { null => null, bool b => b, var other => throw Bad($"{key} is {other}, expected true or false") };

    private string[]? Texts(string key) => Items(key)?.Select((item, i) => item as string ?? throw Bad($"{key}[{i}] is {item}, expected a text")).ToArray();

    private object[]? Items(string key) => _file.Metadata.GetValueOrDefault(key) switch { null => null, object[] items => items, var other => throw Bad($"{key} is {other}, expected a list") };

    private static byte[] Bytes(JsonObject o) => Encoding.UTF8.GetBytes(o.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");

    private InvalidDataException Bad(string what) => new($"{_file.Source}: {what}.");
}
