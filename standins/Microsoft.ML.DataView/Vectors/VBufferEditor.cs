namespace Microsoft.ML.Data;

/// <summary>Opens a vector's buffers for writing, reusing them where they are large enough.</summary>
public static class VBufferEditor
{
    public static VBufferEditor<T> CreateFromBuffer<T>(scoped ref VBuffer<T> destination)
        => destination.Edit(destination.Length, destination.GetValues().Length, null, keepOld: false, indicesOnDense: false);

    public static VBufferEditor<T> Create<T>(scoped ref VBuffer<T> destination, int newLogicalLength, int? valuesCount = null,
        int? maxValuesCapacity = null, bool keepOldOnResize = false, bool requireIndicesOnDense = false)
    {
        if (newLogicalLength < 0)
            throw new ArgumentOutOfRangeException(nameof(newLogicalLength), "Must be non-negative.");
        if (valuesCount < 0)
            throw new ArgumentOutOfRangeException(nameof(valuesCount), "If specified, must be non-negative.");
        if (valuesCount > newLogicalLength)
            throw new ArgumentOutOfRangeException(nameof(valuesCount), "If specified, must be no greater than newLogicalLength");
        return destination.Edit(newLogicalLength, valuesCount ?? newLogicalLength, maxValuesCapacity, keepOldOnResize, requireIndicesOnDense);
    }
}
