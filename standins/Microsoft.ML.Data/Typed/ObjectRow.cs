using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A user object as a row; <see cref="Set"/> moves to the next position.</summary>
internal sealed class ObjectRow<TRow> : DataViewRow where TRow : class
{
    private readonly Delegate[] _getters;
    private TRow _current;
    private long _position = -1;

    public ObjectRow(DataViewSchema schema, MemberColumn[] columns, Func<int, bool> active = null)
    {
        Schema = schema;
        _getters = [.. columns.Select((c, i) => active == null || active(i) ? MemberReading.Getter(c, () => Current) : null)];
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _position;

    public override long Batch => 0;

    private TRow Current => _position >= 0 ? _current : throw Contracts.Except(RowChecks.NoValuesNow);

    public void Set(TRow row)
    {
        Contracts.CheckValue(row, nameof(row));
        _current = row;
        _position++;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) =>
    {
        Contracts.Check(_position >= 0, RowChecks.NoValuesNow);
        id = new DataViewRowId((ulong)_position, 0);
    };

    public override bool IsColumnActive(DataViewSchema.Column column) => _getters[column.Index] != null;

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Contracts.CheckParam(column.Index < _getters.Length && IsColumnActive(column), nameof(column), "requested column not active");
        return RowChecks.Cast<TValue>(_getters[column.Index], column);
    }

    public void End() => _position = -1;
}
