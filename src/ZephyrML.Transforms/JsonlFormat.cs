namespace ZephyrML;

/// <summary>The shapes in which <c>z.SaveJsonl</c> writes rows; <c>z.LoadJsonl</c> recognises each.</summary>
public enum JsonlFormat
{
    /// <summary>The columns under their names: texts, numbers, lists of either; Messages as a list of turns.</summary>
    Columns,

    /// <summary>OpenAI's: {"messages": [{"role", "content"}]}. From Messages, or from Prompt and Response.</summary>
    Messages,

    /// <summary>ShareGPT's: {"conversations": [{"from", "value"}]}. From Messages, or from Prompt and Response.</summary>
    ShareGpt,

    /// <summary>Alpaca's: {"instruction", "input", "output"}. From Prompt and Response.</summary>
    Alpaca,

    /// <summary>That of ultrafeedback_binarized: prompt, prompt_id (SHA-256 of the prompt), chosen and rejected as dialogues, messages, and the scores of both where they are known. From Prompt, Chosen and Rejected.</summary>
    Binarized,

    /// <summary>UltraFeedback's: instruction, models, and completions with model, response and fine-grained_score. From Prompt and Candidates.</summary>
    UltraFeedback,
}
