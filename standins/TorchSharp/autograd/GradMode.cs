namespace TorchSharp;

public static partial class torch
{
    /// <summary>Sets grad mode on this thread until disposed.</summary>
    private sealed class GradMode(bool on) : IDisposable
    {
        private readonly int _was = Native.at_set_grad_mode(on ? 1 : 0);
        private bool _done;

        public void Dispose()
        {
            if (_done) return;
            _done = true;
            Native.at_set_grad_mode(_was);
        }
    }

    private sealed class InferenceMode(bool on) : IDisposable
    {
        private nint _guard = Native.Check(Native.at_inference_begin(on ? 1 : 0));

        public void Dispose()
        {
            if (_guard != 0) Native.at_inference_end(_guard);
            _guard = 0;
        }
    }

    public static IDisposable no_grad() => new GradMode(false);
    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);
    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);
    public static bool is_grad_enabled() => Native.at_grad_mode() != 0;
    public static bool is_inference_mode_enabled() => Native.at_inference_mode() != 0;

    public static void set_num_threads(int num) => Native.at_set_num_threads(num);
    public static int get_num_threads() => Native.at_get_num_threads();
    public static void set_num_interop_threads(int num) => Native.at_set_num_interop_threads(num);
    public static int get_num_interop_threads() => Native.at_get_num_interop_threads();

    public static DisposeScope NewDisposeScope() => new(DisposeScopeManager.OfThread);
    public static DisposeScope CurrentDisposeScope => DisposeScopeManager.OfThread.Current;

    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }

    public static string __version__ { get { unsafe { return System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)Native.at_version()); } } }
}
