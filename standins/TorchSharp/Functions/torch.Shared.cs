using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    // Tensors over memory that is already there.
    private static readonly Op op_from_file = new("from_file");

    public static Tensor from_file(string filename, bool? shared = null, long? size = 0, ScalarType? dtype = null, Device device = null, bool requires_grad = false)
        => Born(op_from_file.Call([filename, shared, size, dtype ?? s_defaultType, Arg.None, device]), requires_grad);

    /// <summary>A one-dimensional tensor on the array's own memory, which stays pinned as long as the tensor lives. The offset counts the array's elements.</summary>
    public static unsafe Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0, bool requires_grad = false)
    {
        long length = rawArray.LongLength;
        if (offset < 0 || offset >= length) throw new ArgumentException($"invalid value for 'offset': {offset}");
        if (count < 0) count = length - offset;
        long own = TypeOf(rawArray.GetType().GetElementType()).ElementSize();
        if (count > length - offset || count * dtype.ElementSize() > (length - offset) * own) throw new IndexOutOfRangeException($"element count is too large: {count}");
        var pin = GCHandle.Alloc(rawArray, GCHandleType.Pinned);
        var data = (byte*)pin.AddrOfPinnedObject() + offset * own;
        nint handle = Native.at_from_shared(data, &count, 1, (int)dtype, &Unpin, GCHandle.ToIntPtr(pin));
        if (handle == 0) pin.Free();
        return Born(new Tensor(Native.Check(handle)), requires_grad);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Unpin(nint pin) => GCHandle.FromIntPtr(pin).Free();

    public static Tensor as_tensor(Tensor data, ScalarType? dtype = null, Device device = null)
        => dtype is null && device is null ? data.alias() : data.to(dtype ?? data.dtype, device ?? data.device);
}
