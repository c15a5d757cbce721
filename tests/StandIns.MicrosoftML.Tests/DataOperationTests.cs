using Microsoft.ML;
using Microsoft.ML.Data;

namespace StandIns.MicrosoftML.Tests;

[TestClass]
public sealed class DataOperationTests
{
    private readonly MLContext _ml = new(1);

    [TestMethod]
    public void ASplitIsLazyDisjointCompleteAndRepeatable()
    {
        var data = new CountingView(_ml.Data.LoadFromEnumerable(Samples.People(200)));
        var split = _ml.Data.TrainTestSplit(data, testFraction: 0.25, seed: 7);
        Assert.AreEqual(0, data.Cursors);
        CollectionAssert.AreEqual(new[] { "Name", "Age" }, split.TrainSet.Schema.Select(c => c.Name).ToArray());
        string[] train = Samples.Names(_ml, split.TrainSet), test = Samples.Names(_ml, split.TestSet);
        Assert.AreEqual(2, data.Cursors);
        Assert.IsTrue(data.Requests.All(r => r == "Name"));
        CollectionAssert.AreEquivalent(Samples.People(200).Select(p => p.Name).ToArray(), train.Concat(test).ToArray());
        Assert.IsTrue(test.Length is > 25 and < 75, $"{test.Length} of 200 for a fraction of 0.25");
        CollectionAssert.AreEqual(train, Samples.Names(_ml, split.TrainSet));
        CollectionAssert.AreEqual(train, Samples.Names(_ml, new MLContext(99).Data.TrainTestSplit(data, 0.25, seed: 7).TrainSet), "the seed decides");
        CollectionAssert.AreNotEqual(train, Samples.Names(_ml, _ml.Data.TrainTestSplit(data, 0.25, seed: 8).TrainSet));
    }

    [TestMethod]
    public void WithoutASeedTheContextsSeedDecides()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(50));
        string[] Train(MLContext ml) => Samples.Names(ml, ml.Data.TrainTestSplit(data, 0.5).TrainSet);
        CollectionAssert.AreEqual(Train(new MLContext(5)), Train(new MLContext(5)));
        CollectionAssert.AreNotEqual(Train(new MLContext(5)), Train(new MLContext(6)));
    }

    /// <summary>Written down from Microsoft.ML 5.0.1.</summary>
    [TestMethod]
    public void SplitsAndShufflesComeOutAsInTheRealPackage()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(60));
        void Check(string expected, IDataView view) => Assert.AreEqual(expected, string.Join(" ", Samples.Names(_ml, view)));
        Check("p5 p6 p10 p18 p20 p28 p31 p32 p37 p40 p44 p45 p46 p48 p50 p51", new MLContext(42).Data.TrainTestSplit(data, 0.3).TestSet);
        Check("p3 p16 p17 p19 p22 p32 p34 p36 p41 p46 p50 p52 p53 p54 p58", _ml.Data.TrainTestSplit(data, 0.3, seed: 7).TestSet);
        Check("p7 p14 p15 p16 p30 p33 p38 p42 p50 p51 p53 p56 p58 p59", _ml.Data.TrainTestSplit(data, 0.3, "Name", 7).TestSet);
        Check("p0 p1 p2 p3 p4 p5 p6 p7 p8 p9 p10 p11 p12 p13 p14 p15 p16 p17", _ml.Data.TrainTestSplit(data, 0.3, "Age", 7).TestSet);
        Check("p6 p0 p5 p9 p10 p11 p8 p1 p3 p7 p16 p4 p18 p13 p19 p17 p22 p12 p23 p25 p2 p20 p28 p26 p15 p24 p30 p31 p29 p21 p27 p33 p37 p32 p36 p40 p41 p42 p39 p35 p14 p38 p43 p34 p44 p47 p45 p50 p54 p52 p51 p57 p46 p56 p53 p55 p59 p48 p58 p49",
            _ml.Data.ShuffleRows(data, seed: 5, shufflePoolSize: 7));
    }

    [TestMethod]
    public void ASplitReadsOnlyItsOwnRowsValues()
    {
        var data = new CountingView(_ml.Data.LoadFromEnumerable(Samples.People(100)));
        var split = _ml.Data.TrainTestSplit(data, 0.2, seed: 1);
        int test = Samples.Names(_ml, split.TestSet).Length;
        Assert.AreEqual(test, data.Gets, "rows of the other part are passed over without reading them");
        Assert.AreEqual(100, data.Rows);
    }

    [TestMethod]
    public void ASamplingKeyKeepsItsRowsTogether()
    {
        var people = Enumerable.Range(0, 300).Select(i => new Person { Name = "group" + i % 30, Age = i }).ToArray();
        var split = _ml.Data.TrainTestSplit(_ml.Data.LoadFromEnumerable(people), 0.3, samplingKeyColumnName: "Name", seed: 3);
        string[] train = [.. Samples.Names(_ml, split.TrainSet).Distinct()], test = [.. Samples.Names(_ml, split.TestSet).Distinct()];
        Assert.AreEqual(0, train.Intersect(test).Count());
        Assert.AreEqual(30, train.Length + test.Length);
        Assert.IsTrue(test.Length > 0 && train.Length > 0);
        CollectionAssert.AreEqual(new[] { "Name", "Age" }, split.TestSet.Schema.Select(c => c.Name).ToArray());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _ml.Data.TrainTestSplit(_ml.Data.LoadFromEnumerable(people), samplingKeyColumnName: "No"));
    }

    [TestMethod]
    public void FoldsCoverEachRowOnce()
    {
        var folds = _ml.Data.CrossValidationSplit(_ml.Data.LoadFromEnumerable(Samples.People(100)), 4, seed: 2);
        Assert.AreEqual(4, folds.Count);
        string[] all = [.. folds.SelectMany(f => Samples.Names(_ml, f.TestSet))];
        CollectionAssert.AreEquivalent(Samples.People(100).Select(p => p.Name).ToArray(), all);
        foreach (var fold in folds)
            Assert.AreEqual(0, Samples.Names(_ml, fold.TestSet).Intersect(Samples.Names(_ml, fold.TrainSet)).Count());
    }

    [TestMethod]
    public void ShufflingIsLazyCompleteAndFixedByItsSeed()
    {
        var data = new CountingView(_ml.Data.LoadFromEnumerable(Samples.People(200)));
        var shuffled = _ml.Data.ShuffleRows(data, seed: 4, shufflePoolSize: 50);
        Assert.AreEqual(0, data.Cursors);
        string[] first = Samples.Names(_ml, shuffled);
        CollectionAssert.AreEquivalent(Samples.People(200).Select(p => p.Name).ToArray(), first);
        CollectionAssert.AreNotEqual(Samples.People(200).Select(p => p.Name).ToArray(), first);
        CollectionAssert.AreEqual(first, Samples.Names(_ml, shuffled));
        Assert.AreEqual(400, data.Gets, "each row is read once a pass");
        CollectionAssert.AreNotEqual(first, Samples.Names(_ml, _ml.Data.ShuffleRows(data, seed: 5, shufflePoolSize: 50)));
        CollectionAssert.AreEqual(Samples.People(200).Select(p => p.Name).ToArray(), Samples.Names(_ml, _ml.Data.ShuffleRows(data, seed: 5, shufflePoolSize: 1)));
    }

    [TestMethod]
    public void ShuffledRowsKeepTheirValuesTogether()
    {
        var data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(Samples.One));
        foreach (var row in _ml.Data.CreateEnumerable<Everything>(_ml.Data.ShuffleRows(data, seed: 1, shufflePoolSize: 7), false))
            Assert.AreEqual(("t" + -row.S4, -row.S4, "a" + -row.S4), (row.Text, row.Floats?.Length ?? 0, row.Texts[0]));
    }

    [TestMethod]
    public void AFailureInTheSourceReachesTheReaderOfAShuffle()
    {
        var data = new CountingView(_ml.Data.LoadFromEnumerable(Samples.People(3))) { ThrowOnGet = true };
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Samples.Names(_ml, _ml.Data.ShuffleRows(data, seed: 1)));
        Assert.IsInstanceOfType<InvalidDataException>(error.InnerException);
    }

    [TestMethod]
    public void ACacheReadsEachColumnOnce()
    {
        var data = new CountingView(_ml.Data.LoadFromEnumerable(Samples.People(20)));
        var cache = _ml.Data.Cache(data);
        Assert.AreEqual(0, data.Cursors);
        Assert.AreEqual(20, Samples.Names(_ml, cache).Length);
        Assert.AreEqual(20, Samples.Names(_ml, cache).Length);
        Assert.AreEqual((1, 20), (data.Cursors, data.Gets));
        Assert.AreEqual(20, _ml.Data.CreateEnumerable<Person>(cache, false).Count());
        CollectionAssert.AreEqual(new[] { "Name", "Age" }, data.Requests, "a column comes when it is first asked for");
        Assert.AreEqual(40, data.Gets);
        Assert.AreEqual(20L, cache.GetRowCount());
    }

    [TestMethod]
    public void ACacheGivesBackVectorsUnshared()
    {
        var cache = _ml.Data.Cache(_ml.Data.LoadFromEnumerable(Enumerable.Range(1, 6).Select(Samples.One)));
        for (int pass = 0; pass < 2; pass++)
            foreach (var row in _ml.Data.CreateEnumerable<Everything>(cache, reuseRowObject: true))
            {
                CollectionAssert.AreEqual(Samples.One(-row.S4).Floats, row.Floats);
                Array.Fill(row.Floats, float.NaN);
            }
    }

    [TestMethod]
    public void PrefetchedColumnsAreReadAtOnce()
    {
        var data = new CountingView(_ml.Data.LoadFromEnumerable(Samples.People(5)));
        var cache = _ml.Data.Cache(data, "Age");
        Assert.AreEqual(1, data.Cursors);
        Assert.AreEqual(5, cache.GetColumn<float>("Age").Count());
        Assert.AreEqual(1, data.Cursors);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _ml.Data.Cache(data, "No")).Message, "Could not find prefetch column 'No'");
    }

    [TestMethod]
    public void AFailureInTheSourceReachesTheReaderOfACache()
    {
        var data = new CountingView(_ml.Data.LoadFromEnumerable(Samples.People(3))) { ThrowOnGet = true };
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Samples.Names(_ml, _ml.Data.Cache(data)));
        Assert.IsInstanceOfType<InvalidDataException>(error.InnerException);
    }

    [TestMethod]
    public void RowsAreSkippedAndTaken()
    {
        var data = new CountingView(_ml.Data.LoadFromEnumerable(Samples.People(10)));
        CollectionAssert.AreEqual(new[] { "p3", "p4" }, Samples.Names(_ml, _ml.Data.TakeRows(_ml.Data.SkipRows(data, 3), 2)));
        Assert.AreEqual(5, data.Rows, "nothing is read beyond what is taken");
        Assert.AreEqual(2L, _ml.Data.TakeRows(data, 2).GetRowCount());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _ml.Data.TakeRows(data, 0));
    }

    [TestMethod]
    public void RowsAreFilteredByAColumn()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(10));
        CollectionAssert.AreEqual(new[] { "p2", "p3" }, Samples.Names(_ml, _ml.Data.FilterRowsByColumn(data, "Age", 2, 4)));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _ml.Data.FilterRowsByColumn(data, "Name", 2, 4)).Message,
            "Schema mismatch for filter column 'Name': expected number, got String");
    }

    [TestMethod]
    public void APreviewReadsEachValueTwiceAndNoRowTooMany()
    {
        var data = new CountingView(_ml.Data.LoadFromEnumerable(Samples.People(10)));
        var preview = data.Preview(maxRows: 3);
        Assert.AreEqual("2 columns, 3 rows", preview.ToString());
        Assert.AreEqual(2 * 3 * 2, data.Gets);
        Assert.AreEqual(3, data.Rows);
        Assert.AreEqual("p1", preview.RowView[1].Values[0].Value.ToString());
        Assert.AreEqual("Age", preview.ColumnView[1].Column.Name);
        Assert.AreEqual(2f, preview.ColumnView[1].Values[2]);

        var fitted = _ml.Transforms.CopyColumns("Copy", "Name").Preview(_ml.Data.LoadFromEnumerable(Samples.People(10)), maxRows: 2);
        Assert.AreEqual("3 columns, 2 rows", fitted.ToString());
    }
}
