namespace ZephyrML.LanguageModels;

/// <summary>Tokens by their UTF-16 units, to find all those that a text begins with.</summary>
internal sealed class TokenTrie
{
    private readonly Dictionary<long, int> next = [];
    private readonly List<int> values = [-1];

    /// <summary>Adds a token; one that is there already gets the new value.</summary>
    public void Add(string token, int value)
    {
        if (token.Length == 0)
            return;
        var node = 0;
        foreach (var unit in token)
        {
            if (!next.TryGetValue(Key(node, unit), out var child))
            {
                child = values.Count;
                values.Add(-1);
                next[Key(node, unit)] = child;
            }
            node = child;
        }
        values[node] = value;
    }

    /// <summary>Goes one unit further.</summary>
    /// <param name="node">Where to go from (0 at the start), then where that leads.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="value">The value of the token that ends here, or -1.</param>
    /// <returns>Whether any token goes on so.</returns>
    public bool Step(ref int node, char unit, out int value)
    {
        if (!next.TryGetValue(Key(node, unit), out node))
        {
            value = -1;
            return false;
        }
        value = values[node];
        return true;
    }

    private static long Key(int node, char unit) => ((long)node << 16) | unit;
}
