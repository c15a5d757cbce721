using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;
using ZephyrML.LanguageModels.Jinja;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Compares renderings with those of transformers and Jinja2: for every case null, or what is different.</summary>
internal static class TemplateReference
{
    public static string Own(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", "templates", name);

    public static JinjaChatTemplate Template(string folder)
    {
        var tokens = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer_config.json")))!.AsObject()
            .Select(t => (t.Key, Text: t.Value is JsonObject token ? (string?)token["content"] : t.Value is JsonValue value && value.TryGetValue<string>(out var text) ? text : null))
            .Where(t => t.Text is not null).ToDictionary(t => t.Key, t => t.Text!);
        return new JinjaChatTemplate(File.ReadAllText(Path.Combine(folder, "chat_template.jinja")), tokens);
    }

    /// <summary>Every case of a template.</summary>
    public static IEnumerable<string?> Cases(string folder)
    {
        var template = Template(folder);
        return Check(folder, (entry, now) =>
        {
            var arguments = Arguments(entry);
            arguments.Now = now;
            return template.Render(entry["messages"]!, arguments);
        });
    }

    /// <summary>Every snippet of the language.</summary>
    public static IEnumerable<string?> Language(string folder) => Check(folder, (entry, now) =>
    {
        try
        {
            // The repository's own snippets share theirs.
            var variables = JsonDocument.Parse((entry["variables"] ?? entry.Root["shared_variables"])!.ToJsonString()).RootElement.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, JinjaTemplate.Value(p.Value)));
            var rendering = JinjaTemplate.Parse((string)entry["template"]!).Render(variables, now);
            return new RenderedChat(rendering.Text, [.. rendering.Spans.Select(s => (CodePoints.ToUtf16(rendering.Text, s.Start), CodePoints.ToUtf16(rendering.Text, s.End)))]);
        }
        catch (JinjaError e)
        {
            throw new ChatTemplateException(e.Message, e.Message, e.Kind == JinjaErrorKind.Raised);
        }
    });

    /// <summary>What a case gives beside the messages.</summary>
    public static ChatTemplateArguments Arguments(JsonNode entry)
    {
        var variables = entry["variables"]?.DeepClone().AsObject();
        variables?.Remove("documents");
        return new ChatTemplateArguments
        {
            Tools = entry["tools"]?.AsArray(),
            Documents = entry["variables"]?["documents"]?.AsArray(),
            AddGenerationPrompt = (bool?)entry["add_generation_prompt"] ?? false,
            ContinueFinalMessage = entry["continue_final_message"] is JsonValue wanted && !(wanted.TryGetValue<bool>(out var flag) && !flag),
            ContinueField = entry["continue_final_message"] is JsonValue field && field.TryGetValue<string>(out var name) ? name : "content",
            Variables = variables,
        };
    }

    private static IEnumerable<string?> Check(string folder, Func<JsonNode, DateTime, RenderedChat> render)
    {
        var fixture = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "fixture.json")))!;
        var now = DateTime.Parse((string?)fixture["now"] ?? "2025-07-04T09:05:03", CultureInfo.InvariantCulture);
        return fixture["cases"]!.AsArray().Select((entry, index) => ReferenceText.Guarded(() => Compare(entry!, index, now, render)));
    }

    private static string? Compare(JsonNode entry, int index, DateTime now, Func<JsonNode, DateTime, RenderedChat> render)
    {
        var what = $"case {index} ({(string?)entry["template"]})";
        var expected = entry["rendered"]?.ToJsonString() ?? $"the error {entry["error"]}";
        try
        {
            var chat = render(entry, now);
            var spans = entry["assistant_spans"]?.AsArray().Select(s => ((int)s![0]!, (int)s[1]!)).ToArray();
            if ((string?)entry["rendered"] != chat.Text)
                return $"{what}: expected {expected}, got {JsonValue.Create(chat.Text).ToJsonString()}";
            return spans is null || spans.SequenceEqual(ReferenceText.InCodePoints(chat.Text, chat.AssistantSpans))
                ? null : $"{what}: expected the spans {entry["assistant_spans"]!.ToJsonString()}, got {string.Join(", ", chat.AssistantSpans)}";
        }
        catch (ChatTemplateException e)
        {
            var raised = (string?)entry["error_kind"] == "raise_exception";
            return entry["error"] is null || e.RaisedByTemplate != raised || (raised && e.Reason != (string)entry["error"]!) ? $"{what}: expected {expected}, got the error {e.Message}" : null;
        }
    }
}
