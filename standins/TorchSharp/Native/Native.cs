using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>The entry points of native/atshim.cpp. A tensor handle is an owned reference to libtorch's implementation.</summary>
internal static unsafe class Native
{
    private const string Shim = "atshim";

    static Native() => NativeLoader.Install();

    [DllImport(Shim)] internal static extern byte* at_last_error();
    [DllImport(Shim)] internal static extern void at_set_error(byte* text);
    [DllImport(Shim)] internal static extern byte* at_version();
    [DllImport(Shim)] internal static extern void at_free_mem(nint memory);
    [DllImport(Shim)] internal static extern nint at_find_op(byte* name, byte* overload);
    [DllImport(Shim)] internal static extern int at_call(nint op, Val* args, int count, Val* results, int room);

    [DllImport(Shim)] internal static extern void at_free(nint tensor);
    [DllImport(Shim)] internal static extern nint at_alias(nint tensor);
    [DllImport(Shim), SuppressGCTransition] internal static extern long at_ndim(nint tensor);
    [DllImport(Shim), SuppressGCTransition] internal static extern long at_numel(nint tensor);
    [DllImport(Shim)] internal static extern void at_sizes(nint tensor, long* sizes);
    [DllImport(Shim)] internal static extern int at_strides(nint tensor, long* strides);
    [DllImport(Shim)] internal static extern long at_storage_offset(nint tensor);
    [DllImport(Shim)] internal static extern int at_is_contiguous(nint tensor);
    [DllImport(Shim)] internal static extern int at_is_sparse(nint tensor);
    [DllImport(Shim), SuppressGCTransition] internal static extern int at_dtype(nint tensor);
    [DllImport(Shim), SuppressGCTransition] internal static extern long at_element_size(nint tensor);
    [DllImport(Shim), SuppressGCTransition] internal static extern int at_device(nint tensor, int* index);
    [DllImport(Shim)] internal static extern nint at_data_ptr(nint tensor);
    [DllImport(Shim)] internal static extern nint at_from_blob(void* data, long* sizes, int dimensions, int dtype);
    [DllImport(Shim)] internal static extern nint at_from_shared(void* data, long* sizes, int dimensions, int dtype, delegate* unmanaged[Cdecl]<nint, void> release, nint context);
    [DllImport(Shim)] internal static extern int at_item(nint tensor, double* real, long* integer);

    [DllImport(Shim)] internal static extern int at_requires_grad(nint tensor);
    [DllImport(Shim)] internal static extern int at_set_requires_grad(nint tensor, int on);
    [DllImport(Shim)] internal static extern int at_is_leaf(nint tensor);
    [DllImport(Shim)] internal static extern int at_retain_grad(nint tensor);
    [DllImport(Shim)] internal static extern nint at_grad(nint tensor);
    [DllImport(Shim)] internal static extern int at_set_grad(nint tensor, nint grad);
    [DllImport(Shim)] internal static extern int at_backward(nint* tensors, int count, nint* grads, int gradCount, int keep, int create, nint* inputs, int inputCount);
    [DllImport(Shim)] internal static extern int at_autograd_grad(nint* outputs, int count, nint* grads, int gradCount, nint* inputs, int inputCount, int keep, int create, int allowUnused, nint* results);
    [DllImport(Shim)] internal static extern int at_grad_mode();
    [DllImport(Shim)] internal static extern int at_set_grad_mode(int on);
    [DllImport(Shim)] internal static extern int at_inference_mode();
    [DllImport(Shim)] internal static extern nint at_inference_begin(int on);
    [DllImport(Shim)] internal static extern void at_inference_end(nint guard);
    [DllImport(Shim)] internal static extern int at_custom_fn(byte* name, nint* inputs, int inputCount, nint* outputs, int outputCount, nint* saved, int savedCount,
        nint* nonDifferentiable, int nonDifferentiableCount, nint* dirty, int dirtyCount, int materialize,
        delegate* unmanaged[Cdecl]<nint, nint*, int, nint*, int, nint*, int, int> backward, delegate* unmanaged[Cdecl]<nint, void> release, nint context, nint* tied);

    [DllImport(Shim)] internal static extern void at_set_num_threads(int count);
    [DllImport(Shim)] internal static extern int at_get_num_threads();
    [DllImport(Shim)] internal static extern void at_set_num_interop_threads(int count);
    [DllImport(Shim)] internal static extern int at_get_num_interop_threads();
    [DllImport(Shim)] internal static extern int at_cuda_available();
    [DllImport(Shim)] internal static extern int at_cuda_device_count();
    [DllImport(Shim)] internal static extern int at_cuda_cudnn();
    [DllImport(Shim)] internal static extern int at_cuda_synchronize(int index);
    [DllImport(Shim)] internal static extern void at_manual_seed(long seed);
    [DllImport(Shim)] internal static extern void at_cuda_manual_seed(long seed, int all);

    [DllImport(Shim)] internal static extern nint at_gen_default();
    [DllImport(Shim)] internal static extern nint at_gen_new(ulong seed, int device, int index);
    [DllImport(Shim)] internal static extern void at_gen_free(nint generator);
    [DllImport(Shim)] internal static extern int at_gen_device(nint generator, int* index);
    [DllImport(Shim)] internal static extern long at_gen_initial_seed(nint generator);
    [DllImport(Shim)] internal static extern void at_gen_set_seed(nint generator, long seed);
    [DllImport(Shim)] internal static extern long at_gen_seed(nint generator);
    [DllImport(Shim)] internal static extern nint at_gen_get_state(nint generator);
    [DllImport(Shim)] internal static extern int at_gen_set_state(nint generator, nint state);

    internal static string LastError() => Marshal.PtrToStringUTF8((nint)at_last_error()) ?? "unknown error of libtorch";

    /// <summary>Turns a negative result into the exception that TorchSharp throws for what libtorch refuses.</summary>
    internal static int Check(int result) => result < 0 ? throw new ExternalException(LastError()) : result;

    internal static nint Check(nint handle) => handle == 0 ? throw new ExternalException(LastError()) : handle;
}
