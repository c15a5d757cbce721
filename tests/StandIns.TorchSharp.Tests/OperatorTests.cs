using TorchSharp;
using static TorchSharp.torch;

namespace StandIns.TorchSharpTests;

/// <summary>Operators against values worked out by hand. Written against TorchSharp's own surface: they hold for the real package too.</summary>
[TestClass]
public class OperatorTests
{
    private DisposeScope _scope;

    [TestInitialize] public void Open() => _scope = NewDisposeScope();
    [TestCleanup] public void Close() => _scope.Dispose();

    private static void Same(float[] expected, Tensor actual, float tolerance = 1e-5f)
    {
        var got = actual.to(ScalarType.Float32).contiguous().data<float>().ToArray();
        Assert.AreEqual(expected.Length, got.Length);
        for (int i = 0; i < got.Length; i++) Assert.AreEqual(expected[i], got[i], tolerance, $"element {i}");
    }

    [TestMethod]
    public void Arithmetic()
    {
        var x = tensor(new float[] { 1, 2, 3 });
        var y = tensor(new float[] { 4, 5, 6 });
        Same([5, 7, 9], x + y);
        Same([-3, -3, -3], x - y);
        Same([9, 8, 7], 10 - x);
        Same([0.25f, 0.4f, 0.5f], x / y);
        Same([6, 3, 2], 6f / x);
        Same([2, 4, 6], x * 2);
        Same([9, 12, 15], x.add(y, 2));
        Same([-1, -2, -3], -x);
        Same([1, 4, 9], x.pow(2));
        Same([1, 0.70710678f, 0.57735027f], x.rsqrt());
        Same([0, 0.69314718f, 1.0986123f], x.log());
        Same([0.73105858f, 0.88079708f, 0.95257413f], x.sigmoid());
        Same([2, 2, 3], x.clamp(min: 2));
        Same([3, 4.5f, 6], x.addcmul(x, tensor(new float[] { 2, 1.25f, 1 }), 1));
        Same([1, 1, 1], y.div(4, RoundingMode.floor));
        Same([0, 1, 0], x.remainder(2).sub(1).abs());
    }

    [TestMethod]
    public void InPlaceChangesAndReturnsTheSameObject()
    {
        var x = tensor(new float[] { 1, 2, 3 });
        Assert.AreSame(x, x.add_(1).mul_(2));
        Same([4, 6, 8], x);
        x.lerp_(zeros(3), tensor(0.5f));
        Same([2, 3, 4], x);
        x.addcdiv_(ones(3), tensor(new float[] { 1, 2, 4 }), 4);
        Same([6, 5, 5], x);
        x.zero_();
        Same([0, 0, 0], x);
        x.fill_(3).sqrt_();
        Same([1.7320508f, 1.7320508f, 1.7320508f], x);
    }

    [TestMethod]
    public void Reductions()
    {
        var x = tensor(new float[,] { { 1, 2, 3 }, { 4, 5, 9 } });
        Assert.AreEqual(24f, x.sum().ToSingle());
        Same([5, 7, 12], x.sum(dim: 0));
        Same([2, 6], x.mean([1]));
        Assert.AreEqual(4.0, x.mean().ToDouble(), 1e-6);
        Same([1, 7], x.var(1));
        Same([0.81649658f, 2.1602469f], x.std(1, unbiased: false));
        Assert.AreEqual(Math.Sqrt(136), x.norm().ToDouble(), 1e-5);
        var (values, indices) = x.max(1);
        Same([3, 9], values);
        Same([2, 2], indices);
        CollectionAssert.AreEqual(new long[] { 2, 1 }, x.amax([1], true).shape);
        Same([1, 3, 6, 4, 9, 18], x.cumsum(1).flatten());
        Assert.AreEqual(5L, x.argmax().ToInt64());
        Same([0, 0], x.argmin(1));
        Same([Lse(1, 2, 3), Lse(4, 5, 9)], x.logsumexp(1));
        Assert.IsTrue(x.gt(0).all().ToBoolean());
        Assert.IsFalse(x.gt(9).any().ToBoolean());
        static float Lse(params double[] v) => (float)Math.Log(v.Sum(Math.Exp));
    }

    [TestMethod]
    public void SortingAndChoosing()
    {
        var x = tensor(new float[] { 3, 1, 2 });
        var (sorted, order) = x.sort(descending: true);
        Same([3, 2, 1], sorted);
        Same([0, 2, 1], order);
        Same([1, 2, 0], x.argsort());
        var (top, where) = x.topk(2);
        Same([3, 2], top);
        Same([0, 2], where);
        Same([9, 1, 9], torch.where(x.gt(1.5), tensor(9f), x));
        Same([0, 1, 0], x.masked_fill(x.gt(1.5), 0));
        Same([3, 2], x.masked_select(x.gt(1.5)));
        Same([0, 2], x.gt(1.5).nonzero().flatten());
    }

    [TestMethod]
    public void ShapesAndViews()
    {
        var x = arange(24, dtype: ScalarType.Float32).reshape(2, 3, 4);
        CollectionAssert.AreEqual(new long[] { 2, 3, 4 }, x.shape);
        CollectionAssert.AreEqual(new long[] { 12, 4, 1 }, x.stride());
        CollectionAssert.AreEqual(new long[] { 4, 2, 3 }, x.permute(2, 0, 1).shape);
        CollectionAssert.AreEqual(new long[] { 2, 4, 3 }, x.transpose(1, 2).shape);
        CollectionAssert.AreEqual(new long[] { 2, 12 }, x.flatten(1).shape);
        CollectionAssert.AreEqual(new long[] { 2, 1, 3, 4 }, x.unsqueeze(1).shape);
        CollectionAssert.AreEqual(new long[] { 5, 2, 3, 4 }, x.unsqueeze(0).expand(5, -1, -1, -1).shape);
        Assert.AreEqual(3, x.unbind(1).Length);
        Assert.AreEqual(2, x.split(2, dim: 1).Length);
        Assert.AreEqual(1L, x.split(2, dim: 1)[1].shape[1]);
        Assert.AreEqual(2, x.chunk(2, 2).Length);
        Assert.AreEqual(3L, x.size(1));
        Assert.AreEqual(4L, x.size(-1));
        x.narrow(2, 1, 2).zero_();
        Same([0, 0, 0, 3, 4, 0, 0, 7], x[0, TensorIndex.Slice(0, 2)].flatten());
        Assert.IsFalse(x.transpose(0, 1).is_contiguous());
        Same([0, 1, 1], tensor(new float[] { 1, 0, 1 }).roll(1).sub(tensor(new float[] { 1, 0, -1 })));
        CollectionAssert.AreEqual(new long[] { 4, 6 }, zeros(2, 3).repeat(2, 2).shape);
        Same([1, 1, 2, 2], tensor(new float[] { 1, 2 }).repeat_interleave(2));
        Same([1, 2, 3, 4, 5, 6], cat(new[] { tensor(new float[] { 1, 2, 3 }), tensor(new float[] { 4, 5, 6 }) }));
        CollectionAssert.AreEqual(new long[] { 2, 3 }, stack(new[] { zeros(3), ones(3) }).shape);
        Same([1, 0, 0, 3, 4, 0, 6, 7, 8], tensor(new float[,] { { 1, 2, 3 }, { 3, 4, 5 }, { 6, 7, 8 } }).tril().flatten());
    }

    [TestMethod]
    public void Indexing()
    {
        var x = arange(12, dtype: ScalarType.Float32).reshape(3, 4);
        Assert.AreEqual(6f, x[1, 2].ToSingle());
        Same([4, 5, 6, 7], x[1]);
        Same([2, 6, 10], x[TensorIndex.Colon, 2]);
        Same([2, 6, 10], x[TensorIndex.Ellipsis, 2]);
        Same([8, 10], x[2, TensorIndex.Slice(null, null, 2)]);
        Same([4, 5, 6, 7, 8, 9, 10, 11], x[1..].flatten());
        Same([3, 7, 11], x[TensorIndex.Colon, -1]);
        Same([8, 9, 10, 11, 0, 1, 2, 3], x[tensor(new long[] { 2, 0 })].flatten());
        Same([1, 9], x[tensor(new long[] { 0, 2 }), tensor(new long[] { 1, 1 })]);
        Same([10, 8, 2, 0], x[TensorIndex.Tensor(tensor(new long[] { 2, 0 })), TensorIndex.Slice(0, 3, 2)].flip(1).flatten());
        CollectionAssert.AreEqual(new long[] { 3, 1, 4 }, x[TensorIndex.Colon, TensorIndex.None].shape);
        x[1] = zeros(4);
        x[0, 0] = tensor(7f);
        x[TensorIndex.Colon, 3] = tensor(-1f);
        Same([7, 1, 2, -1, 0, 0, 0, -1, 8, 9, 10, -1], x.flatten());
        x.index_put_(tensor(5f), x.lt(0));
        Same([5, 5, 5], x.select(1, 3));
        Same([1, 2, 0, 0, 9, 10], x.index_select(1, tensor(new long[] { 1, 2 })).flatten());
        Same([2, 0, 8], x.gather(1, tensor(new long[,] { { 2 }, { 1 }, { 0 } })).flatten());
        var s = zeros(3).scatter(0, tensor(new long[] { 2, 0 }), tensor(new float[] { 5, 6 }));
        Same([6, 0, 5], s);
        Same([6, 0, 15], s.scatter_add(0, tensor(new long[] { 2, 2 }), tensor(new float[] { 5, 5 })));
        Same([1, 10, 1], ones(3).index_add(0, tensor(new long[] { 1 }), tensor(new float[] { 3 }), 3));
    }

    [TestMethod]
    public void MatrixProducts()
    {
        var a = tensor(new float[,] { { 1, 2 }, { 3, 4 } });
        var b = tensor(new float[,] { { 5, 6 }, { 7, 8 } });
        Same([19, 22, 43, 50], a.matmul(b).flatten());
        Same([19, 22, 43, 50], mm(a, b).flatten());
        Same([19, 22, 43, 50], einsum("ij,jk->ik", a, b).flatten());
        Same([39, 54], a.mv(tensor(new float[] { 5, 17 })).sub(tensor(new float[] { 0, 29 })));
        Same([20, 23, 44, 51], ones(2, 2).addmm(a, b).flatten());
        Same([19.5f, 22.5f, 43.5f, 50.5f], ones(1, 2, 2).baddbmm(a.unsqueeze(0), b.unsqueeze(0), beta: 0.5f).flatten());
        Same([3, 4, 6, 8], outer(tensor(new float[] { 1, 2 }), tensor(new float[] { 3, 4 })).flatten());
    }

    [TestMethod]
    public void WhatLibtorchRefusesIsAnExternalException()
    {
        var e = Assert.ThrowsExactly<System.Runtime.InteropServices.ExternalException>(() => zeros(2, 3).matmul(zeros(2, 3)));
        StringAssert.Contains(e.Message, "shapes cannot be multiplied");
    }
}
