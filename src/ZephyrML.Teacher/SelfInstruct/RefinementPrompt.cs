namespace ZephyrML.Teacher;

/// <summary>Asks a teacher for a new instruction, refined from one and its answer (Zephyr, section 3: x1 ~ teacher(· | x0, y0)), and reads what it says.</summary>
public static class RefinementPrompt
{
    private const string Others = "Other instructions, to show how varied they are (do not repeat them):\n\n", OpenOther = "<example>\n", CloseOther = "\n</example>\n";

    private const string OpenInstruction = "<instruction>\n", CloseInstruction = "\n</instruction>\n", OpenAnswer = "<answer>\n", CloseAnswer = "\n</answer>\n";

    /// <summary>The system message.</summary>
    public const string System = "You write instructions that people could give to an assistant.";

    /// <summary>The user message.</summary>
    /// <param name="instruction">The instruction to start from.</param>
    /// <param name="answer">Its answer.</param>
    /// <param name="examples">Other instructions of the pool, in context (Self-Instruct shows eight); null or empty: none.</param>
    public static string Render(string instruction, string answer, IReadOnlyList<string>? examples = null) =>
        "Below are an instruction and the answer it got.\n\n" + OpenInstruction + instruction + CloseInstruction + "\n" + OpenAnswer + answer + CloseAnswer + "\n"
        + (examples is { Count: > 0 } ? Others + string.Concat(examples.Select(e => OpenOther + e + CloseOther)) + "\n" : "")
        + "Refine them into one new instruction: it should follow from what the answer says, ask for something else than before, be of the same kind and in the same language, "
        + "stand on its own without the texts above (repeat whatever data it needs), and be answerable in words alone. Write the new instruction and nothing else.";

    /// <summary>Reads what <see cref="Render"/> wrote: for teachers that are programs. False where the text is something else.</summary>
    public static bool TryRead(string userMessage, out string instruction, out string answer)
    {
        ArgumentNullException.ThrowIfNull(userMessage);
        (instruction, answer) = ("", "");
        if (userMessage.LastIndexOf(CloseAnswer + "\n" + Others, StringComparison.Ordinal) is >= 0 and var others)
            userMessage = userMessage[..(others + CloseAnswer.Length)];
        var middle = CloseInstruction + "\n" + OpenAnswer;
        var (start, cut, end) = (userMessage.IndexOf(OpenInstruction, StringComparison.Ordinal), userMessage.IndexOf(middle, StringComparison.Ordinal), userMessage.LastIndexOf(CloseAnswer, StringComparison.Ordinal));
        if (start < 0 || cut < start + OpenInstruction.Length || end < cut + middle.Length)
            return false;
        instruction = userMessage[(start + OpenInstruction.Length)..cut];
        answer = userMessage[(cut + middle.Length)..end];
        return true;
    }

    /// <summary>The instruction in a reply: without labels ("New instruction:"), tags, code fences and quotation marks around it. Empty where there is none.</summary>
    public static string Parse(string reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        var text = reply.Trim();
        if (text.StartsWith("```", StringComparison.Ordinal) && text.EndsWith("```", StringComparison.Ordinal) && text.IndexOf('\n') is > 0 and var line && line < text.Length - 3)
            text = text[(line + 1)..^3].Trim();
        if (text.StartsWith("<instruction>", StringComparison.OrdinalIgnoreCase))
            text = text["<instruction>".Length..].Replace("</instruction>", "", StringComparison.OrdinalIgnoreCase).Trim();
        foreach (var label in (string[])["**New instruction:**", "New instruction:", "**Instruction:**", "Instruction:", "新指令：", "新指令:", "指令：", "指令:"])
        {
            if (text.StartsWith(label, StringComparison.OrdinalIgnoreCase))
                text = text[label.Length..].Trim();
        }
        return text.Length > 1 && (text[0], text[^1]) is ('"', '"') or ('“', '”') or ('「', '」') && text.IndexOf(text[0], 1) is var next && (next < 0 || next == text.Length - 1)
            ? text[1..^1].Trim()
            : text;
    }
}
