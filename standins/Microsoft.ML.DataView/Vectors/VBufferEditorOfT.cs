namespace Microsoft.ML.Data;

public readonly ref struct VBufferEditor<T>
{
    private readonly int _length;
    private readonly T[] _values;
    private readonly int[] _indices;

    public readonly Span<T> Values;

    public readonly Span<int> Indices;

    internal VBufferEditor(int length, int count, T[] values, int[] indices, bool withIndices, bool newValues, bool newIndices)
    {
        _length = length;
        _values = values;
        _indices = indices;
        Values = values.AsSpan(0, count);
        Indices = withIndices ? indices.AsSpan(0, count) : default;
        CreatedNewValues = newValues;
        CreatedNewIndices = newIndices;
    }

    public bool CreatedNewValues { get; }

    public bool CreatedNewIndices { get; }

    public VBuffer<T> Commit() => new(_length, Values.Length, _values, _indices);

    public VBuffer<T> CommitTruncated(int physicalValuesCount)
    {
        if (physicalValuesCount > Values.Length)
            throw new ArgumentOutOfRangeException(nameof(physicalValuesCount), "Updating physicalValuesCount during CommitTruncated cannot be greater than the original physicalValuesCount value used in Create.");
        return new(_length, physicalValuesCount, _values, _indices);
    }
}
