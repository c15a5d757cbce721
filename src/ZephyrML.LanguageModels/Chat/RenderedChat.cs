namespace ZephyrML.LanguageModels;

/// <summary>A dialogue written out by a chat template.</summary>
/// <param name="Text">The text that the model reads.</param>
/// <param name="AssistantSpans">
/// Where the assistant speaks, as UTF-16 offsets [Start, End) into <paramref name="Text"/>. A span holds the content and the end-of-turn token: what dSFT trains on.
/// </param>
public sealed record RenderedChat(string Text, IReadOnlyList<(int Start, int End)> AssistantSpans);
