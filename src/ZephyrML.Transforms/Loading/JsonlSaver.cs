using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.Teacher;
using ZephyrML.Transforms.Rows;

namespace ZephyrML.Transforms.Loading;

/// <summary>Writes rows as JSONL in one of the known shapes, gzip'ed where the name ends with .gz; to a file beside the wanted one that takes its name when it is whole.</summary>
internal static class JsonlSaver
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonlRows Save(IDataView data, string path, JsonlFormat format, CancellationToken cancellationToken)
    {
        if (!Enum.IsDefined(format))
            throw new ArgumentOutOfRangeException(nameof(format), format, $"The format must be one of {string.Join(", ", Enum.GetNames<JsonlFormat>())}.");
        var columns = Columns(data.Schema, format);
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var unfinished = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            JsonlRows rows;
            using (var file = File.Create(unfinished))
            using (var content = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionLevel.Optimal) : (Stream)file)
                rows = Write(data, columns, format, content, cancellationToken);
            File.Move(unfinished, path, overwrite: true);
            return rows;
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private static JsonlRows Write(IDataView data, List<DataViewSchema.Column> columns, JsonlFormat format, Stream content, CancellationToken cancellationToken)
    {
        using var cursor = data.GetRowCursor(columns);
        Func<Utf8JsonWriter, bool> write = format == JsonlFormat.Columns ? ColumnWriter(cursor, columns) : ShapeWriter(cursor, columns, format);
        long saved = 0, skipped = 0;
        using var line = new MemoryStream();
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            line.SetLength(0);
            bool whole;
            using (var w = new Utf8JsonWriter(line, Options))
                whole = write(w);
            if (!whole)
            {
                skipped++;
                continue;
            }
            line.WriteByte((byte)'\n');
            content.Write(line.GetBuffer(), 0, (int)line.Length);
            saved++;
        }
        return new JsonlRows(saved, skipped);
    }

    /// <summary>The columns that the shape is made of; an error where it has none to be made of.</summary>
    private static List<DataViewSchema.Column> Columns(DataViewSchema schema, JsonlFormat format)
    {
        if (format == JsonlFormat.Columns)
            return [.. schema.Where(c => !c.IsHidden)];
        var found = new List<DataViewSchema.Column>();
        DataViewSchema.Column? Find(string name, ColumnKind kind)
        {
            var column = InputColumn.Find(schema, name, kind);
            if (column is { } there)
                found.Add(there);
            return column;
        }
        void Need(string name, ColumnKind kind) => found.Add(InputColumn.Require(schema, name, kind));
        switch (format)
        {
            case JsonlFormat.Messages or JsonlFormat.ShareGpt:
                if (Find(ZephyrColumns.Messages, ColumnKind.Text) is null)
                    Need(ZephyrColumns.Prompt, ColumnKind.Text);
                else
                    Find(ZephyrColumns.Prompt, ColumnKind.Text);
                Find(ZephyrColumns.Response, ColumnKind.Text);
                break;
            case JsonlFormat.Alpaca:
                Need(ZephyrColumns.Prompt, ColumnKind.Text);
                Need(ZephyrColumns.Response, ColumnKind.Text);
                break;
            case JsonlFormat.Binarized:
                Need(ZephyrColumns.Prompt, ColumnKind.Text);
                Need(ZephyrColumns.Chosen, ColumnKind.Text);
                Need(ZephyrColumns.Rejected, ColumnKind.Text);
                Find(ZephyrColumns.Messages, ColumnKind.Text);
                if (Find(ZephyrColumns.Candidates, ColumnKind.Texts) is not null)
                    Find(ZephyrColumns.Scores, ColumnKind.Floats);
                break;
            default:
                Need(ZephyrColumns.Prompt, ColumnKind.Text);
                Need(ZephyrColumns.Candidates, ColumnKind.Texts);
                Find(ZephyrColumns.CandidateModels, ColumnKind.Texts);
                Find(ZephyrColumns.Scores, ColumnKind.Floats);
                break;
        }
        return found;
    }

    private static Func<Utf8JsonWriter, bool> ShapeWriter(DataViewRowCursor cursor, List<DataViewSchema.Column> columns, JsonlFormat format)
    {
        DataViewSchema.Column? Find(string name) => columns.Exists(c => c.Name == name) ? columns.Find(c => c.Name == name) : null;
        var (prompt, messages, response) = (InputColumn.Text(cursor, Find(ZephyrColumns.Prompt)), InputColumn.Text(cursor, Find(ZephyrColumns.Messages)), InputColumn.Text(cursor, Find(ZephyrColumns.Response)));
        var (chosen, rejected) = (InputColumn.Text(cursor, Find(ZephyrColumns.Chosen)), InputColumn.Text(cursor, Find(ZephyrColumns.Rejected)));
        var (candidates, models, scores) = (InputColumn.Texts(cursor, Find(ZephyrColumns.Candidates)), InputColumn.Texts(cursor, Find(ZephyrColumns.CandidateModels)), InputColumn.Floats(cursor, Find(ZephyrColumns.Scores)));
        return format switch
        {
            JsonlFormat.Messages or JsonlFormat.ShareGpt => w => WriteDialogue(w, format, Whole(cursor.Position, messages(), prompt(), response())),
            JsonlFormat.Alpaca => w => WriteAlpaca(w, prompt(), response()),
            JsonlFormat.Binarized => w => WriteBinarized(w, cursor.Position, prompt(), messages(), chosen(), rejected(), candidates(), scores()),
            _ => w => WriteUltraFeedback(w, prompt(), candidates(), models(), scores()),
        };
    }

    /// <summary>The dialogue with its last answer; null where there is none.</summary>
    private static Dialogue? Whole(long row, string messages, string prompt, string response)
    {
        if (messages.Length == 0)
            return prompt.Length > 0 && response.Length > 0 ? Dialogue.Of(prompt, response) : null;
        var dialogue = Parse(row, messages);
        if (dialogue.Turns.Count > 0 && dialogue.Turns[^1].Role != "assistant" && response.Length > 0)
            dialogue = new([.. dialogue.Turns, new("assistant", response)]);
        return dialogue.Turns.Any(t => t.Role == "assistant") ? dialogue : null;
    }

    private static Dialogue Parse(long row, string messages)
    {
        try
        {
            return DialogueJson.Parse(messages);
        }
        catch (FormatException e)
        {
            throw new FormatException($"Row {row}, column '{ZephyrColumns.Messages}': {e.Message}", e);
        }
    }

    private static bool WriteDialogue(Utf8JsonWriter w, JsonlFormat format, Dialogue? dialogue)
    {
        if (dialogue is null)
            return false;
        w.WriteStartObject();
        if (format == JsonlFormat.Messages)
        {
            Turns(w, "messages", dialogue.Turns);
        }
        else
        {
            w.WriteStartArray("conversations");
            foreach (var turn in dialogue.Turns)
            {
                w.WriteStartObject();
                w.WriteString("from", turn.Role switch { "user" => "human", "assistant" => "gpt", var other => other });
                w.WriteString("value", turn.Content);
                w.WriteEndObject();
            }
            w.WriteEndArray();
        }
        w.WriteEndObject();
        return true;
    }

    private static bool WriteAlpaca(Utf8JsonWriter w, string prompt, string response)
    {
        if (prompt.Length == 0 || response.Length == 0)
            return false;
        w.WriteStartObject();
        w.WriteString("instruction", prompt);
        w.WriteString("input", "");
        w.WriteString("output", response);
        w.WriteEndObject();
        return true;
    }

    private static bool WriteBinarized(Utf8JsonWriter w, long row, string prompt, string messages, string chosen, string rejected, string[] candidates, float[] scores)
    {
        if (chosen.Length == 0 || rejected.Length == 0)
            return false;
        List<DialogueTurn> context = [new("user", prompt)];
        if (messages.Length > 0)
        {
            context = [.. Parse(row, messages).Turns];
            while (context.Count > 0 && context[^1].Role == "assistant")
                context.RemoveAt(context.Count - 1);
        }
        w.WriteStartObject();
        w.WriteString("prompt", prompt);
        w.WriteString("prompt_id", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(prompt))).ToLowerInvariant());
        Turns(w, "chosen", [.. context, new("assistant", chosen)]);
        Turns(w, "rejected", [.. context, new("assistant", rejected)]);
        Turns(w, "messages", [.. context, new("assistant", chosen)]);
        if (scores.Length == candidates.Length)
        {
            // of two equal texts, the chosen one is the better and the rejected one the worse
            var (best, worst) = (float.NaN, float.NaN);
            for (var i = 0; i < scores.Length; i++)
            {
                if (candidates[i] == chosen && !(scores[i] <= best) && !float.IsNaN(scores[i]))
                    best = scores[i];
                if (candidates[i] == rejected && !(scores[i] >= worst) && !float.IsNaN(scores[i]))
                    worst = scores[i];
            }
            Number(w, "score_chosen", best);
            Number(w, "score_rejected", worst);
        }
        w.WriteEndObject();
        return true;
    }

    private static bool WriteUltraFeedback(Utf8JsonWriter w, string prompt, string[] candidates, string[] models, float[] scores)
    {
        if (prompt.Length == 0 || candidates.Length == 0)
            return false;
        w.WriteStartObject();
        w.WriteString("instruction", prompt);
        w.WriteStartArray("models");
        foreach (var model in models)
            w.WriteStringValue(model);
        w.WriteEndArray();
        w.WriteStartArray("completions");
        for (var i = 0; i < candidates.Length; i++)
        {
            w.WriteStartObject();
            if (i < models.Length)
                w.WriteString("model", models[i]);
            w.WriteString("response", candidates[i]);
            if (i < scores.Length)
                Number(w, "fine-grained_score", scores[i]);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
        return true;
    }

    private static Func<Utf8JsonWriter, bool> ColumnWriter(DataViewRowCursor cursor, List<DataViewSchema.Column> columns)
    {
        var writers = columns.ConvertAll(column => (column.Name, Write: ColumnWriter(cursor, column)));
        return w =>
        {
            w.WriteStartObject();
            foreach (var (name, write) in writers)
            {
                w.WritePropertyName(name);
                write(w);
            }
            w.WriteEndObject();
            return true;
        };
    }

    private static Action<Utf8JsonWriter> ColumnWriter(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        Action<Utf8JsonWriter> Of<T>(Action<Utf8JsonWriter, T> write)
        {
            var getter = cursor.GetGetter<T>(column);
            T value = default!;
            return w =>
            {
                getter(ref value);
                write(w, value);
            };
        }
        if (column.Name == ZephyrColumns.Messages && column.Type is TextDataViewType)
        {
            return Of<ReadOnlyMemory<char>>((w, text) =>
            {
                if (text.IsEmpty)
                    w.WriteNullValue();
                else
                    Turns(w, null, Parse(cursor.Position, text.ToString()).Turns);
            });
        }
        if (column.Type is VectorDataViewType { ItemType: TextDataViewType })
        {
            var texts = InputColumn.Texts(cursor, column);
            return w => List(w, texts(), static (w, text) => w.WriteStringValue(text));
        }
        if (column.Type is VectorDataViewType vector && vector.ItemType.RawType == typeof(float))
        {
            var numbers = InputColumn.Floats(cursor, column);
            return w => List(w, numbers(), static (w, number) => Number(w, number));
        }
        return column.Type.RawType switch
        {
            _ when column.Type is KeyDataViewType => throw Unknown(column),
            var type when type == typeof(ReadOnlyMemory<char>) => Of<ReadOnlyMemory<char>>((w, text) => w.WriteStringValue(text.Span)),
            var type when type == typeof(float) => Of<float>(static (w, number) => Number(w, number)),
            var type when type == typeof(double) => Of<double>(static (w, number) =>
            {
                if (double.IsFinite(number))
                    w.WriteNumberValue(number);
                else
                    w.WriteNullValue();
            }),
            var type when type == typeof(int) => Of<int>(static (w, number) => w.WriteNumberValue(number)),
            var type when type == typeof(long) => Of<long>(static (w, number) => w.WriteNumberValue(number)),
            var type when type == typeof(bool) => Of<bool>(static (w, value) => w.WriteBooleanValue(value)),
            _ => throw Unknown(column),
        };
    }

    private static ArgumentException Unknown(DataViewSchema.Column column) =>
        new($"Column '{column.Name}' is {column.Type}, which is not saved as JSON: texts, numbers (Single, Double, Int32, Int64), Booleans, and vectors of text or Single are. Drop the column, or convert it.", "data");

    private static void List<T>(Utf8JsonWriter w, T[] values, Action<Utf8JsonWriter, T> write)
    {
        w.WriteStartArray();
        foreach (var value in values)
            write(w, value);
        w.WriteEndArray();
    }

    private static void Turns(Utf8JsonWriter w, string? name, IReadOnlyList<DialogueTurn> turns)
    {
        if (name is null)
            w.WriteStartArray();
        else
            w.WriteStartArray(name);
        foreach (var turn in turns)
        {
            w.WriteStartObject();
            w.WriteString("role", turn.Role);
            w.WriteString("content", turn.Content);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter w, string name, float value)
    {
        w.WritePropertyName(name);
        Number(w, value);
    }

    private static void Number(Utf8JsonWriter w, float value)
    {
        if (float.IsFinite(value))
            w.WriteNumberValue(value);
        else
            w.WriteNullValue();
    }
}
