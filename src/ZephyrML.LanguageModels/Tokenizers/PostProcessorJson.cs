using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the post_processor of <c>tokenizer.json</c>: ByteLevel's trimming of offsets and TemplateProcessing's special tokens.</summary>
internal sealed class PostProcessorJson
{
    private readonly List<int> before = [];
    private readonly List<int> after = [];

    public bool TrimOffsets { get; private set; }

    public bool TrimSparesPrefix { get; private set; }

    public IReadOnlyList<int> Before => before;

    public IReadOnlyList<int> After => after;

    public void Read(JsonElement? section)
    {
        if (section is not { } processor)
            return;
        switch (TokenizerJson.Type(processor))
        {
            case "Sequence":
                foreach (var part in processor.GetProperty("processors").EnumerateArray())
                    Read(part);
                break;
            case "ByteLevel":
                TrimOffsets = TokenizerJson.Flag(processor, "trim_offsets", true);
                TrimSparesPrefix = TokenizerJson.Flag(processor, "add_prefix_space", true);
                break;
            case "TemplateProcessing":
                ReadTemplate(processor);
                break;
            case var other:
                throw TokenizerJson.Unsupported($"the post_processor '{other}'", "ByteLevel, TemplateProcessing and a Sequence of them");
        }
    }

    private void ReadTemplate(JsonElement processor)
    {
        if (!processor.TryGetProperty("single", out var single) || single.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"{TokenizerJson.FileName}: post_processor.single is missing; expected a list such as [{{\"SpecialToken\": …}}, {{\"Sequence\": …}}].");
        var target = before;
        var sequences = 0;
        foreach (var item in single.EnumerateArray())
        {
            if (item.TryGetProperty("Sequence", out _))
            {
                target = after;
                sequences++;
                continue;
            }
            var name = item.TryGetProperty("SpecialToken", out var token) ? TokenizerJson.Text(token, "id") : null;
            if (name is null || !processor.TryGetProperty("special_tokens", out var special) || !special.TryGetProperty(name, out var entry))
                throw new InvalidDataException($"{TokenizerJson.FileName}: post_processor.single names the special token '{name}', which post_processor.special_tokens lacks.");
            target.AddRange(entry.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        }
        if (sequences != 1)
            throw TokenizerJson.Unsupported($"a post_processor that takes the text {sequences} times", "once");
    }
}
