using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>A matrix of four-bit codes with scales by blocks of the flattened matrix, the scales themselves quantised if so asked.</summary>
internal sealed class Nf4Weight : IDisposable
{
    [ThreadStatic] private static Tensor? s_lastGradient;
    private static int _dequantized, _mostDequantized;
    private readonly Nf4Options _options;
    private readonly long[] _shape;
    private readonly Tensor _packed, _scales;
    private readonly Tensor? _nestedScales;
    private readonly float _offset;

    private Nf4Weight(Nf4Options options, long[] shape, Tensor packed, Tensor scales, Tensor? nestedScales, float offset)
    {
        (_options, _shape, _offset) = (options, shape, offset);
        (_packed, _scales, _nestedScales) = (packed.DetachFromDisposeScope(), scales.DetachFromDisposeScope(), nestedScales?.DetachFromDisposeScope());
    }

    /// <summary>Quantises a matrix; it stays as it is.</summary>
    public static Nf4Weight Quantize(Tensor weight, Nf4Options options)
    {
        options.Validate();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var device = weight.device;
        var flat = weight.detach().to(ScalarType.Float32).cpu().contiguous().view(-1);
        long count = flat.shape[0];
        int block = options.BlockSize;
        long blocks = (count + block - 1) / block;
        Tensor packed = empty((count + 1) / 2, dtype: ScalarType.Byte), scales = empty(blocks, dtype: ScalarType.Float32);
        InParallel(blocks, (from, to) =>
        {
            Span<float> x = Floats(flat), most = Floats(scales);
            var codes = packed.bytes;
            for (int b = (int)from; b < to; b++)
            {
                int start = b * block, length = (int)Math.Min(block, count - start);
                most[b] = Nf4Codes.Quantize(x.Slice(start, length), codes.Slice(start / 2, (length + 1) / 2), length == block);
            }
        });
        if (!options.DoubleQuantization) return new Nf4Weight(options.Copy(), weight.shape, packed.to(device), scales.to(device), null, 0);
        float offset = scales.mean().item<float>();
        var coded = empty(blocks, dtype: ScalarType.Byte);
        float[] nested = Nf4Codes.QuantizeScales(Floats(scales), offset, coded.bytes);
        return new Nf4Weight(options.Copy(), weight.shape, packed.to(device), coded.to(device), tensor(nested, [nested.Length]).to(device), offset);
    }

    /// <summary>Dequantised matrices alive now, of all weights.</summary>
    public static int Alive => Volatile.Read(ref _dequantized);

    /// <summary>The most that were alive at a time since it was set to 0.</summary>
    public static int MostAlive { get => Volatile.Read(ref _mostDequantized); set => Volatile.Write(ref _mostDequantized, value); }

    public Nf4Options Options => _options;

    /// <summary>(out, in)</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>Two codes a byte, the first in the high half.</summary>
    public Tensor Packed => _packed;

    /// <summary>A scale for each block: float32, or eight-bit codes.</summary>
    public Tensor Scales => _scales;

    /// <summary>For each <see cref="Nf4Codes.NestedBlock"/> coded scales their scale; null where scales are not coded.</summary>
    public Tensor? NestedScales => _nestedScales;

    /// <summary>What is added to decoded scales.</summary>
    public float Offset => _offset;

    /// <summary>Bytes that the codes and scales take.</summary>
    public long Bytes => new[] { _packed, _scales, _nestedScales }.Sum(t => t is null ? 0 : t.NumberOfElements * t.ElementSize);

    /// <summary>All that it consists of, by bitsandbytes' names.</summary>
    public IEnumerable<(string Name, Tensor Value)> Parts =>
        new (string, Tensor?)[] { ("packed", _packed), ("absmax", _scales), ("nested_absmax", _nestedScales) }.Where(p => p.Item2 is not null).Select(p => (p.Item1, p.Item2!));

    /// <summary>Another object on the same codes.</summary>
    public Nf4Weight Share()
    {
        using var noGrad = no_grad();
        return new Nf4Weight(_options, _shape, _packed.detach(), _scales.detach(), _nestedScales?.detach(), _offset);
    }

    /// <summary>x Wᵀ for x (..., in), with a gradient for x alone. W is there only while it is multiplied, now and in the backward pass.</summary>
    public Tensor Multiply(Tensor x) => is_grad_enabled() && x.requires_grad ? Product.apply(x, this) : Forward(x);

    /// <summary>The matrix (out, in) in some type, to be disposed soon.</summary>
    public Tensor Dequantize(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        long count = _shape[0] * _shape[1];
        int block = _options.BlockSize;
        var scales = DecodedScales();
        if (_packed.device_type != DeviceType.CPU) return OnDevice(scales, dtype).MoveToOuterDisposeScope();
        var result = empty(count, dtype: ScalarType.Float32);
        InParallel((count + block - 1) / block, (from, to) =>
        {
            var codes = _packed.bytes;
            Span<float> s = Floats(scales), y = Floats(result);
            for (int b = (int)from; b < to; b++)
            {
                int start = b * block, length = (int)Math.Min(block, count - start);
                Nf4Codes.Dequantize(codes.Slice(start / 2, (length + 1) / 2), s[b], y.Slice(start, length));
            }
        });
        return result.view(_shape).to(dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The matrix by the library's operations, wherever the codes are.</summary>
    internal Tensor OnDevice(Tensor scales, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        long count = _shape[0] * _shape[1], block = _options.BlockSize, whole = count / block * block;
        // A table of byte to two numbers: one look-up for two weights.
        var map = tensor(Nf4Codes.Map.ToArray(), [16]).to(_packed.device);
        var pairs = stack([map.unsqueeze(1).expand(16, 16), map.unsqueeze(0).expand(16, 16)], -1).reshape(256, 2);
        var values = pairs.index_select(0, _packed.to(ScalarType.Int32)).view(-1);
        var parts = new List<Tensor>();
        if (whole > 0) parts.Add((values.narrow(0, 0, whole).view(-1, block) * scales.narrow(0, 0, whole / block).unsqueeze(1)).view(-1));
        if (whole < count) parts.Add(values.narrow(0, whole, count - whole) * scales.narrow(0, whole / block, 1));
        return (parts.Count == 1 ? parts[0] : cat(parts)).view(_shape).to(dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The scales as float32.</summary>
    internal Tensor DecodedScales()
    {
        if (_nestedScales is null) return _scales;
        var map = tensor(Nf4Codes.NestedMap.ToArray(), [256]).to(_scales.device);
        var each = _nestedScales.unsqueeze(1).expand(_nestedScales.shape[0], Nf4Codes.NestedBlock).reshape(-1).narrow(0, 0, _scales.shape[0]);
        return map.index_select(0, _scales.to(ScalarType.Int32)) * each + _offset;
    }

    public void Dispose()
    {
        _packed.Dispose();
        _scales.Dispose();
        _nestedScales?.Dispose();
    }

    private Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        using var alive = new Gauge();
        return Linear.Apply(x, Dequantize(x.dtype)).MoveToOuterDisposeScope();
    }

    private Tensor Backward(Tensor gradient)
    {
        using var scope = NewDisposeScope();
        using var alive = new Gauge();
        // Autograd takes a reference of its own when this returns. Ours goes with the next layer's, so that no scope holds the gradients of all layers to its end.
        s_lastGradient?.Dispose();
        return s_lastGradient = gradient.matmul(Dequantize(gradient.dtype)).DetachFromDisposeScope();
    }

    private static Span<float> Floats(Tensor t) => MemoryMarshal.Cast<byte, float>(t.bytes);

    // Spans do not cross lambdas, so each part takes its own.
    private static void InParallel(long blocks, Action<long, long> work)
    {
        const long part = 1024;
        long parts = (blocks + part - 1) / part;
        if (parts <= 1) work(0, blocks);
        else Parallel.For(0, parts, p => work(p * part, Math.Min(blocks, (p + 1) * part)));
    }

    /// <summary>Counts dequantised matrices.</summary>
    private sealed class Gauge : IDisposable
    {
        public Gauge()
        {
            int now = Interlocked.Increment(ref _dequantized);
            for (int most = MostAlive; now > most; most = MostAlive) Interlocked.CompareExchange(ref _mostDequantized, now, most);
        }

        public void Dispose() => Interlocked.Decrement(ref _dequantized);
    }

    /// <summary>The product in the graph: nothing but the codes is kept for the backward pass.</summary>
    internal sealed class Product : autograd.SingleTensorFunction<Product>
    {
        private const string Weight = "weight";

        public override string Name => "Nf4Product";

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var weight = (Nf4Weight)vars[1];
            ctx.save_data(Weight, weight);
            return weight.Forward((Tensor)vars[0]);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [((Nf4Weight)ctx.get_data(Weight)).Backward(grad_output), null!];
    }
}
