using System.Text;
using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>A tokenizer as metadata, as llama.cpp reads it: <c>gpt2</c> is byte-level BPE with its merges, <c>llama</c> SentencePiece's BPE with scores. tokenizer.json itself goes along.</summary>
internal static class GgufTokenizerWriter
{
    public const string HuggingFaceJson = "tokenizer.huggingface.json", ChatTemplate = "tokenizer.chat_template";
    private const float AddedScore = -1000;

    /// <exception cref="NotSupportedException">llama.cpp does not have such a tokenizer; the message says what.</exception>
    public static IEnumerable<(string Key, object Value)> Write(LanguageModelTokenizer tokenizer, ChatTemplate? template, ModelConfig config)
    {
        var (name, bytes) = tokenizer.SourceFile;
        var vocabulary = new Vocabulary(config.VocabSize);
        var pairs = name == TokenizerJson.FileName ? FromJson(bytes, vocabulary) : FromSentencePiece(bytes, vocabulary);
        foreach (var pair in pairs.ToList()) yield return pair;
        yield return ("tokenizer.ggml.tokens", vocabulary.Tokens);
        if (vocabulary.Scored) yield return ("tokenizer.ggml.scores", vocabulary.Scores);
        yield return ("tokenizer.ggml.token_type", vocabulary.Types);
        foreach (var pair in Special(tokenizer, template, config)) yield return pair;
        if (name == TokenizerJson.FileName) yield return (HuggingFaceJson, Encoding.UTF8.GetString(bytes));
        if (template is null) yield break;
        yield return (ChatTemplate, template.Jinja);
        var others = tokenizer.ChatTemplates.Where(t => t.Key != "default").ToList();
        if (others.Count == 0) yield break;
        yield return ("tokenizer.chat_templates", others.Select(t => t.Key).ToArray());
        foreach (var (key, text) in others) yield return ($"{ChatTemplate}.{key}", text);
    }

    private static IEnumerable<(string, object)> Special(LanguageModelTokenizer tokenizer, ChatTemplate? template, ModelConfig config)
    {
        var around = tokenizer.Encode("", addSpecialTokens: true);
        int[] before = tokenizer.Before.ToArray(), behind = around[before.Length..];
        int? bos = tokenizer.BosTokenId ?? (before.Length == 1 ? before[0] : config.BosTokenId), eos = tokenizer.EosTokenId ?? (config.EosTokenIds.Count > 0 ? config.EosTokenIds[0] : null);
        if (before.Length > 1 || before.Length == 1 && before[0] != bos) throw Unsupported($"the tokens {Shown(tokenizer, before)} before a text", "bos_token or nothing");
        if (behind.Length > 1 || behind.Length == 1 && behind[0] != eos) throw Unsupported($"the tokens {Shown(tokenizer, behind)} behind a text", "eos_token or nothing");
        if (bos is { } b) yield return ("tokenizer.ggml.bos_token_id", (uint)b);
        if (eos is { } e) yield return ("tokenizer.ggml.eos_token_id", (uint)e);
        // What ends a turn, where that is another token.
        int? turn = template is null ? null : tokenizer.TokenToId(template.EndOfTurn);
        if (config.EosTokenIds.Cast<int?>().Prepend(turn).FirstOrDefault(id => id is not null && id != eos) is { } end) yield return ("tokenizer.ggml.eot_token_id", (uint)end);
        if (tokenizer.UnkTokenId is { } unknown) yield return ("tokenizer.ggml.unknown_token_id", (uint)unknown);
        if ((config.PadTokenId ?? tokenizer.PadTokenId) is { } pad and >= 0) yield return ("tokenizer.ggml.padding_token_id", (uint)pad);
        yield return ("tokenizer.ggml.add_bos_token", before.Length > 0);
        yield return ("tokenizer.ggml.add_eos_token", behind.Length > 0);
    }

    private static string Shown(LanguageModelTokenizer tokenizer, int[] ids) => string.Join(" ", ids.Select(tokenizer.IdToToken));

    private static IEnumerable<(string, object)> FromJson(byte[] json, Vocabulary vocabulary)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var model = root.GetProperty("model");
        if (model.GetProperty("vocab").ValueKind != JsonValueKind.Object) throw Unsupported("a Unigram model", "BPE");
        var merges = model.GetProperty("merges").EnumerateArray().Select(Pair).ToList();
        bool fallback = TokenizerJson.Flag(model, "byte_fallback");
        foreach (var token in model.GetProperty("vocab").EnumerateObject()) vocabulary.Add(token.Value.GetInt32(), token.Name, SentencePieceType(token.Name, fallback), 0);
        var added = TokenizerJson.Section(root, "added_tokens") is { } tokens ? tokens.EnumerateArray().ToList() : [];
        foreach (var token in added)
        {
            var content = token.GetProperty("content").GetString()!;
            bool special = TokenizerJson.Flag(token, "special");
            vocabulary.Add(token.GetProperty("id").GetInt32(), special || !fallback ? content : content.Replace('▁', ' '), special ? PieceKind.Control : PieceKind.UserDefined, AddedScore);
        }
        if (!fallback)
        {
            var pre = GgufPreTokenizer.NameOf(root)
                ?? throw Unsupported($"the pre_tokenizer {Raw(root, "pre_tokenizer")} with the normalizer {Raw(root, "normalizer")}", $"those that it calls {GgufPreTokenizer.Names}");
            return [("tokenizer.ggml.model", "gpt2"), ("tokenizer.ggml.pre", pre), ("tokenizer.ggml.merges", merges.Select(m => $"{m.Left} {m.Right}").ToArray())];
        }
        if (TokenizerJson.Text(model, "unk_token") is { } unknown && model.GetProperty("vocab").TryGetProperty(unknown, out var id)) vocabulary.Add(id.GetInt32(), unknown, PieceKind.Unknown, 0);
        vocabulary.Score(merges);
        return [("tokenizer.ggml.model", "llama"), ("tokenizer.ggml.pre", "default"), ("tokenizer.ggml.add_space_prefix", AddsPrefix(root)), ("tokenizer.ggml.remove_extra_whitespaces", false)];
    }

    private static IEnumerable<(string, object)> FromSentencePiece(byte[] bytes, Vocabulary vocabulary)
    {
        var file = SentencePieceFile.Read(bytes);
        if (!file.IsBpe) throw Unsupported("a Unigram model", "BPE");
        if (file.CharsMap is not null) throw Unsupported("a normalizer with a precompiled_charsmap", "none");
        for (int id = 0; id < file.Pieces.Count; id++)
        {
            var piece = file.Pieces[id];
            vocabulary.Add(id, piece.Kind == PieceKind.UserDefined ? piece.Text.Replace('▁', ' ') : piece.Text, piece.Kind, piece.Score);
        }
        vocabulary.Scored = true;
        return [("tokenizer.ggml.model", "llama"), ("tokenizer.ggml.pre", "default"), ("tokenizer.ggml.add_space_prefix", file.AddDummyPrefix), ("tokenizer.ggml.remove_extra_whitespaces", file.RemoveExtraWhitespaces)];
    }

    // SentencePiece's blanks: by normalizer or by Metaspace. Whether one is put in front.
    private static bool AddsPrefix(JsonElement root)
    {
        var normalizer = TokenizerJson.Section(root, "normalizer");
        var steps = normalizer is not { } n ? [] : TokenizerJson.Type(n) == "Sequence" ? n.GetProperty("normalizers").EnumerateArray().ToList() : [n];
        bool prepends = false, replaces = false;
        foreach (var step in steps)
            switch (TokenizerJson.Type(step))
            {
                case "Prepend" when TokenizerJson.Text(step, "prepend") == "▁":
                    prepends = true;
                    break;
                case "Replace" when TokenizerJson.Text(step, "content") == "▁" && step.TryGetProperty("pattern", out var pattern) && TokenizerJson.Text(pattern, "String") == " ":
                    replaces = true;
                    break;
                default:
                    throw Unsupported($"the normalizer {Raw(root, "normalizer")}", "blanks as ▁");
            }
        if (TokenizerJson.Section(root, "pre_tokenizer") is not { } pre) return replaces ? prepends : throw Unsupported("neither normalizer nor pre_tokenizer", "blanks as ▁");
        if (TokenizerJson.Type(pre) == "Metaspace" && TokenizerJson.Text(pre, "replacement") == "▁") return prepends || (TokenizerJson.Text(pre, "prepend_scheme") ?? "always") != "never";
        // Gemma's only cuts where no piece reaches across.
        if (TokenizerJson.Type(pre) == "Split" && replaces) return prepends;
        throw Unsupported($"the pre_tokenizer {Raw(root, "pre_tokenizer")}", "Metaspace or none");
    }

    private static PieceKind SentencePieceType(string token, bool fallback) =>
        fallback && token is ['<', '0', 'x', var a, var b, '>'] && char.IsAsciiHexDigit(a) && char.IsAsciiHexDigit(b) ? PieceKind.Byte : PieceKind.Normal;

    private static (string Left, string Right) Pair(JsonElement merge) => merge.ValueKind == JsonValueKind.Array ? (merge[0].GetString()!, merge[1].GetString()!)
        : merge.GetString()!.Split(' ', 2) is [var left, var right] ? (left, right) : ("", "");

    private static string Raw(JsonElement root, string name) => TokenizerJson.Section(root, name) is { } section ? ConfigKeys.Shorten(section.GetRawText()) : "none";

    private static NotSupportedException Unsupported(string what, string has) => new($"This tokenizer cannot be written as GGUF: it has {what}; llama.cpp has {has}.");

    /// <summary>One entry for each row of the embedding; rows without a token are called so.</summary>
    private sealed class Vocabulary
    {
        public Vocabulary(int size)
        {
            (Tokens, Scores, Types) = ([.. Enumerable.Range(0, size).Select(i => $"[PAD{i}]")], new float[size], new int[size]);
            Array.Fill(Types, (int)PieceKind.Unused);
            Array.Fill(Scores, -10_000);
        }

        public string[] Tokens { get; }
        public float[] Scores { get; }
        public int[] Types { get; }
        public bool Scored { get; set; }

        public void Add(int id, string token, PieceKind kind, float score) => (Tokens[id], Types[id], Scores[id]) = (token, (int)kind, score);

        /// <summary>Scores from which SentencePiece's way, best score first, gives these merges.</summary>
        public void Score(List<(string Left, string Right)> merges)
        {
            Scored = true;
            var ids = new Dictionary<string, int>();
            for (int id = 0; id < Tokens.Length; id++)
                if (Types[id] == (int)PieceKind.Normal) ids.TryAdd(Tokens[id], id);
            var merged = new HashSet<int>();
            for (int rank = 0; rank < merges.Count; rank++)
                if (ids.TryGetValue(merges[rank].Left + merges[rank].Right, out int id) && merged.Add(id)) Scores[id] = -rank;
            foreach (int id in ids.Values)
                if (!merged.Contains(id)) Scores[id] = -merges.Count;
        }
    }
}
