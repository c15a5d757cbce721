using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    private static ScalarType s_defaultType = ScalarType.Float32;
    private static Device s_defaultDevice;

    public static ScalarType get_default_dtype() => s_defaultType;
    public static void set_default_dtype(ScalarType dtype) => s_defaultType = dtype;
    public static Device get_default_device() => s_defaultDevice ?? CPU;
    public static void set_default_device(Device device) => s_defaultDevice = device;
    public static void set_default_device(string device) => s_defaultDevice = new Device(device);

    private static readonly Op op_empty = new("empty.memory_format"), op_zeros = new("zeros"), op_ones = new("ones"), op_full = new("full");
    private static readonly Op op_rand = new("rand.generator"), op_randn = new("randn.generator"), op_randint = new("randint.low_generator"), op_randperm = new("randperm.generator");
    private static readonly Op op_arange = new("arange.start_step"), op_linspace = new("linspace"), op_logspace = new("logspace"), op_eye = new("eye.m");
    private static readonly Op op_tril_indices = new("tril_indices"), op_triu_indices = new("triu_indices");
    private static readonly Op op_zeros_like = new("zeros_like"), op_ones_like = new("ones_like"), op_empty_like = new("empty_like"), op_full_like = new("full_like");
    private static readonly Op op_rand_like = new("rand_like"), op_randn_like = new("randn_like"), op_randint_like = new("randint_like.low_dtype");
    private static readonly Op op_empty_strided = new("empty_strided");

    private static Tensor MakeEmpty(long[] size, ScalarType? dtype, Device device, bool requires_grad, string[] names)
        => Born(op_empty.Call([size, dtype ?? s_defaultType, Arg.None, device ?? s_defaultDevice]), requires_grad, names);

    private static Tensor MakeZeros(long[] size, ScalarType? dtype, Device device, bool requires_grad, string[] names)
        => Born(op_zeros.Call([size, dtype ?? s_defaultType, Arg.None, device ?? s_defaultDevice]), requires_grad, names);

    private static Tensor MakeOnes(long[] size, ScalarType? dtype, Device device, bool requires_grad, string[] names)
        => Born(op_ones.Call([size, dtype ?? s_defaultType, Arg.None, device ?? s_defaultDevice]), requires_grad, names);

    private static Tensor MakeFull(long[] size, Scalar value, ScalarType? dtype, Device device, bool requires_grad, string[] names)
        => Born(op_full.Call([size, value, dtype ?? (value.Kind == Tag.Double ? s_defaultType : value.Type), Arg.None, device ?? s_defaultDevice]), requires_grad, names);

    private static Tensor MakeRand(long[] size, ScalarType? dtype, Device device, bool requires_grad, string[] names, Generator generator)
        => Born(op_rand.Call([size, generator, dtype ?? s_defaultType, Arg.None, device ?? s_defaultDevice]), requires_grad, names);

    private static Tensor MakeRandn(long[] size, ScalarType? dtype, Device device, bool requires_grad, string[] names, Generator generator)
        => Born(op_randn.Call([size, generator, dtype ?? s_defaultType, Arg.None, device ?? s_defaultDevice]), requires_grad, names);

    private static Tensor Born(Tensor t, bool requires_grad, string[] names = null)
    {
        if (names is { Length: > 0 }) throw new NotImplementedException("The TorchSharp stand-in has no named dimensions.");
        if (requires_grad) t.requires_grad = true;
        return t;
    }

    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device device = null, bool requires_grad = false)
    {
        bool real = start.Kind == Tag.Double || stop.Kind == Tag.Double || step.Kind == Tag.Double;
        return Born(op_arange.Call([start, stop, step, dtype ?? (real ? s_defaultType : ScalarType.Int64), Arg.None, device ?? s_defaultDevice]), requires_grad);
    }

    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device device = null, bool requires_grad = false) => arange(start, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device device = null, bool requires_grad = false) => arange(0, stop, 1, dtype, device, requires_grad);

    public static Tensor linspace(double start, double end, long steps, ScalarType? dtype = null, Device device = null, bool requires_grad = false)
        => Born(op_linspace.Call([start, end, steps, dtype ?? s_defaultType, Arg.None, device ?? s_defaultDevice]), requires_grad);

    public static Tensor logspace(double start, double end, long steps, double @base = 10, ScalarType? dtype = null, Device device = null, bool requires_grad = false)
        => Born(op_logspace.Call([start, end, steps, @base, dtype ?? s_defaultType, Arg.None, device ?? s_defaultDevice]), requires_grad);

    public static Tensor eye(long rows, long columns = -1, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null)
        => Born(op_eye.Call([rows, columns < 0 ? rows : columns, dtype ?? s_defaultType, Arg.None, device ?? s_defaultDevice]), requires_grad, names);

    public static Tensor empty_strided(long[] size, long[] strides, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null)
        => Born(op_empty_strided.Call([size, strides, dtype ?? s_defaultType, Arg.None, device ?? s_defaultDevice]), requires_grad, names);

    public static Tensor tril_indices(long row, long col, long offset = 0, ScalarType dtype = ScalarType.Int64, Device device = null)
        => op_tril_indices.Call([row, col, offset, dtype, Arg.None, device ?? s_defaultDevice]);

    public static Tensor triu_indices(long row, long col, long offset = 0, ScalarType dtype = ScalarType.Int64, Device device = null)
        => op_triu_indices.Call([row, col, offset, dtype, Arg.None, device ?? s_defaultDevice]);

    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null)
        => Born(op_zeros_like.Call([input, dtype, Arg.None, device]), requires_grad, names);

    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null)
        => Born(op_ones_like.Call([input, dtype, Arg.None, device]), requires_grad, names);

    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null)
        => Born(op_empty_like.Call([input, dtype, Arg.None, device]), requires_grad, names);

    public static Tensor full_like(Tensor input, Scalar value, ScalarType? dtype = null, Device device = null, bool requires_grad = false, string[] names = null)
        => Born(op_full_like.Call([input, value, dtype, Arg.None, device]), requires_grad, names);

    public static Tensor rand_like(Tensor input, ScalarType? dtype = null, Device device = null, bool requires_grad = false)
        => Born(op_rand_like.Call([input, dtype, Arg.None, device]), requires_grad);

    public static Tensor randn_like(Tensor input, ScalarType? dtype = null, Device device = null, bool requires_grad = false)
        => Born(op_randn_like.Call([input, dtype, Arg.None, device]), requires_grad);

    public static Tensor randint_like(Tensor input, long low, long high, ScalarType? dtype = null, Device device = null, bool requires_grad = false)
        => Born(op_randint_like.Call([input, low, high, dtype, Arg.None, device]), requires_grad);

    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, Generator generator = null, string[] names = null)
        => Born(op_randint.Call([low, high, size, generator, dtype ?? ScalarType.Int64, Arg.None, device ?? s_defaultDevice]), requires_grad, names);

    public static Tensor randint(long high, long[] size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, Generator generator = null, string[] names = null)
        => randint(0, high, size, dtype, device, requires_grad, generator, names);

    public static Tensor randint(long low, long high, Size size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, Generator generator = null, string[] names = null)
        => randint(low, high, size.Shape, dtype, device, requires_grad, generator, names);

    public static Tensor randint(long high, Size size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, Generator generator = null, string[] names = null)
        => randint(0, high, size.Shape, dtype, device, requires_grad, generator, names);

    public static Tensor randperm(long n, ScalarType? dtype = null, Device device = null, bool requires_grad = false, Generator generator = null)
        => Born(op_randperm.Call([n, generator, dtype ?? ScalarType.Int64, Arg.None, device ?? s_defaultDevice]), requires_grad);

    public static Tensor normal(double mean, double std, ReadOnlySpan<long> size, ScalarType? dtype = null, Device device = null, bool requires_grad = false, Generator generator = null, string[] names = null)
        => Born(MakeEmpty(size.ToArray(), dtype, device, false, names).normal_(mean, std, generator), requires_grad);

    private static unsafe Tensor MakeScalar(Scalar value, ScalarType? dtype, Device device, bool requires_grad)
        => Born(op_full.Call([Array.Empty<long>(), value, dtype ?? value.Type, Arg.None, device ?? s_defaultDevice]), requires_grad);

    private static T[] ToArray<T>(IList<T> values) => values as T[] ?? values.ToArray();

    private static unsafe Tensor MakeTensor<T>(Array values, long[] dimensions, ScalarType? dtype, Device device, bool requires_grad, string[] names) where T : unmanaged
    {
        if (dimensions is null)
        {
            dimensions = new long[values.Rank];
            for (int d = 0; d < dimensions.Length; d++) dimensions[d] = values.GetLongLength(d);
        }
        long count = 1;
        foreach (var n in dimensions) count *= n;
        if (count != values.LongLength)
            throw new ArgumentException($"{values.LongLength} values for a tensor of shape [{string.Join(", ", dimensions)}], which has {count}.");
        var own = TypeOf(typeof(T));
        nint handle;
        fixed (byte* data = &MemoryMarshal.GetArrayDataReference(values))
        fixed (long* sizes = dimensions)
            handle = Native.Check(Native.at_from_blob(data, sizes, dimensions.Length, (int)own));
        var t = new Tensor(handle);
        device ??= s_defaultDevice;
        if (dtype is { } type && type != own) t = t.to(type, disposeAfter: true);
        if (device is not null && device.type != DeviceType.CPU) t = t.to(device, disposeAfter: true);
        return Born(t, requires_grad, names);
    }

    private static ScalarType TypeOf(Type type)
        => type == typeof(float) ? ScalarType.Float32 : type == typeof(long) ? ScalarType.Int64 : type == typeof(int) ? ScalarType.Int32
         : type == typeof(double) ? ScalarType.Float64 : type == typeof(bool) ? ScalarType.Bool : type == typeof(byte) ? ScalarType.Byte
         : type == typeof(sbyte) ? ScalarType.Int8 : type == typeof(short) ? ScalarType.Int16 : type == typeof(Half) ? ScalarType.Float16
         : throw new NotSupportedException($"A tensor has no element type for {type}.");

    public static Tensor from_array(Array rawArray, Device device = null) => from_array(rawArray, null, device);

    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device device = null, bool requires_grad = false, string[] names = null)
        => rawArray.GetType().GetElementType() switch
        {
            var t when t == typeof(float) => MakeTensor<float>(rawArray, null, dtype, device, requires_grad, names),
            var t when t == typeof(double) => MakeTensor<double>(rawArray, null, dtype, device, requires_grad, names),
            var t when t == typeof(long) => MakeTensor<long>(rawArray, null, dtype, device, requires_grad, names),
            var t when t == typeof(int) => MakeTensor<int>(rawArray, null, dtype, device, requires_grad, names),
            var t when t == typeof(short) => MakeTensor<short>(rawArray, null, dtype, device, requires_grad, names),
            var t when t == typeof(byte) => MakeTensor<byte>(rawArray, null, dtype, device, requires_grad, names),
            var t when t == typeof(sbyte) => MakeTensor<sbyte>(rawArray, null, dtype, device, requires_grad, names),
            var t when t == typeof(bool) => MakeTensor<bool>(rawArray, null, dtype, device, requires_grad, names),
            var t when t == typeof(Half) => MakeTensor<Half>(rawArray, null, dtype, device, requires_grad, names),
            var t => throw new NotSupportedException($"A tensor has no element type for {t}."),
        };
}
