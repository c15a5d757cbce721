using System.Text.Json.Nodes;

namespace ZephyrML.LanguageModels;

/// <summary>
/// How a dialogue becomes the text that a model reads. The templates here are code and render exactly what the Jinja text in <see cref="Jinja"/> renders in Python;
/// any other is a <see cref="JinjaChatTemplate"/>.
/// </summary>
public abstract class ChatTemplate
{
    /// <summary>Zephyr's template (arXiv 2310.16944): <c>&lt;|user|&gt;\n…&lt;/s&gt;\n&lt;|assistant|&gt;\n…&lt;/s&gt;\n</c>.</summary>
    public static ChatTemplate Zephyr { get; } = new ZephyrTemplate();

    /// <summary>ChatML: <c>&lt;|im_start|&gt;user\n…&lt;|im_end|&gt;\n</c>.</summary>
    public static ChatTemplate ChatMl { get; } = new ChatMlTemplate("chatml", null);

    /// <summary>ChatML as SmolLM2-Instruct uses it: a dialogue without a system turn gets SmolLM's own.</summary>
    public static ChatTemplate SmolLM2 { get; } =
        new ChatMlTemplate("smollm2", "You are a helpful AI assistant named SmolLM, trained by Hugging Face");

    /// <summary>All templates, by <see cref="Name"/>.</summary>
    public static IReadOnlyList<ChatTemplate> All { get; } = [Zephyr, ChatMl, SmolLM2];

    private readonly Lazy<JinjaChatTemplate> asJinja;

    private protected ChatTemplate() => asJinja = new(() => new JinjaChatTemplate(Jinja, new Dictionary<string, string> { ["eos_token"] = EndOfTurn }));

    /// <summary>The template's name: <c>zephyr</c>, <c>chatml</c> or <c>smollm2</c>, or that of a model's own.</summary>
    public abstract string Name { get; }

    /// <summary>The token that ends a turn; the model generates it when it has finished.</summary>
    public abstract string EndOfTurn { get; }

    /// <summary>The tokens that a tokenizer must have, each as one token, for this template to work.</summary>
    public abstract IReadOnlyList<string> SpecialTokens { get; }

    /// <summary>
    /// Texts that mark a speaker. A tokenizer trained for this template does well to hold each as one token, but need not (Zephyr-7B itself spells them out).
    /// </summary>
    public abstract IReadOnlyList<string> RoleMarkers { get; }

    /// <summary>The same template in Jinja, as <c>tokenizer_config.json</c> and <c>chat_template.jinja</c> hold it.</summary>
    public abstract string Jinja { get; }

    /// <summary>Writes a dialogue out.</summary>
    /// <param name="turns">The dialogue.</param>
    /// <param name="addGenerationPrompt">Whether to end with the text after which the assistant speaks.</param>
    /// <returns>The text, and the spans in it where the assistant speaks.</returns>
    public abstract RenderedChat Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt);

    /// <summary>
    /// Writes messages out as transformers' <c>apply_chat_template</c> does: with tools, documents, the template's own variables, or ending within the last message.
    /// A template that does not ask for tools or documents writes none.
    /// </summary>
    /// <param name="messages">An array of objects with <c>role</c>, <c>content</c> and whatever else the template reads.</param>
    /// <param name="arguments">What else there is to say; null for nothing.</param>
    /// <returns>The text, and the spans of <c>{% generation %}</c> just as transformers reports them.</returns>
    /// <exception cref="ChatTemplateException">The template refuses the messages or fails on them.</exception>
    public virtual RenderedChat Render(JsonNode messages, ChatTemplateArguments? arguments = null) => asJinja.Value.Render(messages, arguments);

    /// <summary>What a model generates behind the prompt of a context when it answers this: the words and the end of turn.</summary>
    internal virtual string Completion(IReadOnlyList<ChatTurn> context, string answer) => answer + EndOfTurn;

    /// <summary>The template of that name.</summary>
    /// <param name="name">A <see cref="Name"/>; case does not matter.</param>
    /// <exception cref="ArgumentException">There is none of that name; the message lists those there are.</exception>
    public static ChatTemplate Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return All.FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"There is no chat template '{name}'; known are {string.Join(", ", All.Select(t => $"'{t.Name}'"))}.", nameof(name));
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
