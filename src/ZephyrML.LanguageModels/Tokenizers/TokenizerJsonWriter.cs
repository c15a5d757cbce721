using System.Text.Encodings.Web;
using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Writes the <c>tokenizer.json</c> of a trained tokenizer.</summary>
internal static class TokenizerJsonWriter
{
    public static byte[] Write(
        IReadOnlyList<string> special, IReadOnlyList<string> tokens, IReadOnlyList<(string Left, string Right)> merges, bool splitDigits, string? bos)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            WriteAddedTokens(json, special);
            json.WriteNull("normalizer");
            WritePreTokenizer(json, splitDigits);
            json.WritePropertyName("post_processor");
            if (bos is null)
                WriteByteLevel(json, useRegex: true);
            else
                WriteTemplate(json, bos, special.ToList().IndexOf(bos));
            json.WritePropertyName("decoder");
            WriteByteLevel(json, useRegex: true);
            WriteModel(json, tokens, merges);
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static void WriteAddedTokens(Utf8JsonWriter json, IReadOnlyList<string> special)
    {
        json.WriteStartArray("added_tokens");
        for (var id = 0; id < special.Count; id++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", special[id]);
            foreach (var flag in new[] { "single_word", "lstrip", "rstrip", "normalized" })
                json.WriteBoolean(flag, false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WritePreTokenizer(Utf8JsonWriter json, bool splitDigits)
    {
        json.WritePropertyName("pre_tokenizer");
        if (!splitDigits)
        {
            WriteByteLevel(json, useRegex: true);
            return;
        }
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Digits");
        json.WriteBoolean("individual_digits", true);
        json.WriteEndObject();
        WriteByteLevel(json, useRegex: true);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, bool useRegex)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", false);
        json.WriteBoolean("use_regex", useRegex);
        json.WriteEndObject();
    }

    // The text behind the begin-of-sequence token; a pair of texts behind one each.
    private static void WriteTemplate(Utf8JsonWriter json, string bos, int bosId)
    {
        json.WriteStartObject();
        json.WriteString("type", "TemplateProcessing");
        json.WriteStartArray("single");
        WriteItem("SpecialToken", bos, 0);
        WriteItem("Sequence", "A", 0);
        json.WriteEndArray();
        json.WriteStartArray("pair");
        WriteItem("SpecialToken", bos, 0);
        WriteItem("Sequence", "A", 0);
        WriteItem("SpecialToken", bos, 1);
        WriteItem("Sequence", "B", 1);
        json.WriteEndArray();
        json.WriteStartObject("special_tokens");
        json.WriteStartObject(bos);
        json.WriteString("id", bos);
        json.WriteStartArray("ids");
        json.WriteNumberValue(bosId);
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        json.WriteStringValue(bos);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();

        void WriteItem(string kind, string id, int type)
        {
            json.WriteStartObject();
            json.WriteStartObject(kind);
            json.WriteString("id", id);
            json.WriteNumber("type_id", type);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    private static void WriteModel(Utf8JsonWriter json, IReadOnlyList<string> tokens, IReadOnlyList<(string Left, string Right)> merges)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        foreach (var unused in new[] { "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix" })
            json.WriteNull(unused);
        foreach (var off in new[] { "fuse_unk", "byte_fallback", "ignore_merges" })
            json.WriteBoolean(off, false);
        json.WriteStartObject("vocab");
        for (var id = 0; id < tokens.Count; id++)
            json.WriteNumber(tokens[id], id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var (left, right) in merges)
            json.WriteStringValue($"{left} {right}");
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
