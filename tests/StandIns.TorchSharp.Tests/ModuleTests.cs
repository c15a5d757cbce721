using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StandIns.TorchSharpTests;

[TestClass]
public class ModuleTests
{
    private sealed class Net : nn.Module<Tensor, Tensor>
    {
        private readonly Linear first = nn.Linear(4, 3);
        private readonly ModuleList<nn.Module<Tensor, Tensor>> layers = nn.ModuleList<nn.Module<Tensor, Tensor>>(nn.SiLU(), nn.Linear(3, 2, hasBias: false));
        public readonly Parameter scale = nn.Parameter(ones(2));
        private readonly Tensor shift = zeros(2);

        public Net() : base(nameof(Net)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = first.call(input);
            foreach (var layer in layers) x = layer.call(x);
            return (x * scale + shift).MoveToOuterDisposeScope();
        }
    }

    [TestMethod]
    public void NamesOfParametersBuffersAndModules()
    {
        using var net = new Net();
        CollectionAssert.AreEquivalent(new[] { "first.weight", "first.bias", "layers.1.weight", "scale" }, net.named_parameters().Select(p => p.Item1).ToArray());
        CollectionAssert.AreEqual(new[] { "shift" }, net.named_buffers().Select(b => b.Item1).ToArray());
        CollectionAssert.AreEquivalent(new[] { "first", "layers" }, net.named_children().Select(b => b.Item1).ToArray());
        CollectionAssert.AreEquivalent(new[] { "first", "layers", "layers.0", "layers.1" }, net.named_modules().Select(b => b.Item1).ToArray());
        Assert.AreEqual(4, net.parameters().Count());
        CollectionAssert.AreEquivalent(new[] { "first.weight", "first.bias", "layers.1.weight", "scale", "shift" }, net.state_dict().Keys.ToArray());
        Assert.IsTrue(net.has_parameter("scale"));
        Assert.AreEqual(3L, net.get_parameter("first.weight").shape[0]);
    }

    [TestMethod]
    public void AModuleComputesAndTrains()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        using var net = new Net();
        var x = randn(16, 4);
        var target = x.narrow(1, 0, 2);
        double first = 0, last = 0;
        for (int step = 0; step < 60; step++)
        {
            using var inner = NewDisposeScope();
            var loss = nn.functional.mse_loss(net.call(x), target);
            if (step == 0) first = loss.ToDouble();
            last = loss.ToDouble();
            net.zero_grad();
            loss.backward();
            nn.utils.clip_grad_norm_(net.parameters(), 1);
            using var off = no_grad();
            foreach (var p in net.parameters()) p.sub_(p.grad * 0.3);
        }
        Assert.IsTrue(last < first / 2, $"{first} to {last}");
    }

    [TestMethod]
    public void TrainingModeReachesAll()
    {
        using var net = new Net();
        Assert.IsTrue(net.training);
        net.eval();
        Assert.IsTrue(net.modules().All(m => !m.training));
        net.train();
        Assert.IsTrue(net.modules().All(m => m.training));
    }

    [TestMethod]
    public void StateIsCopiedByName()
    {
        using var scope = NewDisposeScope();
        using var a = new Net();
        using var b = new Net();
        b.load_state_dict(a.state_dict());
        Assert.IsTrue(a.get_parameter("first.weight").allclose(b.get_parameter("first.weight")));
        var x = randn(2, 4);
        Assert.IsTrue(a.call(x).allclose(b.call(x)));
    }

    [TestMethod]
    public void AModuleMovesToAnotherType()
    {
        using var scope = NewDisposeScope();
        using var net = new Net().to(ScalarType.Float64);
        Assert.IsTrue(net.parameters().All(p => p.dtype == ScalarType.Float64));
        Assert.AreEqual(ScalarType.Float64, net.call(ones(1, 4, dtype: ScalarType.Float64)).dtype);
        Assert.AreEqual(4, net.parameters().Count());
        Assert.IsTrue(net.parameters().All(p => p.requires_grad));
    }

    [TestMethod]
    public void AParameterTakesOverItsTensor()
    {
        using var scope = NewDisposeScope();
        var data = ones(2);
        var p = new Parameter(data);
        Assert.IsTrue(data.IsInvalid);
        Assert.IsTrue(p.requires_grad);
        Assert.IsTrue(scope.Contains(p));
        Assert.IsFalse(new Parameter(ones(2), false).requires_grad);
    }

    [TestMethod]
    public void DisposingAModuleDisposesItsParameters()
    {
        var net = new Net();
        var all = net.parameters().ToList();
        net.Dispose();
        Assert.IsTrue(all.All(p => p.IsInvalid));
    }

    [TestMethod]
    public void HooksRunAroundForward()
    {
        using var scope = NewDisposeScope();
        using var net = nn.Linear(2, 2);
        var hook = net.register_forward_hook((m, x, y) => y * 0);
        Assert.AreEqual(0f, net.call(ones(1, 2)).abs().sum().ToSingle());
        hook.remove();
        Assert.AreNotEqual(0f, net.call(ones(1, 2)).abs().sum().ToSingle());
    }

    [TestMethod]
    public void EmbeddingLayerNormAndDropout()
    {
        using var scope = NewDisposeScope();
        var table = nn.Embedding(5, 3);
        var ids = tensor(new long[] { 4, 0 });
        Assert.IsTrue(table.call(ids).allclose(table.weight.index_select(0, ids)));
        var norm = nn.LayerNorm(4).call(tensor(new float[] { 1, 2, 3, 4 }).unsqueeze(0));
        Assert.AreEqual(0, norm.mean().ToDouble(), 1e-5);
        var drop = nn.Dropout(0.5);
        drop.eval();
        Assert.IsTrue(drop.call(ones(10)).allclose(ones(10)));
    }

    [TestMethod]
    public void ClippingScalesToTheNorm()
    {
        using var scope = NewDisposeScope();
        var p = new Parameter(zeros(2));
        p.grad = tensor(new float[] { 3, 4 });
        Assert.AreEqual(5.0, nn.utils.clip_grad_norm_([p], 1), 1e-6);
        Assert.AreEqual(1.0, p.grad.norm().ToDouble(), 1e-5);
        Assert.AreEqual(1.0, nn.utils.clip_grad_norm_([p], 2), 1e-5);
        Assert.AreEqual(1.0, p.grad.norm().ToDouble(), 1e-5);
    }

    [TestMethod]
    public void SequentialRunsItsModulesInOrder()
    {
        using var scope = NewDisposeScope();
        using var net = nn.Sequential(("up", nn.Linear(2, 3)), ("act", nn.ReLU()), ("down", nn.Linear(3, 1)));
        CollectionAssert.AreEquivalent(new[] { "up.weight", "up.bias", "down.weight", "down.bias" }, net.named_parameters().Select(p => p.Item1).ToArray());
        var x = ones(4, 2);
        var expected = x.matmul(net.get_parameter("up.weight").transpose(0, 1)).add(net.get_parameter("up.bias")).relu()
            .matmul(net.get_parameter("down.weight").transpose(0, 1)).add(net.get_parameter("down.bias"));
        Assert.IsTrue(expected.allclose(net.call(x), 1e-4, 1e-6));
        Assert.AreEqual(3, net.Count);
    }
}
