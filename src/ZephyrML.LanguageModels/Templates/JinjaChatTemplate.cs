using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels.Jinja;

namespace ZephyrML.LanguageModels;

/// <summary>
/// A model's own chat template, rendered as transformers renders it: in a sandbox, with its filters, tests and functions, and with bounds on time, depth, memory and output,
/// since the text comes with the model. Safe to use from several threads.
/// </summary>
public sealed class JinjaChatTemplate : ChatTemplate
{
    private readonly JinjaTemplate template;
    private readonly (string Text, JinjaTemplate Template)? forTools;
    private readonly Dictionary<string, object?> specialTokens;

    /// <summary>Reads a template.</summary>
    /// <param name="jinja">Its text.</param>
    /// <param name="specialTokens">The tokens that it may write, by the names it knows them by: <c>bos_token</c>, <c>eos_token</c> and so on.</param>
    /// <exception cref="ChatTemplateException">The text is no template; the message says where and why.</exception>
    public JinjaChatTemplate(string jinja, IReadOnlyDictionary<string, string>? specialTokens = null)
        : this(jinja, null, specialTokens ?? new Dictionary<string, string>(), null)
    {
    }

    internal JinjaChatTemplate(string jinja, string? toolJinja, IReadOnlyDictionary<string, string> specialTokens, IEnumerable<string>? tokens)
    {
        ArgumentNullException.ThrowIfNull(jinja);
        Jinja = jinja;
        Name = "jinja-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(jinja)))[..8];
        this.specialTokens = specialTokens.ToDictionary(t => t.Key, t => (object?)t.Value);
        template = Guarded(() => JinjaTemplate.Parse(jinja));
        if (toolJinja is not null)
            forTools = (toolJinja, Guarded(() => JinjaTemplate.Parse(toolJinja)));
        EndOfTurn = JinjaSpans.EndOfTurn(this, specialTokens.GetValueOrDefault("eos_token"), tokens) ?? "";
        SpecialTokens = EndOfTurn.Length > 0 ? [EndOfTurn] : [];
    }

    /// <summary>The template of a tokenizer's files: of several named ones <c>default</c>, and <c>tool_use</c> where there are tools. Null where there is none.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <exception cref="ChatTemplateException">The text is no template; the message says where and why.</exception>
    public static JinjaChatTemplate? FromTokenizer(LanguageModelTokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return tokenizer.ChatTemplateText is not { } jinja ? null
            : new JinjaChatTemplate(jinja, tokenizer.ChatTemplates.GetValueOrDefault("tool_use"), tokenizer.SpecialTokenTexts, tokenizer.SpecialTokenList);
    }

    /// <summary><c>jinja-</c> and the beginning of the text's SHA-256.</summary>
    public override string Name { get; }

    /// <summary>
    /// The special token that the template writes behind an assistant's words, as a trial rendering shows it; where it shows none, <c>eos_token</c>; empty where there is neither.
    /// </summary>
    public override string EndOfTurn { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> SpecialTokens { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> RoleMarkers => [];

    /// <inheritdoc/>
    public override string Jinja { get; }

    /// <summary>Whether the template marks what the assistant says by <c>{% generation %}</c>.</summary>
    public bool MarksGeneration => template.MarksGeneration;

    /// <summary>
    /// Writes a dialogue out. The assistant's spans are those of <c>{% generation %}</c>. Where the template has no such marks (or has them in macros, where transformers misplaces
    /// them), they are found by comparing renderings: a span begins where the dialogue up to that turn ends with the generation prompt, and ends behind the turn's words and its
    /// end of turn.
    /// </summary>
    /// <inheritdoc/>
    /// <exception cref="ChatTemplateException">
    /// The template refuses the dialogue, or no spans can be told: what it writes before a turn changes once the turn is there. (With a generation prompt, there are then none.)
    /// </exception>
    public override RenderedChat Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt)
    {
        ArgumentNullException.ThrowIfNull(turns);
        return JinjaSpans.Render(this, turns, addGenerationPrompt);
    }

    /// <inheritdoc/>
    public override RenderedChat Render(JsonNode messages, ChatTemplateArguments? arguments = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        arguments ??= new ChatTemplateArguments();
        return Guarded(() =>
        {
            if (arguments is { ContinueFinalMessage: true, AddGenerationPrompt: true })
                throw JinjaError.Python("continue_final_message and add_generation_prompt are not compatible: the one goes on with a message, the other begins one.");
            var (list, text) = (JinjaMessages.Messages(messages), "");
            var (jinja, chosen) = arguments.Tools is not null && forTools is { } special ? special : (Jinja, template);
            if (arguments.ContinueFinalMessage)
                (list, text) = JinjaMessages.Mark(list, arguments.ContinueField, jinja);
            var variables = new Dictionary<string, object?>(specialTokens)
            {
                ["messages"] = list,
                ["tools"] = JinjaMessages.Read(arguments.Tools),
                ["documents"] = JinjaMessages.Read(arguments.Documents),
                ["add_generation_prompt"] = arguments.AddGenerationPrompt,
            };
            foreach (var (name, value) in arguments.Variables ?? [])
                variables[name] = JinjaMessages.Read(value);
            var rendering = chosen.Render(variables, arguments.Now ?? DateTime.Now);
            var rendered = arguments.ContinueFinalMessage ? JinjaMessages.Cut(rendering.Text, text) : rendering.Text;
            return new RenderedChat(rendered, JinjaSpans.InUtf16(rendered, rendering.Spans));
        });
    }

    /// <summary>Plain turns; the text, the spans, and whether those are where their texts are.</summary>
    internal JinjaRendering RenderTurns(IEnumerable<ChatTurn> turns, bool addGenerationPrompt, JinjaLimits? limits = null) => Guarded(() => template.Render(
        new Dictionary<string, object?>(specialTokens)
        {
            ["messages"] = new PyList([.. turns.Select(t => PyDict.From([new("role", t.Role), new("content", t.Content)]))]),
            ["tools"] = null,
            ["documents"] = null,
            ["add_generation_prompt"] = addGenerationPrompt,
        },
        DateTime.Now,
        limits));

    internal override string Completion(IReadOnlyList<ChatTurn> context, string answer)
    {
        var completion = JinjaSpans.Completion(this, context, answer);
        return completion.EndsWith(EndOfTurn, StringComparison.Ordinal) ? completion : completion + EndOfTurn;
    }

    internal ChatTemplateException Refusal(string reason) => new($"The chat template '{Name}': {reason}", reason, raised: false);

    private T Guarded<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (JinjaError e) when (e.Kind == JinjaErrorKind.Raised)
        {
            throw new ChatTemplateException($"The chat template '{Name}' refuses the dialogue: {e.Message}", e.Message, raised: true, e);
        }
        catch (JinjaError e)
        {
            throw new ChatTemplateException($"The chat template '{Name}'{(e.Line > 0 ? $", line {e.Line}" : "")}: {e.Message}", e.Message, raised: false, e);
        }
    }
}
