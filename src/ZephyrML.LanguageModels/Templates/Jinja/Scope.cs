namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Names and their values; what is not here is looked up outside. Most scopes hold a name or two, so those are not hashed.</summary>
internal sealed class Scope(Scope? outer)
{
    private const int Few = 8;
    private readonly List<(string Name, object? Value)> values = new(outer is null ? 0 : 2);
    private Dictionary<string, object?>? many = outer is null ? [] : null;

    private Scope? Outer => outer;

    public object? Get(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope.many is not null)
            {
                if (scope.many.TryGetValue(name, out var value))
                    return value;
                continue;
            }
            foreach (var (known, value) in scope.values)
            {
                if (known == name)
                    return value;
            }
        }
        return Undefined.Variable(name);
    }

    public void Set(string name, object? value)
    {
        if (many is null)
        {
            var place = values.FindIndex(v => v.Name == name);
            if (place >= 0)
            {
                values[place] = (name, value);
                return;
            }
            if (values.Count < Few)
            {
                values.Add((name, value));
                return;
            }
            many = values.ToDictionary(v => v.Name, v => v.Value);
        }
        many[name] = value;
    }

    /// <summary>The outermost scope.</summary>
    public Scope Outermost()
    {
        var scope = this;
        while (scope.Outer is { } next) scope = next;
        return scope;
    }
}
