using System.IO.Compression;
using System.Text.Json;
using Microsoft.ML;

namespace ZephyrML.Transforms.Loading;

/// <summary>
/// Files of one JSON object a line as data, gzip or plain. The whole file is looked through once, so that whatever is wrong with it is said before anything is done with
/// it; rows are then read from the file by each cursor, never held.
/// </summary>
internal static class JsonlLoader
{
    public static IDataView Load(string path, JsonlOptions options)
    {
        options.Validate();
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}' to load.", path);
        var columns = new List<TableColumn>();
        var mixed = new HashSet<string>(StringComparer.Ordinal);
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        long count = 0;
        foreach (var (line, fields) in Rows(path, options))
        {
            count++;
            foreach (var (name, value) in fields)
            {
                var kind = Kind(value);
                if (!places.TryGetValue(name, out var place))
                {
                    places[name] = columns.Count;
                    columns.Add(new TableColumn(name, kind));
                }
                else if (columns[place].Kind != kind && !JsonlShape.Ours.Contains(name))
                {
                    mixed.Add(name);
                }
                else if (columns[place].Kind != kind)
                {
                    throw Error(path, line, name, $"is {Words(kind)}, but {Words(columns[place].Kind)} in the lines before");
                }
            }
        }
        if (count == 0)
            throw new InvalidDataException($"'{path}' has no rows.");
        if (!columns.Exists(column => JsonlShape.Ours.Contains(column.Name)))
            throw new InvalidDataException($"'{path}' has the fields {string.Join(", ", columns.Select(column => column.Name))}, of which none is known: expected are messages, prompt, response, chosen and rejected, candidates, or instruction and output.");
        // A field that is none of ours and changes its type means nothing to us.
        columns.RemoveAll(column => mixed.Contains(column.Name));
        places = columns.Select((column, place) => (column.Name, place)).ToDictionary(StringComparer.Ordinal);
        return new TableView(columns, () => Values(path, options, columns, places), () => count);
    }

    private static IEnumerable<object?[]> Values(string path, JsonlOptions options, List<TableColumn> columns, Dictionary<string, int> places)
    {
        foreach (var (_, fields) in Rows(path, options))
        {
            var row = new object?[columns.Count];
            foreach (var (name, value) in fields)
            {
                if (places.TryGetValue(name, out var place) && columns[place].Kind == Kind(value))
                    row[place] = value;
            }
            yield return row;
        }
    }

    private static IEnumerable<(long Line, Dictionary<string, object> Fields)> Rows(string path, JsonlOptions options)
    {
        using var file = File.OpenRead(path);
        var isGzip = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        using var content = isGzip ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        using var reader = new StreamReader(content);
        var shape = new JsonlShape(options);
        long line = 0, rows = 0;
        while (rows != options.MaxRows && reader.ReadLine() is { } text)
        {
            line++;
            if (string.IsNullOrWhiteSpace(text))
                continue;
            rows++;
            Dictionary<string, object> fields;
            try
            {
                using var document = JsonDocument.Parse(text);
                fields = shape.Read(document.RootElement);
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"'{path}', line {line}: no JSON object ({e.Message}).", e);
            }
            catch (JsonlFieldException e)
            {
                throw Error(path, line, e.Field, e.Message);
            }
            yield return (line, fields);
        }
    }

    private static InvalidDataException Error(string path, long line, string field, string what) => new($"'{path}', line {line}, field '{field}': {what}.");

    private static TableColumnKind Kind(object value) => value switch
    {
        string => TableColumnKind.Text,
        string[] => TableColumnKind.Texts,
        float => TableColumnKind.Float,
        _ => TableColumnKind.Floats,
    };

    private static string Words(TableColumnKind kind) => kind switch
    {
        TableColumnKind.Text => "a text",
        TableColumnKind.Texts => "a list of texts",
        TableColumnKind.Float => "a number",
        _ => "a list of numbers",
    };
}
