using System.Runtime.InteropServices;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
            => Moved(op_to_dtype.Call([this, type, non_blocking, copy]), disposeAfter);

        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) => to(type, copy, disposeAfter, non_blocking);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
            => Moved(op_to_device.Call([this, device, dtype, non_blocking, copy]), disposeAfter);

        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
            => Moved(op_to_device.Call([this, device, type, non_blocking, copy]), disposeAfter);

        public Tensor to(DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
            => to(new Device(deviceType, deviceIndex), copy, disposeAfter, non_blocking);

        public Tensor to(string device, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
            => to(new Device(device), copy, disposeAfter, non_blocking);

        public Tensor to(Tensor other, bool non_blocking = false) => to(other.dtype, other.device, non_blocking: non_blocking);

        public Tensor cpu() => to(DeviceType.CPU);

        public Tensor cuda(Device device = null, bool non_blocking = false) => to(device ?? new Device(DeviceType.CUDA), non_blocking: non_blocking);

        public Tensor type(ScalarType dtype) => to(dtype);

        public Tensor type(Func<Tensor, Tensor> typeFunc) => typeFunc(this);

        public Tensor @bool() => to(ScalarType.Bool);
        public Tensor @byte() => to(ScalarType.Byte);
        public Tensor @char() => to(ScalarType.Int8);
        public Tensor @short() => to(ScalarType.Int16);
        public Tensor @int() => to(ScalarType.Int32);
        public Tensor @long() => to(ScalarType.Int64);
        public Tensor half() => to(ScalarType.Float16);
        public Tensor bfloat16() => to(ScalarType.BFloat16);
        public Tensor @float() => to(ScalarType.Float32);
        public Tensor @double() => to(ScalarType.Float64);

        public Tensor pin_memory() => op_pin_memory.Call([this]);

        /// <summary>Always a new object, to be disposed of; without a change of type or device it shares this one's values.</summary>
        private Tensor Moved(Tensor result, bool disposeAfter)
        {
            if (disposeAfter) Dispose();
            return result;
        }

        public Scalar ToScalar()
        {
            double real = 0;
            long integer = 0;
            int kind = Native.Check(Native.at_item(Handle, &real, &integer));
            GC.KeepAlive(this);
            return kind == 1 ? new Scalar(real, dtype) : kind == 3 ? integer != 0 : new Scalar(integer, dtype);
        }

        public T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1) throw new ArgumentException($"item() is for tensors of one element; this one has shape [{string.Join(", ", shape)}].");
            using var one = op_item_cpu(this);
            return TensorAccessor<T>.Read(one, 0);
        }

        private static Tensor op_item_cpu(Tensor t) => t.is_cpu() ? Borrow(t.Handle) : op_to_device.Call([t, CPU, t.dtype]);

        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            if (!is_cpu()) throw new InvalidOperationException("data() reads memory of the CPU; move the tensor there first, with cpu().");
            TensorAccessor<T>.Check(dtype);
            return new TensorAccessor<T>(this);
        }

        /// <summary>The memory of a contiguous tensor on the CPU; valid as long as the tensor lives.</summary>
        public Span<byte> bytes
        {
            get
            {
                if (!is_contiguous()) throw new NotImplementedException("bytes is for contiguous tensors; call contiguous() first.");
                return new Span<byte>((void*)Pointer, checked((int)(NumberOfElements * ElementSize)));
            }
            set
            {
                var to = bytes;
                if (value.Length != to.Length) throw new ArgumentException($"{value.Length} bytes for a tensor of {to.Length}.");
                value.CopyTo(to);
            }
        }

        internal nint Pointer
        {
            get
            {
                if (!is_cpu()) throw new InvalidOperationException("The memory of a tensor is read and written on the CPU only; move it there first, with cpu().");
                var p = Native.at_data_ptr(Handle);
                if (p == 0 && NumberOfElements > 0) throw new ExternalException(Native.LastError());
                GC.KeepAlive(this);
                return p;
            }
        }

        public void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            if (!is_contiguous()) throw new NotImplementedException("WriteBytesToStream is for contiguous tensors; call contiguous() first.");
            long left = NumberOfElements * ElementSize;
            for (byte* p = (byte*)Pointer; left > 0;)
            {
                int n = (int)Math.Min(left, Math.Max(bufferSize, 1024));
                stream.Write(new ReadOnlySpan<byte>(p, n));
                p += n;
                left -= n;
            }
            GC.KeepAlive(this);
        }

        public void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            if (!is_contiguous()) throw new NotImplementedException("ReadBytesFromStream is for contiguous tensors; call contiguous() first.");
            long left = NumberOfElements * ElementSize;
            for (byte* p = (byte*)Pointer; left > 0;)
            {
                int n = (int)Math.Min(left, Math.Max(bufferSize, 1024));
                stream.ReadExactly(new Span<byte>(p, n));
                p += n;
                left -= n;
            }
            GC.KeepAlive(this);
        }

        private static readonly Op op_to_dtype = new("to.dtype");
        private static readonly Op op_to_device = new("to.device");
        private static readonly Op op_pin_memory = new("pin_memory");
    }
}
