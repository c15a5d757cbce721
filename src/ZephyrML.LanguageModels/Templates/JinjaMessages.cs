using System.Text.Json;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels.Jinja;

namespace ZephyrML.LanguageModels;

/// <summary>Messages as transformers hands them to a template.</summary>
internal static class JinjaMessages
{
    private const string Tag = "CONTINUE_FINAL_MESSAGE_TAG ";
    private static readonly string[] Reasoning = ["reasoning_content", "reasoning", "thinking"];

    public static object? Read(JsonNode? node)
    {
        try
        {
            return node is null ? null : JinjaTemplate.Value(JsonDocument.Parse(node.ToJsonString()).RootElement);
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException)
        {
            throw JinjaError.Python($"a value is not the JSON it should be ({e.Message})");
        }
    }

    /// <summary>Leaves out keys without a value and puts a reasoning text under all the names that templates look for.</summary>
    public static PyList Messages(JsonNode messages)
    {
        if (Read(messages) is not PyList list)
            throw JinjaError.Python("the messages are not a list");
        return new PyList([.. list.Items.Select(m => m is PyDict message ? Message(message) : throw JinjaError.Python("a message is not an object"))]);
    }

    private static PyDict Message(PyDict message)
    {
        var result = PyDict.From(message.Entries.Where(e => e.Value is not null));
        var text = Reasoning.Select(name => result.TryGet(name, out var value) ? value : null).FirstOrDefault(v => v is not null);
        if (text is null)
            return result;
        foreach (var name in new[] { "reasoning_content", "thinking" })
        {
            if (!result.TryGet(name, out _))
                result[name] = text;
        }
        return result;
    }

    /// <summary>Marks the end of the last message; gives the messages and the text that is continued.</summary>
    public static (PyList Messages, string Text) Mark(PyList messages, string field, string jinja)
    {
        if (messages.Items.Count == 0 || !((PyDict)messages.Items[^1]!).TryGet(field, out var value))
            throw JinjaError.Python($"continue_final_message is set but the final message has no \"{field}\" to continue!");
        if (!jinja.Contains(field, StringComparison.Ordinal))
            throw JinjaError.Python($"continue_final_message is set to \"{field}\" but this is not an accepted field in the chat_template");
        var last = PyDict.From(((PyDict)messages.Items[^1]!).Entries);
        string text;
        if (value is PyList parts)
        {
            var at = parts.Items.ToList().FindLastIndex(p => p is PyDict part && part.TryGet("text", out var words) && words is string);
            if (at < 0)
                throw JinjaError.Python("continue_final_message is set but we could not find any text to continue in the final message!");
            var part = PyDict.From(((PyDict)parts.Items[at]!).Entries);
            part.TryGet("text", out var found);
            text = (string)found!;
            part["text"] = text + Tag;
            last[field] = new PyList([.. parts.Items.Select((p, i) => i == at ? part : p)]);
        }
        else
        {
            text = value as string ?? throw JinjaError.Python($"the final message's \"{field}\" is not a text");
            last[field] = text + Tag;
        }
        return (new PyList([.. messages.Items.SkipLast(1), last]), text);
    }

    /// <summary>Cuts a rendering where <see cref="Mark"/> marked it.</summary>
    public static string Cut(string rendered, string text)
    {
        var at = rendered.LastIndexOf(Tag.TrimEnd(), StringComparison.Ordinal);
        if (at < 0 || !rendered.Contains(CodePoints.TrimEnd(CodePoints.TrimStart(text)), StringComparison.Ordinal))
        {
            throw JinjaError.Python("continue_final_message is set but the final message does not appear in the chat after applying the chat template! "
                + "This can happen if the chat template deletes portions of the final message.");
        }
        return string.CompareOrdinal(rendered, at, Tag, 0, Tag.Length) == 0 ? rendered[..at] : CodePoints.TrimEnd(rendered[..at]);
    }
}
