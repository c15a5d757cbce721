using System.Text;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Small tokenizers, and ways to alter one.</summary>
internal static class TestTokenizers
{
    private static readonly string[] Texts =
    [
        "Describe today's weather. The high will be 71 degrees, the low 52 degrees.",
        "Will it rain tomorrow? There is a 30% chance of rain tomorrow, mostly in the afternoon.",
        "What is this week's temperature range? The range is from 48 to 75 degrees.",
        "Le temps sera nuageux à Zürich; 日本の天気は晴れです。😀",
    ];

    private static readonly string[] Marks = ["'s", "'ll", "'ve", "'RE", "'d", "'", ".", ",", "!?", "-", "(", "…", "\u2019s"];

    public static LanguageModelTokenizer Zephyr { get; } = Train();

    public static LanguageModelTokenizer ChatMl { get; } = Train(o => o.TemplateName = "chatml");

    public static LanguageModelTokenizer Train(Action<BpeTrainerOptions>? change = null)
    {
        var options = new BpeTrainerOptions { VocabularySize = 360 };
        change?.Invoke(options);
        return new BpeTrainer(options).Train(Texts);
    }

    public static Dictionary<string, byte[]> Files(LanguageModelTokenizer tokenizer)
    {
        var files = new Dictionary<string, byte[]>();
        foreach (var (name, write) in tokenizer.Files())
        {
            using var stream = new MemoryStream();
            write(stream);
            files[name] = stream.ToArray();
        }
        return files;
    }

    public static LanguageModelTokenizer Read(IReadOnlyDictionary<string, byte[]> files)
        => LanguageModelTokenizer.Read(name => files.TryGetValue(name, out var bytes) ? new MemoryStream(bytes) : null);

    /// <summary>A tokenizer read from altered files.</summary>
    public static LanguageModelTokenizer Altered(LanguageModelTokenizer tokenizer, Action<JsonNode>? json = null, Action<JsonNode>? config = null, string? jinja = null)
    {
        var files = Files(tokenizer);
        Alter("tokenizer.json", json);
        Alter("tokenizer_config.json", config);
        if (jinja is not null)
            files["chat_template.jinja"] = Encoding.UTF8.GetBytes(jinja);
        return Read(files);

        void Alter(string name, Action<JsonNode>? change)
        {
            if (change is null)
                return;
            var node = JsonNode.Parse(files[name])!;
            change(node);
            files[name] = Encoding.UTF8.GetBytes(node.ToJsonString());
        }
    }

    /// <summary>Random text of all kinds: letters, digits, blanks, marks, emoji, control characters, lone surrogates only if asked for.</summary>
    public static string RandomText(Random random, int length, bool plane0 = false)
    {
        var text = new StringBuilder();
        while (text.Length < length)
        {
            switch (random.Next(plane0 ? 8 : 10))
            {
                case 0 or 1:
                    text.Append((char)random.Next('a', 'z' + 1));
                    break;
                case 2:
                    text.Append((char)random.Next('0', '9' + 1));
                    break;
                case 3:
                    text.Append(" \n\r\t\u00A0\u3000"[random.Next(6)]);
                    break;
                case 4:
                    text.Append(' ');
                    break;
                case 5:
                    text.Append(Marks[random.Next(Marks.Length)]);
                    break;
                case 6:
                    text.Append((char)random.Next(0x20, 0x3000));
                    break;
                case 7:
                    text.Append((char)random.Next(0x4E00, 0x9FFF));
                    break;
                default:
                    text.Append(char.ConvertFromUtf32(random.Next(0x10000, 0x20000)));
                    break;
            }
        }
        return text.ToString();
    }
}
