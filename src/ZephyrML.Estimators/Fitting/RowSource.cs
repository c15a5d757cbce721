using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.Transforms.Rows;

namespace ZephyrML.Fitting;

/// <summary>Reads texts of data once, row by row, with each row's number; looks at the cancellation token in between.</summary>
internal static class RowSource
{
    /// <summary>For each row its number and its texts, one for each of the columns; empty where the data has no such column.</summary>
    public static IEnumerable<(long Number, string[] Texts)> Read(IDataView data, CancellationToken cancellationToken, params string[] columns)
    {
        var found = columns.Select(name => InputColumn.Find(data.Schema, name, ColumnKind.Text)).ToList();
        using var cursor = data.GetRowCursor(found.OfType<DataViewSchema.Column>());
        var readers = found.Select(column => InputColumn.Text(cursor, column)).ToList();
        var getId = cursor.GetIdGetter();
        DataViewRowId id = default;
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            getId(ref id);
            yield return (RowResults<string, string>.Number(id), [.. readers.Select(read => read())]);
        }
    }
}
