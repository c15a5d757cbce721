using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Strikes secrets out of a streamed text, also where one stands across pieces: what may be the beginning of one waits for the next piece.</summary>
internal sealed class StreamRedactor(Redactor redactor)
{
    private string _held = "";

    /// <summary>Cleans a piece in place.</summary>
    public void Clean(ChatResponseUpdate update)
    {
        foreach (var content in update.Contents)
        {
            if (content is TextContent text)
                text.Text = Next(text.Text);
            else if (content is TextReasoningContent thought)
                thought.Text = redactor.CleanCut(thought.Text);
        }
        if (_held.Length > 0 && update.FinishReason is not null)
            update.Contents.Add(new TextContent(Rest()));
    }

    /// <summary>What is still held at the end of the stream.</summary>
    public string Rest()
    {
        var rest = _held;
        _held = "";
        return rest;
    }

    private string Next(string piece)
    {
        var text = redactor.Clean(_held + piece);
        var begun = redactor.Begun(text);
        _held = text[^begun..];
        return text[..^begun];
    }
}
