namespace ZephyrML.LanguageModels.Jinja;

internal sealed partial class Parser
{
    private static readonly HashSet<string> Constants = ["true", "false", "none", "True", "False", "None"];

    private Expression ExpressionOf(bool conditional = true)
    {
        Enter();
        var from = unknown.Count;
        var value = Or();
        while (conditional && SkipName("if"))
        {
            var test = Or();
            var otherwise = SkipName("else") ? ExpressionOf() : null;
            value = new Conditional(test, value, otherwise);
            unknown.RemoveRange(from, unknown.Count - from);
        }
        nesting--;
        return value;
    }

    private Expression Or()
    {
        var left = And();
        while (SkipName("or")) left = new LogicalExpression(false, left, And());
        return left;
    }

    private Expression And()
    {
        var left = Not();
        while (SkipName("and")) left = new LogicalExpression(true, left, Not());
        return left;
    }

    private Expression Not()
    {
        if (!SkipName("not"))
            return Compared();
        Enter();
        var result = new NotExpression(Not());
        nesting--;
        return result;
    }

    private Expression Compared()
    {
        var first = Sum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (Current.Kind == TokenKind.Operator && Current.Text is "==" or "!=" or "<" or "<=" or ">" or ">=")
                rest.Add((Next().Text, Sum()));
            else if (SkipName("in"))
                rest.Add(("in", Sum()));
            else if (Current.IsName("not") && tokens[Math.Min(position + 1, tokens.Count - 1)].IsName("in"))
                rest.Add((Pair(), Sum()));
            else
                return rest.Count == 0 ? first : new Comparison(first, rest);
        }

        string Pair()
        {
            position += 2;
            return "not in";
        }
    }

    private Expression Sum()
    {
        var left = Joined();
        while (Current.Is("+") || Current.Is("-")) left = new BinaryExpression(Next().Text, left, Joined());
        return left;
    }

    private Expression Joined()
    {
        var parts = new List<Expression> { Product() };
        while (Skip("~")) parts.Add(Product());
        return parts.Count == 1 ? parts[0] : new Concatenation(parts);
    }

    private Expression Product()
    {
        var left = Power();
        while (Current.Kind == TokenKind.Operator && Current.Text is "*" or "/" or "//" or "%")
            left = new BinaryExpression(Next().Text, left, Power());
        return left;
    }

    private Expression Power()
    {
        var left = Unary();
        while (Skip("**")) left = new BinaryExpression("**", left, Unary());
        return left;
    }

    private Expression Unary(bool filters = true)
    {
        Enter();
        Expression value;
        if (Current.Is("-") || Current.Is("+"))
            value = Sign(Next().Text == "-");
        else
            value = Postfix(Primary());
        value = Postfix(value);
        if (filters)
            value = Filtered(value);
        nesting--;
        return value;
    }

    private Expression Sign(bool minus)
    {
        var operand = Unary(filters: false);
        return operand is Literal { Content: long or double or System.Numerics.BigInteger } number ? new Literal(minus ? Numbers.Negate(number.Content) : number.Content) : new SignExpression(minus, operand);
    }

    private Expression Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                Next();
                if (Constants.Contains(token.Text))
                    return new Literal(token.Text is "none" or "None" ? null : token.Text is "true" or "True");
                foreach (var names in used)
                    names.Add(token.Text);
                return new Variable(token.Text);
            case TokenKind.Text:
                var parts = new List<string>();
                while (Current.Kind == TokenKind.Text) parts.Add((string)Next().Value!);
                return new Literal(string.Concat(parts));
            case TokenKind.Integer or TokenKind.Float:
                return new Literal(Next().Value);
        }
        if (Skip("("))
        {
            var value = Tuple(parentheses: true);
            Expect(")");
            return value;
        }
        if (Skip("["))
            return List();
        if (Skip("{"))
            return Dict();
        throw Fail($"unexpected '{token.Describe()}'");
    }

    private ListExpression List()
    {
        var items = new List<Expression>();
        while (!Current.Is("]"))
        {
            if (items.Count > 0)
                Expect(",");
            if (Current.Is("]"))
                break;
            items.Add(ExpressionOf());
        }
        Expect("]");
        return new ListExpression(items, tuple: false);
    }

    private DictExpression Dict()
    {
        var items = new List<(Expression, Expression)>();
        while (!Current.Is("}"))
        {
            if (items.Count > 0)
                Expect(",");
            if (Current.Is("}"))
                break;
            var key = ExpressionOf();
            Expect(":");
            items.Add((key, ExpressionOf()));
        }
        Expect("}");
        return new DictExpression(items);
    }

    private Expression Tuple(bool conditional = true, string? end = null, bool parentheses = false, bool target = false, bool spaces = false)
    {
        var items = new List<Expression>();
        var tuple = false;
        while (true)
        {
            if (items.Count > 0)
                Expect(",");
            if (Current.Kind is TokenKind.PrintEnd or TokenKind.BlockEnd || Current.Is(")") || (end is not null && Current.IsName(end)))
                break;
            items.Add(target ? TargetItem(spaces) : ExpressionOf(conditional));
            if (!Current.Is(","))
                break;
            tuple = true;
        }
        if (tuple)
            return new ListExpression(items, tuple: true);
        if (items.Count > 0)
            return items[0];
        return parentheses ? new ListExpression([], tuple: true) : throw Fail($"Expected an expression, got '{Current.Describe()}'");
    }

    private Expression Target(string? end, bool spaces = false, bool only = false)
    {
        var target = only ? new Variable(ExpectName()) : Tuple(end: end, target: true, spaces: spaces);
        CheckTarget(target);
        return target;
    }

    private Expression TargetItem(bool spaces)
    {
        if (spaces && Current.Kind == TokenKind.Name && tokens[Math.Min(position + 1, tokens.Count - 1)].Is(".") && !Constants.Contains(Current.Text))
        {
            var name = Next().Text;
            Next();
            return new NamespaceTarget(name, ExpectName());
        }
        var around = used.ToArray();
        used.Clear();
        var value = Primary();
        foreach (var names in around.Reverse())
            used.Push(names);
        return value;
    }

    private void CheckTarget(Expression target)
    {
        if (target is ListExpression { IsTuple: true } several)
        {
            foreach (var item in several.Items)
                CheckTarget(item);
        }
        else if (target is not NamespaceTarget && (target is not Variable variable || Constants.Contains(variable.Name)))
        {
            throw Fail($"can't assign to '{(target is Literal ? "const" : target.GetType().Name.ToLowerInvariant())}'");
        }
    }
}
