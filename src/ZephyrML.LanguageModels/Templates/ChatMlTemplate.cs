namespace ZephyrML.LanguageModels;

/// <summary>ChatML, with or without a system text for dialogues that bring none.</summary>
internal sealed class ChatMlTemplate(string name, string? defaultSystem) : ChatTemplate
{
    public override string Name => name;

    public override string EndOfTurn => "<|im_end|>";

    public override IReadOnlyList<string> SpecialTokens { get; } = ["<|im_start|>", "<|im_end|>"];

    public override IReadOnlyList<string> RoleMarkers { get; } = ["<|im_start|>"];

    public override string Jinja =>
        "{% for message in messages %}"
        + (defaultSystem is null ? "" : "{% if loop.first and message['role'] != 'system' %}{{ '<|im_start|>system\\n" + defaultSystem + "<|im_end|>\\n' }}{% endif %}")
        + "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    public override RenderedChat Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt)
    {
        ArgumentNullException.ThrowIfNull(turns);
        var text = new ChatTextBuilder();
        if (defaultSystem is not null && turns.Count > 0 && turns[0].Role != "system")
            text.AddTurn("<|im_start|>system\n", new ChatTurn("system", defaultSystem), EndOfTurn);
        foreach (var turn in turns)
            text.AddTurn($"<|im_start|>{turn.Role}\n", turn, EndOfTurn);
        if (addGenerationPrompt)
            text.Add("<|im_start|>assistant\n");
        return text.Build();
    }
}
