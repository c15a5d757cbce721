using TorchSharp;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>What must hold whatever the numbers are.</summary>
[TestClass]
public class AlgebraTests
{
    private static SftOptions Sft(Action<SftOptions>? change = null)
    {
        var options = new SftOptions { LearningRate = 1e-2, MaxLength = 32, BatchSize = 4, Packing = Packing.None, WarmupRatio = 0, Schedule = LearningRateSchedule.Constant, LogEverySteps = 1, GroupByLength = false, AdamEpsilon = 1e-4 };
        change?.Invoke(options);
        return options;
    }

    private static DpoOptions Dpo(Action<DpoOptions>? change = null)
    {
        var options = new DpoOptions { LearningRate = 1e-2, MaxLength = 32, BatchSize = 4, Epochs = 1, WarmupRatio = 0, Schedule = LearningRateSchedule.Constant, LogEverySteps = 1, GroupByLength = false, AdamEpsilon = 1e-4 };
        change?.Invoke(options);
        return options;
    }

    private static (float[] Weights, T Result) Run<T>(Func<CausalLM, T> train, int? window = null)
    {
        using var model = TinyModel.Create(window: window);
        var result = train(model);
        return (TinyModel.Weights(model), result);
    }

    [TestMethod]
    public void FirstDpoLossIsLn2AndRewardsAreZero()
    {
        var pairs = TinyModel.Pairs(21);
        var (_, result) = Run(m => DpoTrainer.Train(m, pairs, TinyModel.Pairs(9, seed: 8), Dpo(o => (o.GroupByLength, o.AccumulationSteps) = (true, 2)), new() { Seed = 3 }));
        var first = result.Steps[0];
        Assert.AreEqual(Math.Log(2), first["loss"], 1e-7);
        Assert.AreEqual((0.0, 0.0, 0.0), (first["rewards/chosen"], first["rewards/rejected"], first["rewards/accuracies"]));
        Assert.AreEqual(Math.Log(2), result.EvaluationBefore!["eval_loss"], 1e-7);
        Assert.AreNotEqual(0.0, result.EvaluationAfter!["eval_rewards/margins"]);
        Assert.AreEqual((21, 21, 0), (result.RowsGiven, result.RowsUsed, result.RowsDropped));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void FirstRewardsAreZeroToTheLastBitWhateverTheBatches(bool recompute)
    {
        // Batches of few tokens and of few targets: there a pass without gradients has kernels of its own, which must not be used.
        foreach (int size in new[] { 1, 2, 3, 9 })
        {
            var rows = TinyModel.Pairs(9);
            var (_, result) = Run(m => DpoTrainer.Train(m, rows, null, Dpo(o => (o.BatchSize, o.AccumulationSteps, o.RecomputeActivations) = (size, 9, recompute)), new() { Seed = 3 }));
            Assert.AreEqual((0.0, 0.0, 0.0), (result.Steps[0]["rewards/chosen"], result.Steps[0]["rewards/rejected"], result.Steps[0]["rewards/accuracies"]), $"batches of {size}");
        }
    }

    [TestMethod]
    public void SftAccumulationEqualsOneBatch()
    {
        var rows = TinyModel.SftRows(8);
        int[][][] Order(int size) => [.. Enumerable.Repeat(Enumerable.Range(0, 8).Chunk(size).ToArray(), 3)];
        var (whole, a) = Run(m => SftTrainer.Train(m, rows, null, Sft(), new() { Order = Order(8) }));
        foreach (int size in new[] { 1, 2, 3 })
        {
            var (parts, b) = Run(m => SftTrainer.Train(m, rows, null, Sft(), new() { Order = Order(size) }));
            TinyModel.AssertClose(whole, parts, 2e-5, $"batches of {size}");
            for (int i = 0; i < 3; i++)
                Assert.AreEqual(a.Steps[i]["loss"], b.Steps[i]["loss"], 1e-5);
        }
    }

    [TestMethod]
    public void DpoAccumulationEqualsOneBatch()
    {
        var rows = TinyModel.Pairs(8);
        int[][][] Order(int size) => [.. Enumerable.Repeat(Enumerable.Range(0, 8).Chunk(size).ToArray(), 3)];
        var (whole, _) = Run(m => DpoTrainer.Train(m, rows, null, Dpo(), new() { Order = Order(8) }));
        foreach (int size in new[] { 1, 2, 4 })
        {
            var (parts, _) = Run(m => DpoTrainer.Train(m, rows, null, Dpo(), new() { Order = Order(size) }));
            TinyModel.AssertClose(whole, parts, 2e-5, $"batches of {size}");
        }
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow(6)]
    public void PackedEqualsUnpacked(int? window)
    {
        var rows = TinyModel.SftRows(12);
        var options = Sft(o => o.Packing = Packing.BestFit);
        var units = new SftData(rows, options, "training").Units;
        Assert.IsLessThan(12, units.Count);
        var all = Enumerable.Range(0, units.Count).ToArray();
        var (packed, a) = Run(m => SftTrainer.Train(m, rows, null, options, new() { Order = [[all], [all]] }), window);
        var (single, b) = Run(m => SftTrainer.Train(m, rows, null, Sft(), new() { Order = [.. Enumerable.Repeat(Enumerable.Range(0, 12).Chunk(1).ToArray(), 2)] }), window);
        Assert.AreEqual(b.Steps[1]["loss"], a.Steps[1]["loss"], 1e-5);
        Assert.AreEqual(b.Steps[1]["num_tokens"], a.Steps[1]["num_tokens"]);
        TinyModel.AssertClose(single, packed, 2e-5, "packed");
    }

    [TestMethod]
    public void RowsOfABatchDoNotSeeOneAnother()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModel.Create();
        var documents = TinyModel.SftRows(9).Select(r => new Document(r.Ids, r.Ids.Length, r.Supervised)).ToList();
        float[] Values(IReadOnlyList<Document> d, out AttentionLayout? layout)
        {
            using var batch = new TokenBatch(d, model.Config, model.Device);
            layout = batch.Layout;
            return Fixtures.Values(new TargetLogProbabilities(model, model.Hidden(batch.Ids, batch.Layout), batch).Values);
        }
        var together = Values(documents, out var shared);
        Assert.IsNotNull(shared, "several documents share a row");
        float[] alone = [.. documents.SelectMany(d => Values([d], out _))];
        TinyModel.AssertClose(alone, together, 1e-5, "together");
        var padded = Values([.. documents.Take(2)], out var none);
        Assert.IsNull(none, "two long documents have a row each");
        TinyModel.AssertClose([.. documents.Take(2).SelectMany(d => Values([d], out _))], padded, 1e-5, "padded");
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow(6)]
    public void SharedPromptsEqualSeparateOnes(int? window)
    {
        var random = SeedStream.Create(3, "long prompts", 0);
        int[] Some(int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(3, 61))];
        PreferenceRow[] rows = [.. Enumerable.Range(0, 9).Select(i => new PreferenceRow(Some(12 + i), Some(2 + i % 4), Some(1 + i % 7)))];
        using (var batch = new PreferenceData(rows, Dpo(), "training").Batch([0, 1, 2], TinyModel.Create()))
        using (var apart = new PreferenceData(rows, Dpo(o => o.SharePrompts = false), "training").Batch([0, 1, 2], TinyModel.Create()))
        {
            Assert.IsLessThan(apart.Ids.numel(), batch.Ids.numel(), "prompts are shared");
            Assert.AreEqual((apart.Tokens, apart.TargetCount), (batch.Tokens, batch.TargetCount));
            CollectionAssert.AreEqual(Fixtures.Values(apart.Targets), Fixtures.Values(batch.Targets));
        }
        foreach (var truncation in Enum.GetValues<Truncation>())
        {
            // A length of 23 cuts some of the pairs, so that with KeepEnd these do not share.
            (float[] Weights, DpoResult Result) Train(bool share) => Run(m => DpoTrainer.Train(m, rows, rows, Dpo(o => (o.SharePrompts, o.Truncation, o.MaxLength, o.Epochs) = (share, truncation, 23, 2)), new() { Seed = 5 }), window);
            var (shared, a) = Train(true);
            var (separate, b) = Train(false);
            foreach (var (x, y) in a.Steps.Concat(a.Evaluations).Zip(b.Steps.Concat(b.Evaluations)))
                foreach (var (name, value) in y.Values)
                    Assert.AreEqual(value, x[name], 1e-4 * Math.Max(1, Math.Abs(value)), $"{truncation}, step {y.Step}, {name}");
            TinyModel.AssertClose(separate, shared, 5e-5, $"{truncation}");
        }
    }

    [TestMethod]
    public void LeftPaddingEqualsRightPadding()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModel.Create();
        var rows = TinyModel.SftRows(3);
        int width = rows.Max(r => r.Ids.Length);
        var right = new long[3 * width];
        var left = new long[3 * width];
        for (int b = 0; b < 3; b++)
            for (int i = 0; i < rows[b].Ids.Length; i++)
                right[b * width + i] = left[(b + 1) * width - rows[b].Ids.Length + i] = rows[b].Ids[i];
        using var layout = AttentionLayout.LeftPadded([.. rows.Select(r => r.Ids.Length)], width, model.Config, model.Device);
        Tensor r = model.Hidden(tensor(right, [3, width])), l = model.Hidden(tensor(left, [3, width]), layout);
        for (int b = 0; b < 3; b++)
            TinyModel.AssertClose(Fixtures.Values(r[b].narrow(0, 0, rows[b].Ids.Length)), Fixtures.Values(l[b].narrow(0, width - rows[b].Ids.Length, rows[b].Ids.Length)), 1e-5, $"row {b}");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ChunkedEqualsDense(bool tied)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModel.Create(tied: tied);
        using var batch = new TokenBatch([.. TinyModel.SftRows(5).Select(r => new Document(r.Ids, r.Ids.Length, r.Supervised))], model.Config, model.Device);
        int N = batch.TargetCount;
        var weights = tensor(Enumerable.Range(0, N).Select(i => 0.1f + i % 3).ToArray());

        float[] Gradients(Action<Tensor> backward)
        {
            foreach (var (_, weight) in model.NamedWeights) weight.grad = null;
            backward(model.Hidden(batch.Ids, batch.Layout));
            return [.. model.NamedWeights.SelectMany(w => Fixtures.Values(w.Weight.grad!))];
        }
        var values = new List<float[]>();
        // Full logits of every position, then autograd alone.
        var dense = Gradients(hidden =>
        {
            var all = model.Logits(hidden).log_softmax(-1).reshape(-1, model.Config.VocabSize).index_select(0, batch.Positions).gather(-1, batch.Targets.unsqueeze(-1)).squeeze(-1);
            values.Add(Fixtures.Values(all));
            (all * weights).sum().backward();
        });
        foreach (long tile in new long[] { 1 << 20, 61 * 7, 61, 1 })
        {
            var chunked = Gradients(hidden =>
            {
                var logps = new TargetLogProbabilities(model, hidden, batch, tileElements: tile);
                values.Add(Fixtures.Values(logps.Values));
                (logps.Values * weights).sum().backward();
                logps.Backward();
            });
            TinyModel.AssertClose(values[0], values[^1], 1e-5, $"values, tiles of {tile}");
            TinyModel.AssertClose(dense, chunked, 2e-5, $"gradients, tiles of {tile}");
        }
        // The gradients known beforehand: cross-entropy, and weighted by the probability.
        foreach (var loss in Enum.GetValues<SftLoss>())
        {
            var direct = Gradients(hidden =>
            {
                var all = model.Logits(hidden).log_softmax(-1).reshape(-1, model.Config.VocabSize).index_select(0, batch.Positions).gather(-1, batch.Targets.unsqueeze(-1));
                ((loss == SftLoss.DynamicFineTuning ? all.detach().exp() * all : all).sum() / -N).backward();
            });
            foreach (long tile in new long[] { 1 << 20, 61 * 7 })
                TinyModel.AssertClose(direct, Gradients(hidden => new TargetLogProbabilities(model, hidden, batch, v => SftLosses.Gradient(loss, v, N), tileElements: tile).Backward()), 1e-5, $"{loss}, tiles of {tile}");
        }
    }

    [TestMethod]
    public void TrainableWeightsMoveAndFrozenOnesDoNot()
    {
        using var model = TinyModel.Create();
        var before = model.NamedWeights.ToDictionary(w => w.Name, w => Fixtures.Values(w.Weight));
        foreach (var (name, weight) in model.NamedWeights)
            weight.requires_grad = !name.Contains("layers.0", StringComparison.Ordinal);
        SftTrainer.Train(model, TinyModel.SftRows(8), null, Sft(), new());
        foreach (var (name, weight) in model.NamedWeights)
        {
            bool moved = !Fixtures.Values(weight).AsSpan().SequenceEqual(before[name]);
            Assert.AreEqual(!name.Contains("layers.0", StringComparison.Ordinal), moved, name);
        }
    }

    [TestMethod]
    public void EqualSeedsGiveEqualNumbersToTheLastBit()
    {
        var rows = TinyModel.SftRows(30);
        var pairs = TinyModel.Pairs(20);
        (float[], List<double>) Both(int seed)
        {
            using var model = TinyModel.Create();
            var sft = SftTrainer.Train(model, rows, rows, Sft(o => (o.Epochs, o.Packing) = (2, Packing.BestFit)), new() { Seed = seed });
            var dpo = DpoTrainer.Train(model, pairs, pairs, Dpo(o => o.GroupByLength = true), new() { Seed = seed });
            return (TinyModel.Weights(model), [.. sft.Steps.Concat(dpo.Steps).Concat(sft.Evaluations).Concat(dpo.Evaluations).SelectMany(s => s.Values.Values)]);
        }
        var (a, b, c) = (Both(1), Both(1), Both(2));
        CollectionAssert.AreEqual(a.Item1, b.Item1);
        CollectionAssert.AreEqual(a.Item2, b.Item2);
        CollectionAssert.AreNotEqual(a.Item1, c.Item1);
    }

    [TestMethod]
    public void LossFallsOnATaskThatCanBeLearned()
    {
        // Say the prompt's token three times.
        SftRow[] rows = [.. Enumerable.Range(3, 50).Select(t => new SftRow([1, t, t, t, t, 2], [false, false, true, true, true, true]))];
        using var model = TinyModel.Create();
        var sft = SftTrainer.Train(model, rows, rows, Sft(o => (o.Epochs, o.LearningRate, o.BatchSize) = (12, 1e-2, 10)), new());
        Assert.IsLessThan(0.3 * sft.EvaluationBefore!["eval_loss"], sft.EvaluationAfter!["eval_loss"]);
        // Then rather twice the next token than the same.
        PreferenceRow[] pairs = [.. Enumerable.Range(3, 50).Select(t => new PreferenceRow([1, t], [t + 1, t + 1, 2], [t, t, t, 2]))];
        var options = Dpo(o => (o.Epochs, o.LearningRate) = (4, 2e-3));
        var reference = DpoTrainer.LogProbabilities(model, pairs, options);
        var dpo = DpoTrainer.Train(model, pairs, pairs, options, new());
        Assert.IsLessThan(0.5, dpo.EvaluationAfter!["eval_loss"]);
        Assert.IsGreaterThan(0.9, dpo.EvaluationAfter["eval_rewards/accuracies"]);
        var evaluation = DpoTrainer.Evaluate(model, pairs, reference, options);
        Assert.AreEqual(dpo.EvaluationAfter["eval_loss"], evaluation.Loss, 1e-4);
        Assert.AreEqual(50, evaluation.Pairs);
        Assert.IsGreaterThan(0.9, evaluation.RewardAccuracy);
    }
}
