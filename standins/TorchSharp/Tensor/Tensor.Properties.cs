using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        public ScalarType dtype { get { var v = (ScalarType)Native.at_dtype(Handle); GC.KeepAlive(this); return v; } }

        public DeviceType device_type { get { int i; var v = (DeviceType)Native.at_device(Handle, &i); GC.KeepAlive(this); return v; } }

        public int device_index { get { int i; Native.at_device(Handle, &i); GC.KeepAlive(this); return i; } }

        public Device device => new(device_type, device_index);

        public long ndim { get { var v = Native.at_ndim(Handle); GC.KeepAlive(this); return v; } }

        public long Dimensions => ndim;

        public long dim() => ndim;

        public long NumberOfElements { get { var v = Native.at_numel(Handle); GC.KeepAlive(this); return v; } }

        public long numel() => NumberOfElements;

        public long ElementSize { get { var v = Native.at_element_size(Handle); GC.KeepAlive(this); return v; } }

        public long element_size() => ElementSize;

        public long[] shape
        {
            get
            {
                var sizes = new long[ndim];
                fixed (long* p = sizes) Native.at_sizes(Handle, p);
                GC.KeepAlive(this);
                return sizes;
            }
        }

        public long[] size() => shape;

        public long size(int dim) => shape[dim < 0 ? dim + (int)ndim : dim];

        public long[] stride()
        {
            var strides = new long[ndim];
            fixed (long* p = strides) Native.Check(Native.at_strides(Handle, p));
            GC.KeepAlive(this);
            return strides;
        }

        public long stride(int dim) => stride()[dim < 0 ? dim + (int)ndim : dim];

        public long storage_offset() { var v = Native.at_storage_offset(Handle); GC.KeepAlive(this); return v; }

        public bool is_contiguous() { var v = Native.Check(Native.at_is_contiguous(Handle)) != 0; GC.KeepAlive(this); return v; }

        public bool is_cpu() => device_type == DeviceType.CPU;

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_meta => device_type == DeviceType.META;

        public bool is_sparse { get { var v = Native.at_is_sparse(Handle) != 0; GC.KeepAlive(this); return v; } }

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_complex() => torch.is_complex(dtype);

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_nonzero() => op_is_nonzero.CallBool([this]);

        public bool is_pinned() => op_is_pinned.CallBool([this]);

        public bool is_conj() => op_is_conj.CallBool([this]);

        public bool is_neg() => op_is_neg.CallBool([this]);

        public Tensor H => op_H.Call([this]);

        public Tensor T => op_T.Call([this]);

        public Tensor mT => op_mT.Call([this]);

        public Tensor mH => op_mH.Call([this]);

        public bool requires_grad
        {
            get { var v = Native.at_requires_grad(Handle) != 0; GC.KeepAlive(this); return v; }
            set { Native.Check(Native.at_set_requires_grad(Handle, value ? 1 : 0)); GC.KeepAlive(this); }
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public bool is_leaf { get { var v = Native.Check(Native.at_is_leaf(Handle)) != 0; GC.KeepAlive(this); return v; } }

        public void retain_grad() { Native.Check(Native.at_retain_grad(Handle)); GC.KeepAlive(this); }

        /// <summary>A new object each time, null where there is no gradient; setting null drops it.</summary>
        public Tensor grad
        {
            get { var v = OwnOrNull(Native.at_grad(Handle)); GC.KeepAlive(this); return v; }
            set { Native.Check(Native.at_set_grad(Handle, value is null ? 0 : value.Handle)); GC.KeepAlive(value); GC.KeepAlive(this); }
        }

        public void backward() => autograd.backward(this);

        public void backward(IList<Tensor> grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor> inputs = null)
            => autograd.backward(this, grad_tensors, retain_graph, create_graph, inputs);

        public Tensor detach_() => op_detach_.CallInPlace([this]);

        public Tensor alias() => op_alias.Call([this]);

        private static readonly Op op_is_nonzero = new("is_nonzero");
        private static readonly Op op_is_pinned = new("is_pinned");
        private static readonly Op op_is_conj = new("is_conj");
        private static readonly Op op_is_neg = new("is_neg");
        private static readonly Op op_H = new("matrix_H");
        private static readonly Op op_T = new("numpy_T");
        private static readonly Op op_mT = new("mT");
        private static readonly Op op_mH = new("mH");
        private static readonly Op op_detach_ = new("detach_");
        private static readonly Op op_alias = new("alias");
    }
}
