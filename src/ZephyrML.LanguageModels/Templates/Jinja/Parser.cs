namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Makes statements of tokens: here what all of it stands on, in the other parts the statements and the expressions.</summary>
internal sealed partial class Parser(List<Token> tokens)
{
    // Filters and tests that do not exist. Under an if they matter only when they are reached.
    private readonly List<JinjaError> unknown = [];
    private readonly List<JinjaError> unknownForSure = [];
    private readonly Stack<HashSet<string>> used = new();
    private readonly Stack<(string Block, string Wanted)> open = new();
    private readonly Dictionary<string, Body> blocks = [];
    private int position;
    private int nesting;
    private int loops;

    public bool MarksGeneration { get; private set; }

    /// <summary>The blocks by their names.</summary>
    public IReadOnlyDictionary<string, Body> Blocks => blocks;

    private Token Current => tokens[position];

    public Body Parse()
    {
        var body = Statements();
        if ((unknownForSure.Count > 0 ? unknownForSure : unknown).FirstOrDefault() is { } first)
            throw first;
        return body;
    }

    private Token Next() => tokens[position < tokens.Count - 1 ? position++ : position];

    private JinjaError Fail(string message) => JinjaError.Syntax(message, Current.Line);

    private bool Skip(string op)
    {
        var found = Current.Is(op);
        if (found)
            Next();
        return found;
    }

    private bool SkipName(string name)
    {
        var found = Current.IsName(name);
        if (found)
            Next();
        return found;
    }

    private void Expect(string op)
    {
        if (!Skip(op))
            throw Wrong(op);
    }

    private string ExpectName(string? name = null) => Current.Kind == TokenKind.Name && (name is null || Current.Text == name) ? Next().Text : throw Wrong(name ?? "name");

    private void ExpectKind(TokenKind kind)
    {
        if (Current.Kind != kind)
            throw Wrong(new Token(kind, "", null, 0).Describe());
        Next();
    }

    private JinjaError Wrong(string expected) => Fail(Current.Kind == TokenKind.End ? $"unexpected end of template, expected '{expected}'." : $"expected token '{expected}', got '{Current.Describe()}'");

    private void Enter()
    {
        if (++nesting > JinjaLimits.Nesting)
            throw JinjaError.Limit($"The template is nested more than {JinjaLimits.Nesting} deep (line {Current.Line}).");
    }

    /// <summary>Reads up to the end, or to a tag of these names, whose name is then next.</summary>
    private Body Statements(params string[] ends)
    {
        Enter();
        var statements = new List<Statement>();
        while (true)
        {
            var line = Current.Line;
            switch (Current.Kind)
            {
                case TokenKind.Data:
                    statements.Add(new DataStatement(Next().Text, line));
                    break;
                case TokenKind.PrintBegin:
                    Next();
                    statements.Add(new PrintStatement([Tuple()], line));
                    ExpectKind(TokenKind.PrintEnd);
                    break;
                case TokenKind.BlockBegin:
                    Next();
                    if (Current.Kind == TokenKind.Name && ends.Contains(Current.Text))
                    {
                        nesting--;
                        return new Body(statements);
                    }
                    statements.Add(StatementOf());
                    ExpectKind(TokenKind.BlockEnd);
                    break;
                default:
                    if (ends.Length > 0)
                        throw Unclosed();
                    nesting--;
                    return new Body(statements);
            }
        }
    }

    private JinjaError Unclosed() => Fail($"Unexpected end of template. Jinja was looking for the following tags: {open.Peek().Wanted}. The innermost block that needs to be closed is '{open.Peek().Block}'.");

    /// <summary>The rest of a block up to its end tag, whose name is passed.</summary>
    private Body Block(string block, params string[] ends)
    {
        Skip(":");
        ExpectKind(TokenKind.BlockEnd);
        open.Push((block, string.Join(" or ", ends.Select(e => $"'{e}'"))));
        var body = Statements(ends);
        open.Pop();
        if (ends.Length == 1)
            Next();
        return body;
    }
}
