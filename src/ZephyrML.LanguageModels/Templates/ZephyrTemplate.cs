namespace ZephyrML.LanguageModels;

/// <summary>The template of HuggingFaceH4/zephyr-7b-beta. Turns of other roles than its three are left out, as in the original.</summary>
internal sealed class ZephyrTemplate : ChatTemplate
{
    public override string Name => "zephyr";

    public override string EndOfTurn => "</s>";

    public override IReadOnlyList<string> SpecialTokens { get; } = ["</s>"];

    public override IReadOnlyList<string> RoleMarkers { get; } = ["<|system|>", "<|user|>", "<|assistant|>"];

    public override string Jinja =>
        """
        {% for message in messages %}{% if message['role'] in ['system', 'user', 'assistant'] %}{{ '<|' + message['role'] + '|>\n' + message['content'] + eos_token + '\n' }}{% endif %}{% if loop.last and add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}{% endfor %}
        """;

    public override RenderedChat Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt)
    {
        ArgumentNullException.ThrowIfNull(turns);
        var text = new ChatTextBuilder();
        foreach (var turn in turns)
        {
            if (turn.Role is "system" or "user" or "assistant")
                text.AddTurn($"<|{turn.Role}|>\n", turn, EndOfTurn);
        }
        if (addGenerationPrompt && turns.Count > 0)
            text.Add("<|assistant|>\n");
        return text.Build();
    }
}
