using TorchSharp;
using static TorchSharp.torch;

namespace StandIns.TorchSharpTests;

[TestClass]
public class DataTests
{
    private DisposeScope _scope;

    [TestInitialize] public void Open() => _scope = NewDisposeScope();
    [TestCleanup] public void Close() => _scope.Dispose();

    [TestMethod]
    public void TypesOfArraysAndScalars()
    {
        Assert.AreEqual(ScalarType.Float32, tensor(new float[] { 1 }).dtype);
        Assert.AreEqual(ScalarType.Float64, tensor(new double[] { 1 }).dtype);
        Assert.AreEqual(ScalarType.Int64, tensor(new long[] { 1 }).dtype);
        Assert.AreEqual(ScalarType.Int32, tensor(new int[] { 1 }).dtype);
        Assert.AreEqual(ScalarType.Bool, tensor(new bool[] { true }).dtype);
        Assert.AreEqual(ScalarType.Byte, tensor(new byte[] { 1 }).dtype);
        Assert.AreEqual(ScalarType.Float32, tensor(1f).dtype);
        Assert.AreEqual(ScalarType.Float64, tensor(1.0).dtype);
        Assert.AreEqual(ScalarType.Int64, tensor(1L).dtype);
        Assert.AreEqual(0L, tensor(1L).ndim);
        Assert.AreEqual(ScalarType.Float32, zeros(1).dtype);
        Assert.AreEqual(ScalarType.Int64, arange(3).dtype);
        Assert.AreEqual(ScalarType.Float32, tensor(new double[] { 1 }, dtype: ScalarType.Float32).dtype);
        CollectionAssert.AreEqual(new long[] { 2, 2 }, tensor(new long[] { 1, 2, 3, 4 }, [2, 2]).shape);
        CollectionAssert.AreEqual(new long[] { 1, 2, 2 }, from_array(new float[,,] { { { 1, 2 }, { 3, 4 } } }).shape);
        Assert.AreEqual(ScalarType.Float32, (tensor(new float[] { 1 }) + 1).dtype);
        Assert.AreEqual(ScalarType.Int64, (tensor(new long[] { 1 }) + 1).dtype);
        Assert.AreEqual(ScalarType.Float32, (tensor(new long[] { 1 }) + 1.5).dtype);
    }

    [TestMethod]
    public void Conversions()
    {
        var x = tensor(new float[] { -1.7f, 0, 2.9f });
        CollectionAssert.AreEqual(new long[] { -1, 0, 2 }, x.to(ScalarType.Int64).data<long>().ToArray());
        CollectionAssert.AreEqual(new[] { true, false, true }, x.@bool().data<bool>().ToArray());
        Assert.AreEqual(ScalarType.Float16, x.half().dtype);
        Assert.AreEqual(2.9, x.@double()[2].ToDouble(), 1e-6);
        Assert.AreEqual(2, x[2].ToInt32());
        Assert.AreEqual(2.9f, x[2].item<float>());
        Assert.AreEqual(-1.7f, (float)x[0]);
        Assert.AreEqual(DeviceType.CPU, x.cpu().device_type);
        Assert.AreEqual("cpu", x.device.ToString());
        Assert.IsTrue(x.is_floating_point() && !x.is_integral());
    }

    [TestMethod]
    public void BFloat16KeepsEightBits()
    {
        var x = tensor(new float[] { 1, 1.00390625f, 3.14159265f, -2.5f }).to(ScalarType.BFloat16);
        Assert.AreEqual(2L, x.ElementSize);
        CollectionAssert.AreEqual(new float[] { 1, 1, 3.140625f, -2.5f }, x.to(ScalarType.Float32).data<float>().ToArray());
        var raw = x.bytes.ToArray();
        Assert.AreEqual(8, raw.Length);
        Assert.AreEqual(0x3F80, BitConverter.ToUInt16(raw, 0));
        Assert.AreEqual(0x4049, BitConverter.ToUInt16(raw, 4));
        var product = x.to(ScalarType.BFloat16).matmul(ones(4, dtype: ScalarType.BFloat16));
        Assert.AreEqual(ScalarType.BFloat16, product.dtype);
        Assert.AreEqual(2.640625, product.ToDouble(), 0.02);
    }

    [TestMethod]
    public void BytesAreTheMemory()
    {
        var x = zeros(2, dtype: ScalarType.Int32);
        x.bytes = new byte[] { 1, 0, 0, 0, 0, 1, 0, 0 };
        CollectionAssert.AreEqual(new[] { 1, 256 }, x.data<int>().ToArray());
        x.data<int>()[1] = 7;
        Assert.AreEqual(7, x[1].ToInt32());
        x.data<int>().CopyFrom(new[] { 5, 6 });
        CollectionAssert.AreEqual(new[] { 5, 6 }, x.data<int>().ToArray());
        using var stream = new MemoryStream();
        x.WriteBytesToStream(stream);
        stream.Position = 0;
        var y = empty(2, dtype: ScalarType.Int32);
        y.ReadBytesFromStream(stream);
        CollectionAssert.AreEqual(new[] { 5, 6 }, y.data<int>().ToArray());
    }

    [TestMethod]
    public void DataFollowsStrides()
    {
        var x = arange(6).reshape(2, 3).transpose(0, 1);
        CollectionAssert.AreEqual(new long[] { 0, 3, 1, 4, 2, 5 }, x.data<long>().ToArray());
        Assert.AreEqual(4L, x.data<long>()[1, 1]);
    }

    [TestMethod]
    public void ValuesAreCopied()
    {
        var array = new float[] { 1, 2 };
        var x = tensor(array);
        array[0] = 9;
        Assert.AreEqual(1f, x[0].ToSingle());
    }

    [TestMethod]
    public void SeedsRepeat()
    {
        manual_seed(7);
        var a = randn(5);
        var b = rand(5);
        manual_seed(7);
        Assert.IsTrue(a.allclose(randn(5)));
        Assert.IsTrue(b.allclose(rand(5)));
        Assert.IsFalse(a.allclose(randn(5)));
    }

    [TestMethod]
    public void GeneratorsAreStreamsOfTheirOwn()
    {
        using var g = new Generator(11);
        var first = randn(4, generator: g);
        var state = g.get_state();
        var second = rand(4, generator: g);
        manual_seed(1);
        g.set_state(state);
        Assert.IsTrue(second.allclose(rand(4, generator: g)));
        g.manual_seed(11);
        Assert.IsTrue(first.allclose(randn(4, generator: g)));
        Assert.AreEqual(11L, g.initial_seed());
        var x = zeros(1000).normal_(2, 3, g);
        Assert.AreEqual(2, x.mean().ToDouble(), 0.5);
        Assert.AreEqual(3, x.std().ToDouble(), 0.5);
        var u = zeros(1000).uniform_(-1, 1, g);
        Assert.IsTrue(u.min().ToDouble() >= -1 && u.max().ToDouble() < 1);
        var picks = tensor(new float[] { 0, 1, 0 }).multinomial(5, replacement: true, generator: g);
        CollectionAssert.AreEqual(new long[] { 1, 1, 1, 1, 1 }, picks.data<long>().ToArray());
        CollectionAssert.AreEquivalent(new long[] { 0, 1, 2, 3 }, randperm(4, generator: g).data<long>().ToArray());
        var r = randint(5, 10, [100], generator: g);
        Assert.IsTrue(r.ge(5).all().ToBoolean() && r.lt(10).all().ToBoolean());
    }

    [TestMethod]
    public void EqualityIsByElementAndAllcloseForAll()
    {
        var x = tensor(new float[] { 1, 2 });
        CollectionAssert.AreEqual(new[] { true, false }, x.eq(tensor(new float[] { 1, 3 })).data<bool>().ToArray());
        CollectionAssert.AreEqual(new[] { true, false }, (x == tensor(new float[] { 1, 3 })).data<bool>().ToArray());
        Assert.IsTrue(x.allclose(x + 1e-7f));
        Assert.IsTrue(x.isfinite().all().ToBoolean());
        Assert.IsTrue((x / 0).isinf().all().ToBoolean());
        Assert.IsTrue((x * float.NaN).isnan().all().ToBoolean());
    }

    [TestMethod]
    public void AConversionIsAlwaysAnObjectOfItsOwn()
    {
        var x = ones(2);
        x.to(ScalarType.Float32).Dispose();
        x.cpu().Dispose();
        Assert.IsFalse(x.IsInvalid);
        Assert.AreEqual(2f, x.sum().ToSingle());
        var y = x.to(ScalarType.Float64, disposeAfter: true);
        Assert.IsTrue(x.IsInvalid);
        Assert.AreEqual(2.0, y.sum().ToDouble());
    }

    [TestMethod]
    public void ReadingValuesLeavesNoTensorBehind()
    {
        var x = ones(3);
        long live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 10; i++) { _ = x.data<float>().ToArray(); _ = x.data<float>()[1]; }
        Assert.AreEqual(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void ABufferIsShared()
    {
        var array = new float[] { 1, 2, 3, 4 };
        var x = frombuffer(array, ScalarType.Float32, offset: 1);
        CollectionAssert.AreEqual(new float[] { 2, 3, 4 }, x.data<float>().ToArray());
        x.mul_(10);
        array[3] = 7;
        CollectionAssert.AreEqual(new float[] { 1, 20, 30, 7 }, array);
        Assert.AreEqual(57f, x.sum().ToSingle());
        Assert.ThrowsExactly<IndexOutOfRangeException>(() => frombuffer(array, ScalarType.Float32, count: 5));
    }

    [TestMethod]
    public void ThreadsComputeAndTrainAtOnce()
    {
        var wrong = 0;
        var threads = Enumerable.Range(0, 4).Select(k => new Thread(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                using var scope = NewDisposeScope();
                var w = full(8, k + 1.0, dtype: ScalarType.Float64, requires_grad: true);
                (w * w).sum().backward();
                if (Math.Abs(w.grad.sum().ToDouble() - 16.0 * (k + 1)) > 1e-9) Interlocked.Increment(ref wrong);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.AreEqual(0, wrong);
    }
}
