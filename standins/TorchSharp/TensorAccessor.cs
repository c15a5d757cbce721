using System.Collections;
using System.Runtime.CompilerServices;

namespace TorchSharp.Utils;

/// <summary>Reads and writes the elements of a tensor on the CPU, in the order of its shape (strides are followed).</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private nint _handle;
    private readonly byte* _data;
    private readonly long[] _shape;
    private readonly long[] _strides;
    private readonly torch.ScalarType _dtype;
    private readonly bool _contiguous;

    internal TensorAccessor(torch.Tensor tensor)
    {
        _data = (byte*)tensor.Pointer;
        _handle = Native.at_alias(tensor.Handle);   // the memory lives as long as the accessor, whatever becomes of the tensor
        _shape = tensor.shape;
        _strides = tensor.stride();
        _dtype = tensor.dtype;
        _contiguous = tensor.is_contiguous();
        Count = tensor.NumberOfElements;
    }

    public long Count { get; }

    public bool IsReadOnly => false;

    public T this[params long[] indices]
    {
        get => ReadAt(Offset(indices));
        set => WriteAt(Offset(indices), value);
    }

    public T[] ToArray()
    {
        var array = new T[Count];
        CopyTo(array);
        return array;
    }

    public Array ToNDArray()
    {
        if (_shape.Length < 2) return ToArray();
        var result = Array.CreateInstance(typeof(T), _shape);
        var index = new long[_shape.Length];
        foreach (var value in this)
        {
            result.SetValue(value, index);
            for (int d = index.Length - 1; d >= 0 && ++index[d] == _shape[d]; d--) index[d] = 0;
        }
        return result;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        int n = (int)Math.Min(array.Length - arrayIndex, Count - tensorIndex);
        if (_contiguous && n > 0) new Span<T>(_data + tensorIndex * Unsafe.SizeOf<T>(), n).CopyTo(array[arrayIndex..]);
        else for (int i = 0; i < n; i++) array[arrayIndex + i] = ReadAt(Linear(tensorIndex + i));
        GC.KeepAlive(this);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        int n = (int)Math.Min(array.Length - arrayIndex, Count - tensorIndex);
        if (_contiguous && n > 0) array.Slice(arrayIndex, n).CopyTo(new Span<T>(_data + tensorIndex * Unsafe.SizeOf<T>(), n));
        else for (int i = 0; i < n; i++) WriteAt(Linear(tensorIndex + i), array[arrayIndex + i]);
        GC.KeepAlive(this);
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++) yield return ReadAt(Linear(i));
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    ~TensorAccessor() => Free();

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        var handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0) Native.at_free(handle);
    }

    public override bool Equals(object obj) => obj is TensorAccessor<T> other && this == other;

    public override int GetHashCode() => HashCode.Combine(Count, _dtype);

    public static bool operator ==(TensorAccessor<T> left, TensorAccessor<T> right)
        => ReferenceEquals(left, right) || (left is not null && right is not null && left.Count == right.Count && left.SequenceEqual(right));

    public static bool operator !=(TensorAccessor<T> left, TensorAccessor<T> right) => !(left == right);

    internal static T Read(torch.Tensor tensor, long index)
    {
        Check(tensor.dtype);
        using var a = new TensorAccessor<T>(tensor);
        return a.ReadAt(a.Linear(index));
    }

    /// <summary>Nothing is converted: the type asked for is the tensor's own.</summary>
    internal static void Check(torch.ScalarType dtype)
    {
        bool ok = dtype switch
        {
            torch.ScalarType.Byte => typeof(T) == typeof(byte),
            torch.ScalarType.Int8 => typeof(T) == typeof(sbyte),
            torch.ScalarType.Int16 => typeof(T) == typeof(short),
            torch.ScalarType.Int32 => typeof(T) == typeof(int),
            torch.ScalarType.Int64 => typeof(T) == typeof(long),
            torch.ScalarType.Bool => typeof(T) == typeof(bool),
            torch.ScalarType.Float16 => typeof(T) == typeof(Half),
            torch.ScalarType.Float32 => typeof(T) == typeof(float),
            torch.ScalarType.Float64 => typeof(T) == typeof(double),
            _ => false,
        };
        if (!ok) throw new ArgumentException($"A tensor of {dtype} is not read as {typeof(T).Name}; convert it first, with to_type().");
    }

    private T ReadAt(long offset)
    {
        var v = Unsafe.ReadUnaligned<T>(_data + offset * Unsafe.SizeOf<T>());
        GC.KeepAlive(this);
        return v;
    }

    private void WriteAt(long offset, T value)
    {
        Unsafe.WriteUnaligned(_data + offset * Unsafe.SizeOf<T>(), value);
        GC.KeepAlive(this);
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1 && _shape.Length != 1) return Linear(indices[0]);
        if (indices.Length != _shape.Length) throw new ArgumentException($"{indices.Length} indices for a tensor of {_shape.Length} dimensions.");
        long offset = 0;
        for (int d = 0; d < indices.Length; d++)
        {
            if ((ulong)indices[d] >= (ulong)_shape[d]) throw new IndexOutOfRangeException($"Index {indices[d]} at dimension {d} of shape [{string.Join(", ", _shape)}].");
            offset += indices[d] * _strides[d];
        }
        return offset;
    }

    private long Linear(long index)
    {
        if ((ulong)index >= (ulong)Count) throw new IndexOutOfRangeException($"Element {index} of {Count}.");
        if (_contiguous) return index;
        long offset = 0;
        for (int d = _shape.Length - 1; d >= 0; d--)
        {
            offset += index % _shape[d] * _strides[d];
            index /= _shape[d];
        }
        return offset;
    }
}
