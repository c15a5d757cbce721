using System.Text.Json;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;
using ZephyrML.LanguageModels.Jinja;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Reference renderings of transformers and Jinja2.</summary>
internal static class JinjaFixtures
{
    public static string Own(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", "templates", name);

    public static JinjaChatTemplate Template(string folder)
    {
        var tokens = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer_config.json")))!.AsObject().ToDictionary(t => t.Key, t => (string)t.Value!);
        return new JinjaChatTemplate(File.ReadAllText(Path.Combine(folder, "chat_template.jinja")), tokens);
    }

    /// <summary>Renders every case of a template; gives how many there are and what differs.</summary>
    public static (int Count, List<string> Failures) CheckTemplate(string folder)
    {
        var template = Template(folder);
        return Check(folder, (@case, now) => template.Render(@case["messages"]!, new ChatTemplateArguments
        {
            Tools = @case["tools"]?.AsArray(),
            Documents = @case["variables"]?["documents"]?.AsArray(),
            AddGenerationPrompt = (bool?)@case["add_generation_prompt"] ?? false,
            ContinueFinalMessage = @case["continue_final_message"] is not null,
            ContinueField = @case["continue_final_message"] is JsonValue field && field.TryGetValue<string>(out var name) ? name : "content",
            Variables = Others(@case["variables"]),
            Now = now,
        }));

        static JsonObject? Others(JsonNode? variables)
        {
            var copy = variables?.DeepClone().AsObject();
            copy?.Remove("documents");
            return copy;
        }
    }

    /// <summary>Renders every snippet of the language.</summary>
    public static (int Count, List<string> Failures) CheckLanguage(string folder) => Check(folder, (@case, now) =>
    {
        try
        {
            var variables = JsonDocument.Parse(@case["variables"]!.ToJsonString()).RootElement.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, JinjaTemplate.Value(p.Value)));
            var rendering = JinjaTemplate.Parse((string)@case["template"]!).Render(variables, now);
            return new RenderedChat(rendering.Text, [.. rendering.Spans.Select(s => (CodePoints.ToUtf16(rendering.Text, s.Start), CodePoints.ToUtf16(rendering.Text, s.End)))]);
        }
        catch (JinjaError e)
        {
            throw new ChatTemplateException(e.Message, e.Message, e.Kind == JinjaErrorKind.Raised);
        }
    });

    private static (int Count, List<string> Failures) Check(string folder, Func<JsonNode, DateTime, RenderedChat> render)
    {
        var fixture = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "fixture.json")))!;
        var now = DateTime.Parse((string?)fixture["now"] ?? "2025-07-04T09:05:03", System.Globalization.CultureInfo.InvariantCulture);
        var failures = new List<string>();
        var cases = fixture["cases"]!.AsArray();
        foreach (var @case in cases)
        {
            var what = $"case {cases.IndexOf(@case)} ({(string?)@case!["template"]})";
            try
            {
                var chat = render(@case, now);
                var spans = @case["assistant_spans"]?.AsArray().Select(s => ((int)s![0]!, (int)s[1]!)).ToArray();
                if ((string?)@case["rendered"] != chat.Text)
                    failures.Add($"{what}: expected {@case["rendered"]?.ToJsonString() ?? $"the error {@case["error"]}"}, got {JsonValue.Create(chat.Text).ToJsonString()}");
                else if (spans is not null && !spans.SequenceEqual(TokenizerFixture.InCodePoints(chat.Text, [.. chat.AssistantSpans])))
                    failures.Add($"{what}: expected the spans {@case["assistant_spans"]!.ToJsonString()}, got {string.Join(", ", chat.AssistantSpans)}");
            }
            catch (ChatTemplateException e)
            {
                var raised = (string?)@case["error_kind"] == "raise_exception";
                if (@case["error"] is null || e.RaisedByTemplate != raised || (raised && e.Reason != (string)@case["error"]!))
                    failures.Add($"{what}: expected {@case["rendered"]?.ToJsonString() ?? $"the error {@case["error"]}"}, got the error {e.Message}");
            }
        }
        return (cases.Count, failures);
    }
}
