namespace ZephyrML.LanguageModels;

/// <summary>A chat template of a model that cannot be read, or that cannot or will not render a dialogue.</summary>
public sealed class ChatTemplateException : InvalidOperationException
{
    internal ChatTemplateException(string message, string reason, bool raised, Exception? inner = null)
        : base(message, inner) => (Reason, RaisedByTemplate) = (reason, raised);

    /// <summary>What is wrong, without the template's name; for <see cref="RaisedByTemplate"/> the template's own words.</summary>
    public string Reason { get; }

    /// <summary>Whether the template refused the dialogue itself, by <c>raise_exception</c>: "Conversation roles must alternate …" and the like.</summary>
    public bool RaisedByTemplate { get; }
}
