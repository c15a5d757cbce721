namespace ZephyrML.LanguageModels.Jinja;

internal enum TokenKind
{
    Data,
    PrintBegin,
    PrintEnd,
    BlockBegin,
    BlockEnd,
    Name,
    Text,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A token of the template language.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, object? Value, int Line)
{
    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public bool Is(string op) => Kind == TokenKind.Operator && Text == op;

    public string Describe() => Kind switch
    {
        TokenKind.PrintEnd => "end of print statement",
        TokenKind.BlockEnd => "end of statement block",
        TokenKind.PrintBegin => "begin of print statement",
        TokenKind.BlockBegin => "begin of statement block",
        TokenKind.End => "end of template",
        TokenKind.Data => "template data / text",
        _ => Text,
    };
}
