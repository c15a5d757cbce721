namespace ZephyrML.LanguageModels.Jinja;

/// <summary>What kind of error a template ran into.</summary>
internal enum JinjaErrorKind
{
    /// <summary>The template called raise_exception.</summary>
    Raised,
    Undefined,
    Security,
    Syntax,
    Runtime,

    /// <summary>What Python itself would raise: TypeError, ValueError, ZeroDivisionError and the like.</summary>
    Python,

    /// <summary>Time, depth, output or memory ran out.</summary>
    Limit,
}

/// <summary>An error of a template, worded as Jinja or Python would.</summary>
internal sealed class JinjaError(JinjaErrorKind kind, string message, int line = 0) : Exception(message)
{
    public JinjaErrorKind Kind => kind;

    /// <summary>The line of the template, from 1; 0 where it is not known.</summary>
    public int Line { get; set; } = line;

    public static JinjaError Python(string message) => new(JinjaErrorKind.Python, message);

    public static JinjaError Limit(string message) => new(JinjaErrorKind.Limit, message);

    public static JinjaError Syntax(string message, int line) => new(JinjaErrorKind.Syntax, message, line);
}
