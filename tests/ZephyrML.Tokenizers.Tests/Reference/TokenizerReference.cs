using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;
using static ZephyrML.Tokenizers.Tests.ReferenceText;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Compares a tokenizer with what the libraries give: for every case null, or what is different.</summary>
internal static class TokenizerReference
{
    /// <summary>Everything that a fixture holds.</summary>
    public static IEnumerable<string?> All(TokenizerFixture fixture)
        => Encoding(fixture).Concat(Decoding(fixture)).Concat(Streaming(fixture)).Concat(SentencePiece(fixture)).Concat(Chats(fixture)).Concat(Saving(fixture));

    public static IEnumerable<string?> Encoding(TokenizerFixture fixture) => fixture.Cases("cases").Select(c => Guarded(() => Encoded(fixture.Library, c)));

    public static IEnumerable<string?> Decoding(TokenizerFixture fixture) => fixture.Cases("decode_only").Select(c => Guarded(() => Decoded(fixture.Library, c)));

    public static IEnumerable<string?> Streaming(TokenizerFixture fixture) => fixture.Cases("streaming").Select(c => Guarded(() => Streamed(fixture.Library, c)));

    /// <summary>What sentencepiece itself makes of its model file.</summary>
    public static IEnumerable<string?> SentencePiece(TokenizerFixture fixture)
    {
        if (fixture.Results["sentencepiece"] is null)
            return [];
        var tokenizer = LanguageModelTokenizer.ReadSentencePiece(fixture.File("tokenizer.model"));
        return fixture.Cases("sentencepiece").Select(c => Guarded(() =>
            {
                var text = (string)c["text"]!;
                return Difference("sentencepiece's ids", text, Join(Numbers(c["ids"])), Join(tokenizer.Encode(text))) ?? Whole(tokenizer, c);
            }))
            .Concat(fixture.Cases("sentencepiece_decode_only").Select(c => Guarded(() => Whole(tokenizer, c))));

        static string? Whole(LanguageModelTokenizer tokenizer, JsonNode entry)
            => Difference("sentencepiece's text", Join(Numbers(entry["ids"])), (string)entry["decoded"]!, tokenizer.Decode(Numbers(entry["ids"]), skipSpecialTokens: false));
    }

    /// <summary>Chats by the templates beside the tokenizer: text, ids, training mask.</summary>
    public static IEnumerable<string?> Chats(TokenizerFixture fixture)
    {
        var special = fixture.Results["chat_special"]?.AsObject().Where(t => t.Value is JsonValue).ToDictionary(t => t.Key, t => (string)t.Value!);
        var templates = new Dictionary<string, JinjaChatTemplate>();
        return fixture.Cases("chat").Select(c => Guarded(() =>
        {
            var name = (string)c["template"]!;
            if (!templates.TryGetValue(name, out var template))
                templates[name] = template = new JinjaChatTemplate(System.Text.Encoding.UTF8.GetString(fixture.File(name)), special);
            var arguments = TemplateReference.Arguments(c);
            var text = template.Render(c["messages"]!, arguments).Text;
            var chat = ChatTokenizer.EncodeMessages(fixture.Tokenizer, template, c["messages"]!, arguments);
            return Difference("the chat", name, (string)c["rendered"]!, text)
                ?? Difference("ids", text, Join(Numbers(c["ids"])), Join(chat.Ids))
                ?? (c["assistant_masks"] is { } masks ? Difference("the mask", text, Join(Numbers(masks)), Join(chat.Supervised.Select(m => m ? 1 : 0))) : null);
        }));
    }

    /// <summary>Saved and loaded again it gives the same.</summary>
    public static IEnumerable<string?> Saving(TokenizerFixture fixture)
    {
        var files = fixture.Tokenizer.Files().ToDictionary(f => f.Name, f =>
        {
            using var bytes = new MemoryStream();
            f.Write(bytes);
            return bytes.ToArray();
        });
        var again = LanguageModelTokenizer.Read(name => files.TryGetValue(name, out var bytes) ? new MemoryStream(bytes) : null);
        var texts = fixture.Cases("cases").Where(c => c["pair"] is null).ToList();
        yield return texts.Select(c => Guarded(() =>
        {
            var (text, special) = ((string)c["text"]!, (bool)c["add_special_tokens"]!);
            return Difference("saved and loaded, ids", text, Join(fixture.Tokenizer.Encode(text, special)), Join(again.Encode(text, special)));
        })).FirstOrDefault(r => r is not null);
    }

    private static string? Encoded(LanguageModelTokenizer tokenizer, JsonNode entry)
    {
        var (text, pair, special) = ((string)entry["text"]!, (string?)entry["pair"], (bool)entry["add_special_tokens"]!);
        var found = tokenizer.EncodeAsStored(text, pair, special);
        var ids = Numbers(entry["ids"]);
        var marked = entry["special_tokens_mask"];
        var difference = Difference("ids", text, Join(ids), Join(found.Ids))
            ?? (pair is null && !tokenizer.HasLimits ? Difference("ids without offsets", text, Join(ids), Join(tokenizer.Encode(text, special))) : null)
            ?? Difference("type ids", text, Join(entry["type_ids"] is { } types ? Numbers(types) : new int[ids.Length]), Join(found.TypeIds))
            ?? (entry["tokens"] is { } tokens ? Difference("tokens", text, string.Join('|', tokens.AsArray().Select(t => (string)t!)), string.Join('|', found.Tokens)) : null)
            // The repository's oldest copies lack mask and tokens.
            ?? (marked is null && entry["tokens"] is null ? null
                : Difference("the special tokens' mask", text, Join(marked is null ? new int[ids.Length] : Numbers(marked)), Join(found.SpecialTokensMask.Select(m => m ? 1 : 0))));
        if (entry["attention_mask"] is { } attention)
            difference ??= Difference("the attention mask", text, Join(Numbers(attention)), Join(found.AttentionMask.Select(m => m ? 1 : 0)));
        else if (found.AttentionMask.Count > 0)
            difference ??= $"'{Show(text)}' is filled up";
        if (difference is not null)
            return difference;
        var offsets = entry["offsets"]!.AsArray().Select(o => ((int)o![0]!, (int)o[1]!));
        // In a pair, which text an offset counts in shows in the type alone, and not always there: compared where UTF-16 and code points are one.
        if (pair is null || !(text + pair).Any(char.IsSurrogate))
            difference = Difference("offsets", text, string.Join(' ', offsets), string.Join(' ', pair is null ? InCodePoints(text, found.Offsets) : found.Offsets));
        return difference ?? Decoded(tokenizer, entry);
    }

    private static string? Decoded(LanguageModelTokenizer tokenizer, JsonNode entry)
    {
        var ids = Numbers(entry["ids"]);
        return Difference("the text", Join(ids), (string)entry["decoded"]!, tokenizer.Decode(ids, skipSpecialTokens: false))
            ?? Difference("the text without special tokens", Join(ids), (string)entry["decoded_skip_special"]!, tokenizer.Decode(ids));
    }

    // What the first ids decode to, one more each time, and what the library's DecodeStream gives out for each.
    private static string? Streamed(LanguageModelTokenizer tokenizer, JsonNode entry)
    {
        var ids = Numbers(entry["ids"]);
        var skip = (bool)entry["skip_special_tokens"]!;
        var prefixes = entry["prefixes"]!.AsArray().Select(p => (string)p!).ToArray();
        for (var i = 0; i < ids.Length; i++)
        {
            if (Difference($"the text of the first {i + 1} ids", Join(ids), prefixes[i], tokenizer.Decode(ids.AsSpan(0, i + 1), skip)) is { } difference)
                return difference;
        }
        var stream = new DecodeStream(tokenizer, skip);
        var chunks = entry["chunks"]!.AsArray();
        for (var i = 0; i < chunks.Count; i++)
        {
            string? given;
            try
            {
                given = stream.Step(ids[i]);
            }
            catch (InvalidOperationException)
            {
                return chunks[i] is JsonObject ? null : $"the stream of {Join(ids)} breaks at id {i}";
            }
            if (chunks[i] is JsonObject)
                return $"the stream of {Join(ids)} does not break at id {i}";
            if (Difference($"chunk {i} of the stream", Join(ids), (string?)chunks[i] ?? "(nothing)", given ?? "(nothing)") is { } difference)
                return difference;
        }
        return null;
    }

    private static string Join(IEnumerable<int> numbers) => string.Join(' ', numbers);
}
