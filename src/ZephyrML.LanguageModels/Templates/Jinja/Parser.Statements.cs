namespace ZephyrML.LanguageModels.Jinja;

// The statements, by their tags.
internal sealed partial class Parser
{
    private Statement StatementOf()
    {
        var token = Current;
        if (token.Kind != TokenKind.Name)
            throw Fail("tag name expected");
        Next();
        return token.Text switch
        {
            "for" => For(token.Line),
            "if" => If(token.Line),
            "set" => Set(token.Line),
            "macro" => MacroOf(token.Line),
            "call" => CallOf(token.Line),
            "filter" => new FilterStatement((FilterExpression)FilterOf(null, inline: true), Block("filter", "endfilter"), token.Line),
            "with" => With(token.Line),
            "print" => Print(token.Line),
            "block" => BlockOf(token.Line),
            "autoescape" => new AutoescapeStatement(ExpressionOf(), Block("autoescape", "endautoescape"), token.Line),
            "generation" => Generation(token.Line),
            "include" or "import" or "extends" or "from" => Load(token.Text, token.Line),
            "break" or "continue" when loops > 0 => new LoopControl(token.Text == "break" ? Flow.Break : Flow.Continue, token.Line),
            "break" or "continue" => throw JinjaError.Syntax($"'{token.Text}' outside loop", token.Line),
            _ => throw UnknownTag(token),
        };
    }

    private JinjaError UnknownTag(Token token) => JinjaError.Syntax(
        $"Encountered unknown tag '{token.Text}'."
        + (open.Count > 0 ? $" Jinja was looking for the following tags: {open.Peek().Wanted}. The innermost block that needs to be closed is '{open.Peek().Block}'." : ""), token.Line);

    private ForStatement For(int line)
    {
        var target = Target("in");
        ExpectName("in");
        var iterable = Tuple(conditional: false, end: "recursive");
        var test = SkipName("if") ? ExpressionOf() : null;
        var recursive = SkipName("recursive");
        var firm = unknown.Count;
        loops++;
        var body = Block("for", "endfor", "else");
        loops--;
        var otherwise = Next().Text == "else" ? Block("for", "endfor") : null;
        Firm(firm);
        return new ForStatement(target, iterable, test, body, otherwise, recursive, line);
    }

    // What stands in a scope of its own is checked when the template is read.
    private void Firm(int from)
    {
        unknownForSure.AddRange(unknown.Skip(from));
        unknown.RemoveRange(from, unknown.Count - from);
    }

    private IfStatement If(int line)
    {
        var from = unknown.Count;
        var branches = new List<(Expression, Body)>();
        Body? otherwise = null;
        while (true)
        {
            var test = Tuple(conditional: false);
            branches.Add((test, Block("if", "elif", "else", "endif")));
            var next = Next().Text;
            if (next == "else")
                otherwise = Block("if", "endif");
            if (next != "elif")
                break;
        }
        unknown.RemoveRange(from, unknown.Count - from);
        return new IfStatement(branches, otherwise, line);
    }

    private Statement Set(int line)
    {
        var target = Target(null, spaces: true);
        if (Skip("="))
            return new SetStatement(target, Tuple(), line);
        var filter = Current.Is("|") ? (FilterExpression)FilterOf(null, inline: false) : null;
        return new SetBlockStatement(target, filter, Block("set", "endset"), line);
    }

    private WithStatement With(int line)
    {
        var values = new List<(Expression, Expression)>();
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (values.Count > 0)
                Expect(",");
            var target = Target(null);
            Expect("=");
            values.Add((target, ExpressionOf()));
        }
        return new WithStatement(values, Block("with", "endwith"), line);
    }

    private PrintStatement Print(int line)
    {
        var values = new List<Expression>();
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (values.Count > 0)
                Expect(",");
            values.Add(ExpressionOf());
        }
        return new PrintStatement(values, line);
    }

    private BlockStatement BlockOf(int line)
    {
        var name = ExpectName();
        if (!blocks.TryAdd(name, new Body([])))
            throw Fail($"block '{name}' defined twice");
        var scoped = SkipName("scoped");
        SkipName("required");
        var around = loops;
        loops = 0;
        var body = Block("block", "endblock");
        loops = around;
        SkipName(name);
        blocks[name] = body;
        return new BlockStatement(body, scoped, line);
    }

    private GenerationStatement Generation(int line)
    {
        MarksGeneration = true;
        var (around, from) = (loops, unknown.Count);
        loops = 0;
        var body = Block("generation", "endgeneration");
        loops = around;
        Firm(from);
        return new GenerationStatement(body, line);
    }

    private MacroStatement MacroOf(int line)
    {
        var name = ((Variable)Target(null, only: true)).Name;
        var (parameters, defaults) = Signature();
        return new MacroStatement(Definition(name, parameters, defaults, "macro", "endmacro"), line);
    }

    private CallStatement CallOf(int line)
    {
        var (parameters, defaults) = Current.Is("(") ? Signature() : ([], []);
        if (ExpressionOf() is not CallExpression call)
            throw Fail("expected call");
        return new CallStatement(call, Definition("caller", parameters, defaults, "call", "endcall"), line);
    }

    private MacroDefinition Definition(string name, List<string> parameters, List<Expression?> defaults, string block, string end)
    {
        var (around, from) = (loops, unknown.Count);
        loops = 0;
        var names = new HashSet<string>();
        used.Push(names);
        var body = Block(block, end);
        used.Pop();
        loops = around;
        Firm(from);
        return new MacroDefinition(name, parameters, defaults, body, names.Contains("caller"), names.Contains("kwargs"), names.Contains("varargs"));
    }

    private (List<string> Parameters, List<Expression?> Defaults) Signature()
    {
        var (parameters, defaults) = (new List<string>(), new List<Expression?>());
        Expect("(");
        while (!Current.Is(")"))
        {
            if (parameters.Count > 0)
                Expect(",");
            parameters.Add(((Variable)Target(null, only: true)).Name);
            if (Skip("="))
                defaults.Add(ExpressionOf());
            else
                defaults.Add(defaults.Any(d => d is not null) ? throw Fail("non-default argument follows default argument") : null);
        }
        Expect(")");
        return (parameters, defaults);
    }

    private LoadStatement Load(string what, int line)
    {
        var template = ExpressionOf();
        if (what == "import")
        {
            ExpectName("as");
            Target(null, only: true);
        }
        else if (what == "from")
        {
            ExpectName("import");
        }
        // The rest only says how to use what cannot be loaded.
        while (what != "extends" && Current.Kind is TokenKind.Name or TokenKind.Operator) Next();
        return new LoadStatement(template, line);
    }
}
