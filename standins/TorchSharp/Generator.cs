namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of pseudo-random numbers with its own state.</summary>
    public class Generator : IDisposable
    {
        private nint _handle;

        public Generator(ulong seed = 0, Device device = null)
            : this(Native.Check(Native.at_gen_new(seed, (int)(device?.type ?? DeviceType.CPU), device?.index ?? -1))) { }

        private Generator(nint handle) => _handle = handle;

        ~Generator() => Dispose(false);

        public IntPtr Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Generator));

        public static Generator Default => new(Native.Check(Native.at_gen_default()));

        public unsafe Device device { get { int index; var type = (DeviceType)Native.at_gen_device(Handle, &index); GC.KeepAlive(this); return new(type, index); } }

        public Generator manual_seed(long seed)
        {
            Native.at_gen_set_seed(Handle, seed);
            GC.KeepAlive(this);
            return this;
        }

        public long initial_seed() { var v = Native.at_gen_initial_seed(Handle); GC.KeepAlive(this); return v; }

        public long seed() { var v = Native.at_gen_seed(Handle); GC.KeepAlive(this); return v; }

        public Tensor get_state() { var v = new Tensor(Native.Check(Native.at_gen_get_state(Handle))); GC.KeepAlive(this); return v; }

        public void set_state(Tensor value)
        {
            Native.Check(Native.at_gen_set_state(Handle, value.Handle));
            GC.KeepAlive(value);
            GC.KeepAlive(this);
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle != 0) Native.at_gen_free(handle);
        }
    }

    public static class random
    {
        public static Generator manual_seed(long seed)
        {
            Native.at_manual_seed(seed);
            return Generator.Default;
        }

        public static long seed() { using var g = Generator.Default; return g.seed(); }
        public static long initial_seed() { using var g = Generator.Default; return g.initial_seed(); }
        public static Tensor get_rng_state() { using var g = Generator.Default; return g.get_state(); }
        public static void set_rng_state(Tensor new_state) { using var g = Generator.Default; g.set_state(new_state); }
    }

    public static Generator manual_seed(long seed) => random.manual_seed(seed);
    public static long seed() => random.seed();
    public static long initial_seed() => random.initial_seed();
    public static Tensor get_rng_state() => random.get_rng_state();
    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);
}
