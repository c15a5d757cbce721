namespace ZephyrML.LanguageModels.Jinja;

// What follows a value: members, subscripts, calls, filters and tests.
internal sealed partial class Parser
{
    private Expression Postfix(Expression value)
    {
        while (true)
        {
            if (Skip("."))
                value = Member(value);
            else if (Skip("["))
                value = Subscript(value);
            else if (Skip("("))
                value = new CallExpression(value, ArgumentsOf());
            else
                return value;
        }
    }

    private Expression Member(Expression value) => Current.Kind switch
    {
        TokenKind.Name => new AttributeExpression(value, Next().Text),
        TokenKind.Integer => new ItemExpression(value, new Literal(Next().Value)),
        _ => throw Fail("expected name or number"),
    };

    private Expression Subscript(Expression value)
    {
        var keys = new List<Expression>();
        while (!Current.Is("]"))
        {
            if (keys.Count > 0)
                Expect(",");
            var start = Current.Is(":") ? null : ExpressionOf();
            if (!Skip(":"))
            {
                keys.Add(start!);
                continue;
            }
            var stop = Current.Is(":") || Current.Is("]") || Current.Is(",") ? null : ExpressionOf();
            var step = Skip(":") && !Current.Is("]") && !Current.Is(",") ? ExpressionOf() : null;
            if (keys.Count > 0 || !Current.Is("]"))
                throw Fail("slices of several dimensions are not supported");
            Next();
            return new SliceExpression(value, start, stop, step);
        }
        Expect("]");
        return new ItemExpression(value, keys.Count == 1 ? keys[0] : keys.Count == 0 ? throw Fail("expected an index") : new ListExpression(keys, tuple: true));
    }

    private Expression Filtered(Expression value)
    {
        while (true)
        {
            if (Current.Is("|"))
                value = FilterOf(value, inline: false);
            else if (SkipName("is"))
                value = TestOf(value);
            else if (Skip("("))
                value = new CallExpression(value, ArgumentsOf());
            else
                return value;
        }
    }

    private Expression FilterOf(Expression? value, bool inline)
    {
        while (inline || Current.Is("|"))
        {
            if (!inline)
                Next();
            inline = false;
            var (name, line) = Dotted();
            if (!Filters.All.ContainsKey(name))
                unknown.Add(JinjaError.Syntax($"No filter named {Strings.Repr(name)}.", line));
            value = new FilterExpression(value, name, Skip("(") ? ArgumentsOf() : ArgumentList.Empty);
        }
        return value!;
    }

    private (string Name, int Line) Dotted()
    {
        var line = Current.Line;
        var name = ExpectName();
        while (Skip(".")) name += "." + ExpectName();
        return (name, line);
    }

    private Expression TestOf(Expression value)
    {
        var negated = SkipName("not");
        var (name, line) = Dotted();
        if (!Tests.All.ContainsKey(name))
            unknown.Add(JinjaError.Syntax($"No test named {Strings.Repr(name)}.", line));
        var arguments = ArgumentList.Empty;
        if (Skip("("))
        {
            arguments = ArgumentsOf();
        }
        else if ((Current.Kind is TokenKind.Name or TokenKind.Text or TokenKind.Integer or TokenKind.Float || Current.Is("(") || Current.Is("[") || Current.Is("{"))
            && !Current.IsName("else") && !Current.IsName("or") && !Current.IsName("and"))
        {
            if (Current.IsName("is"))
                throw Fail("You cannot chain multiple tests with is");
            arguments = new ArgumentList([Postfix(Primary())], [], null, null);
        }
        Expression test = new TestExpression(value, name, arguments);
        return negated ? new NotExpression(test) : test;
    }

    // Behind the opening parenthesis.
    private ArgumentList ArgumentsOf()
    {
        var (positional, named) = (new List<Expression>(), new List<(string, Expression)>());
        Expression? star = null, doubleStar = null;
        for (var first = true; !Current.Is(")"); first = false)
        {
            if (!first)
            {
                Expect(",");
                if (Current.Is(")"))
                    break;
            }
            if (Skip("*"))
                star = star is null && doubleStar is null ? ExpressionOf() : throw Invalid();
            else if (Skip("**"))
                doubleStar = doubleStar is null ? ExpressionOf() : throw Invalid();
            else if (Current.Kind == TokenKind.Name && tokens[Math.Min(position + 1, tokens.Count - 1)].Is("="))
                named.Add((Next().Text, doubleStar is null && Skip("=") ? ExpressionOf() : throw Invalid()));
            else
                positional.Add(star is null && doubleStar is null && named.Count == 0 ? ExpressionOf() : throw Invalid());
        }
        Expect(")");
        return new ArgumentList(positional, named, star, doubleStar);

        JinjaError Invalid() => Fail("invalid syntax for function call expression");
    }
}
