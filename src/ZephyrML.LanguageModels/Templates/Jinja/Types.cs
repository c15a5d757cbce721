using System.Numerics;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Names of types, and what every value can be asked.</summary>
internal static class Types
{
    public static string Name(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long or BigInteger => "int",
        double => "float",
        string => "str",
        Markup => "Markup",
        Bytes => "bytes",
        PyList => "list",
        PyTuple => "tuple",
        PyDict => "dict",
        PyRange => "range",
        DictView view => view.TypeName,
        PyIterator iterator => iterator.TypeName,
        Undefined => "Undefined",
        PyObject other => other.TypeName,
        _ => value.GetType().Name,
    };

    /// <summary>The text of a string, marked as safe or not; null for anything else.</summary>
    public static string? Text(object? value) => value as string ?? (value as Markup)?.Text;

    public static bool Truth(object? value) => value switch
    {
        null => false,
        bool flag => flag,
        long number => number != 0,
        BigInteger number => !number.IsZero,
        double number => number != 0,
        string text => text.Length > 0,
        Markup markup => markup.Text.Length > 0,
        Bytes bytes => bytes.Content.Length > 0,
        PySequence list => list.Items.Count > 0,
        PyDict dict => dict.Count > 0,
        DictView view => view.Dict.Count > 0,
        PyRange range => range.Count > 0,
        Undefined => Missing((Undefined)value),
        LoopContext => true,
        _ => true,
    };

    // An unsafe attribute is falsy too: only what goes beyond asking is an error.
    private static bool Missing(Undefined _) => false;

    public static long? Length(object? value) => value switch
    {
        string text => CodePoints.Count(text),
        Markup markup => CodePoints.Count(markup.Text),
        Bytes bytes => bytes.Content.Length,
        PySequence list => list.Items.Count,
        PyDict dict => dict.Count,
        DictView view => view.Dict.Count,
        PyRange range => range.Count,
        Undefined => 0,
        LoopContext loop => loop.Length,
        _ => null,
    };

    public static long RequireLength(object? value) => Length(value) ?? throw JinjaError.Python($"object of type '{Name(value)}' has no len()");

    /// <summary>The elements, or null where the value cannot be walked.</summary>
    public static IEnumerable<object?>? Elements(object? value) => value switch
    {
        string text => CodePoints.Split(text),
        Markup markup => CodePoints.Split(markup.Text),
        Bytes bytes => bytes.Content.Select(b => (object?)(long)b),
        PySequence list => list.Items,
        PyDict dict => dict.Entries.Select(e => e.Key),
        DictView view => view.Items(),
        PyRange range => range.Items(),
        PyIterator iterator => iterator,
        Undefined => [],
        _ => null,
    };

    public static IEnumerable<object?> Iterate(object? value) => Elements(value) ?? throw JinjaError.Python($"'{Name(value)}' object is not iterable");

    public static List<object?> ToList(object? value, JinjaRuntime runtime)
    {
        runtime.Budget.Elements(Length(value) ?? 0);
        var counted = value is PyIterator;
        var list = new List<object?>();
        foreach (var item in Iterate(value))
        {
            if (counted)
                runtime.Budget.Elements(1);
            list.Add(item);
        }
        return list;
    }
}
