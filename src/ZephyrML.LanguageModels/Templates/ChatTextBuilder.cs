using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Text that grows turn by turn, with the assistant's spans.</summary>
internal sealed class ChatTextBuilder
{
    private readonly StringBuilder text = new();
    private readonly List<(int Start, int End)> spans = [];

    public ChatTextBuilder Add(string part)
    {
        text.Append(part);
        return this;
    }

    /// <summary>Adds a turn: marker, content and end of turn, the last two a span if the assistant speaks; then a line break.</summary>
    public void AddTurn(string marker, ChatTurn turn, string endOfTurn)
    {
        text.Append(marker);
        var start = text.Length;
        text.Append(turn.Content).Append(endOfTurn);
        if (turn.Role == "assistant")
            spans.Add((start, text.Length));
        text.Append('\n');
    }

    public RenderedChat Build() => new(text.ToString(), spans);
}
