using System.Collections;

namespace Microsoft.ML.Data;

/// <summary>A dense or sparse vector over buffers that may be larger than it: dense where as many values as slots are held.</summary>
public readonly struct VBuffer<T> : IEnumerable
{
    private readonly T[] _values;
    private readonly int[] _indices;
    private readonly int _count;

    public readonly int Length;

    public VBuffer(int length, T[] values, int[] indices = null) : this(length, length, values, indices) { }

    public VBuffer(int length, int count, T[] values, int[] indices)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (count < 0 || count > length)
            throw new ArgumentOutOfRangeException(nameof(count));
        if ((values?.Length ?? 0) < count)
            throw new ArgumentOutOfRangeException(nameof(values));
        if (count < length && (indices?.Length ?? 0) < count)
            throw new ArgumentOutOfRangeException(nameof(indices));
        (Length, _count, _values, _indices) = (length, count, values, indices);
    }

    public bool IsDense => _count == Length;

    public ReadOnlySpan<T> GetValues() => _values.AsSpan(0, _count);

    public ReadOnlySpan<int> GetIndices() => IsDense ? default : _indices.AsSpan(0, _count);

    public void CopyToDense(ref VBuffer<T> destination)
    {
        var editor = VBufferEditor.Create(ref destination, Length);
        CopyTo(editor.Values);
        destination = editor.Commit();
    }

    public void CopyTo(ref VBuffer<T> destination)
    {
        var editor = VBufferEditor.Create(ref destination, Length, _count);
        GetValues().CopyTo(editor.Values);
        GetIndices().CopyTo(editor.Indices);
        destination = editor.Commit();
    }

    public void CopyTo(ref VBuffer<T> destination, int sourceIndex, int length)
    {
        if (sourceIndex < 0 || sourceIndex > Length)
            throw new ArgumentOutOfRangeException(nameof(sourceIndex));
        if (length < 0 || sourceIndex > Length - length)
            throw new ArgumentOutOfRangeException(nameof(length));
        int from = IsDense ? sourceIndex : LowerBound(sourceIndex), to = IsDense ? sourceIndex + length : LowerBound(sourceIndex + length);
        var editor = VBufferEditor.Create(ref destination, length, to - from);
        GetValues()[from..to].CopyTo(editor.Values);
        for (int i = 0; i < editor.Indices.Length; i++)
            editor.Indices[i] = _indices[from + i] - sourceIndex;
        destination = editor.Commit();
    }

    public void CopyTo(Span<T> destination) => CopyTo(destination, 0);

    public void CopyTo(Span<T> destination, int destinationIndex, T defaultValue = default)
    {
        if (destinationIndex < 0 || destinationIndex > destination.Length - Length)
            throw new ArgumentOutOfRangeException(nameof(destination), "Not large enough to hold these values.");
        var slots = destination.Slice(destinationIndex, Length);
        if (IsDense)
        {
            GetValues().CopyTo(slots);
            return;
        }
        slots.Fill(_count == 0 ? default : defaultValue);
        for (int i = 0; i < _count; i++)
            slots[_indices[i]] = _values[i];
    }

    public static void Copy(T[] source, int sourceIndex, ref VBuffer<T> destination, int length)
    {
        int size = source?.Length ?? 0;
        if (length < 0 || length > size)
            throw new ArgumentOutOfRangeException(nameof(length));
        if (sourceIndex < 0 || sourceIndex > size - length)
            throw new ArgumentOutOfRangeException(nameof(sourceIndex));
        var editor = VBufferEditor.Create(ref destination, length, length);
        source.AsSpan(sourceIndex, length).CopyTo(editor.Values);
        destination = editor.Commit();
    }

    public IEnumerable<KeyValuePair<int, T>> Items(bool all = false)
    {
        var self = this;
        return all && !IsDense
            ? Enumerable.Range(0, Length).Zip(DenseValues(), KeyValuePair.Create)
            : Enumerable.Range(0, _count).Select(i => KeyValuePair.Create(self.IsDense ? i : self._indices[i], self._values[i]));
    }

    public IEnumerable<T> DenseValues()
    {
        var self = this;
        return Walk();

        IEnumerable<T> Walk()
        {
            for (int slot = 0, next = 0; slot < self.Length; slot++)
                yield return self.IsDense ? self._values[slot]
                    : next < self._count && self._indices[next] == slot ? self._values[next++]
                    : default;
        }
    }

    public void GetItemOrDefault(int index, ref T destination) => destination = GetItemOrDefault(index);

    public T GetItemOrDefault(int index)
    {
        if (index < 0 || index >= Length)
            throw new ArgumentOutOfRangeException(nameof(index));
        int i = IsDense ? index : LowerBound(index);
        return i < _count && (IsDense || _indices[i] == index) ? _values[i] : default;
    }

    public IEnumerator GetEnumerator() => _values.GetEnumerator();

    public override string ToString() => IsDense ? $"Dense vector of size {Length}" : $"Sparse vector of size {Length}, {_count} explicit values";

    internal VBufferEditor<T> Edit(int length, int count, int? maxCapacity, bool keepOld, bool indicesOnDense)
    {
        bool withIndices = count < length || indicesOnDense, newIndices = false;
        var values = Ensure(_values, count, maxCapacity, keepOld, out bool newValues);
        var indices = withIndices ? Ensure(_indices, count, maxCapacity, keepOld, out newIndices) : _indices;
        return new(length, count, values, indices, withIndices, newValues, newIndices);
    }

    private static TItem[] Ensure<TItem>(TItem[] array, int min, int? max, bool keepOld, out bool isNew)
    {
        isNew = (array?.Length ?? 0) < min;
        if (!isNew)
            return array ?? [];
        // Half more than before, so that growing slot by slot stays cheap.
        long wanted = Math.Max(min, Math.Min((long)(array?.Length ?? 0) * 3 / 2, max ?? Array.MaxLength));
        var grown = new TItem[wanted];
        if (keepOld)
            array?.CopyTo(grown, 0);
        return grown;
    }

    // The first of the held values whose slot is not below the given one.
    private int LowerBound(int slot)
    {
        int i = _count == 0 ? 0 : Array.BinarySearch(_indices, 0, _count, slot);
        return i < 0 ? ~i : i;
    }
}
