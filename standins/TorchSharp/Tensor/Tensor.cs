using System.Runtime.CompilerServices;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>An n-dimensional array of one element type on one device: a managed handle on libtorch's tensor.</summary>
    public partial class Tensor : IDisposable
    {
        private static long s_total;
        private static long s_peak;
        private nint _handle;

        internal Tensor(nint handle, bool register = true)
        {
            _handle = handle;
            long total = Interlocked.Increment(ref s_total);
            if (total > s_peak) s_peak = total;
            if (register) OwningDisposeScope = DisposeScopeManager.OfThread.Register(this);
        }

        ~Tensor() => Dispose(false);

        internal DisposeScope OwningDisposeScope { get; set; }

        internal static Tensor Own(in Val result) => result.Tag == Tag.Tensor && result.Bits != 0 ? new Tensor((nint)result.Bits) : null;

        internal static Tensor OwnOrNull(nint handle) => handle == 0 ? null : new Tensor(handle);

        /// <summary>A second tensor object on a handle that native code lends.</summary>
        internal static Tensor Borrow(nint handle) => handle == 0 ? null : new Tensor(Native.at_alias(handle));

        public static Tensor UnsafeCreateTensor(IntPtr handle) => new(handle);

        public IntPtr Handle
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => _handle != 0 ? _handle : throw new InvalidOperationException("Tensor invalid -- empty handle: it was disposed (a dispose scope disposes what is not moved out), or became a parameter.");
        }

        public bool IsInvalid => _handle == 0;

        /// <summary>How many tensors managed code holds.</summary>
        public static long TotalCount => Interlocked.Read(ref s_total);

        public static long PeakCount => Interlocked.Read(ref s_peak);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle == 0) return;
            Interlocked.Decrement(ref s_total);
            Native.at_free(handle);
            if (!disposing) return;
            DisposeScopeManager.OfThread.Disposing(this);
            OwningDisposeScope?.Forget(this);
        }

        public IntPtr DecoupleFromNativeHandle()
        {
            GC.SuppressFinalize(this);
            var handle = Handle;
            Interlocked.Decrement(ref s_total);
            _handle = 0;
            return handle;
        }

        internal nint MoveHandle()
        {
            var handle = DecoupleFromNativeHandle();
            return handle;
        }

        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.OwningDisposeScope);

        public Tensor MoveToOtherDisposeScope(DisposeScope other)
        {
            if (OwningDisposeScope is { } scope) scope.MoveToOther(other, this);
            else other?.Attach(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        public bool Equals(Tensor target) => target is not null && IsSameAs(target);

        public override bool Equals(object obj) => obj is Tensor t && Equals(t);

        private bool IsSameAs(Tensor other) => ReferenceEquals(this, other) || op_equal.CallBool([this, other]);

        public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

        private static readonly Op op_equal = new("equal");
    }
}
