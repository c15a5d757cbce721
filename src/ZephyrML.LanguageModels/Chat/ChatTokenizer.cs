namespace ZephyrML.LanguageModels;

/// <summary>Dialogues as token ids: a template and a tokenizer together.</summary>
public static class ChatTokenizer
{
    /// <summary>Encodes a dialogue for dSFT.</summary>
    public static TokenizedChat Encode(LanguageModelTokenizer tokenizer, ChatTemplate template, IReadOnlyList<ChatTurn> turns) => throw new NotImplementedException();

    /// <summary>Encodes a dialogue that the assistant is to continue.</summary>
    public static int[] EncodePrompt(LanguageModelTokenizer tokenizer, ChatTemplate template, IReadOnlyList<ChatTurn> turns) => throw new NotImplementedException();

    /// <summary>Encodes a preference pair for dDPO.</summary>
    public static TokenizedPair EncodePair(LanguageModelTokenizer tokenizer, ChatTemplate template, IReadOnlyList<ChatTurn> context, string chosen, string rejected)
        => throw new NotImplementedException();
}
