namespace Microsoft.ML.Data;

internal sealed class ColumnBuffer<T>(ValueGetter<T> source) : ColumnBuffer
{
    private static readonly CopyTo Copy = CopyFor();
    private readonly List<T> _values = [];          // guarded by itself: a cache fills it while others read

    private delegate void CopyTo(T from, ref T to);

    public override void Fill(int slot)
    {
        T value = default;                          // never the old one: a reader may still hold its arrays
        source(ref value);
        lock (_values)
        {
            while (_values.Count <= slot)
                _values.Add(default);
            _values[slot] = value;
        }
    }

    public override Delegate Getter(Func<int> slot) => (ValueGetter<T>)((ref T dst) =>
    {
        T value;
        int at = slot();
        lock (_values)
            value = _values[at];
        Copy(value, ref dst);
    });

    // A vector is copied, since whoever gets it may write into its arrays.
    private static CopyTo CopyFor()
        => typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(VBuffer<>)
            ? (CopyTo)Reflect.CallStatic(typeof(ColumnBuffer<T>), nameof(VectorCopy), typeof(T).GetGenericArguments()[0])
            : (from, ref to) => to = from;

    private static CopyTo VectorCopy<TItem>()
    {
        VectorCopier<TItem> copy = (VBuffer<TItem> from, ref VBuffer<TItem> to) => from.CopyTo(ref to);
        return copy.Method.CreateDelegate<CopyTo>(copy.Target);
    }

    private delegate void VectorCopier<TItem>(VBuffer<TItem> from, ref VBuffer<TItem> to);
}
