using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>What transformers' <c>apply_chat_template</c> takes beside the messages.</summary>
public sealed class ChatTemplateArguments
{
    /// <summary>JSON schemas of the functions that the model may call. Default, null: none.</summary>
    public JsonArray? Tools { get; set; }

    /// <summary>Documents to answer from, each an object with <c>title</c> and <c>text</c>. Default, null: none.</summary>
    public JsonArray? Documents { get; set; }

    /// <summary>Whether to end with the text after which the assistant speaks. Default false.</summary>
    public bool AddGenerationPrompt { get; set; }

    /// <summary>Whether to end within the last message, without its end of turn, for the model to go on with it. Default false.</summary>
    public bool ContinueFinalMessage { get; set; }

    /// <summary>The field of the last message that is to be continued. Default <c>content</c>.</summary>
    public string ContinueField { get; set; } = "content";

    /// <summary>Further variables, such as <c>enable_thinking</c>. Default, null: none.</summary>
    public JsonObject? Variables { get; set; }

    /// <summary>What time <c>strftime_now</c> tells. Default, null: now, local time.</summary>
    public DateTime? Now { get; set; }
}
