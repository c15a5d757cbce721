using System.Text.Json;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>What a template has rendered. Spans are in code points.</summary>
internal sealed record JinjaRendering(string Text, IReadOnlyList<(int Start, int End)> Spans, bool SpansAstray);

/// <summary>A template that has been read and can be rendered, also by several threads at once.</summary>
internal sealed class JinjaTemplate
{
    private readonly Body body;

    private readonly IReadOnlyDictionary<string, Body> blocks;

    private JinjaTemplate(Body body, Parser parser) => (this.body, blocks, MarksGeneration) = (body, parser.Blocks, parser.MarksGeneration);

    /// <summary>Whether it has generation blocks.</summary>
    public bool MarksGeneration { get; }

    /// <exception cref="JinjaError">The text is not a template.</exception>
    public static JinjaTemplate Parse(string text)
    {
        if (text.Length > 4_000_000)
            throw JinjaError.Limit("The template has more than 4 million characters.");
        var parser = new Parser(Lexer.Tokenize(text));
        var body = parser.Parse();
        return new JinjaTemplate(body, parser);
    }

    /// <exception cref="JinjaError">The template cannot be rendered with these values, or asks for too much.</exception>
    public JinjaRendering Render(IEnumerable<KeyValuePair<string, object?>> variables, DateTime now, JinjaLimits? limits = null)
    {
        var runtime = new JinjaRuntime(limits ?? JinjaLimits.Default, now);
        var scope = new Scope(null);
        foreach (var (name, value) in Globals.All)
            scope.Set(name, value);
        foreach (var (name, value) in variables)
            scope.Set(name, value);
        scope.Set("self", new TemplateSelf(blocks, scope));
        try
        {
            body.Run(runtime, scope, runtime.Root);
            return new JinjaRendering(runtime.Root.ToString(), runtime.Spans, runtime.SpansAstray);
        }
        catch (JinjaError e)
        {
            e.Line = e.Line == 0 ? runtime.Line : e.Line;
            throw;
        }
    }

    /// <summary>A JSON value as Python reads it.</summary>
    public static object? Value(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => Number(json.GetRawText()),
        JsonValueKind.Array => new PyList([.. json.EnumerateArray().Select(Value)]),
        JsonValueKind.Object => PyDict.From(json.EnumerateObject().Select(p => KeyValuePair.Create((object?)p.Name, Value(p.Value)))),
        _ => null,
    };

    private static object? Number(string text) => text.AsSpan().IndexOfAny(".eE") < 0 ? Numbers.ParseInt(text, 10) : Numbers.ParseFloat(text);
}
