using Microsoft.ML;
using Microsoft.ML.Data;

namespace StandIns.MicrosoftML.Tests;

[TestClass]
public sealed class ChainTests
{
    private readonly MLContext _ml = new(1);

    private sealed class Source { public string Name { get; set; } }

    private sealed class Added { public string Greeting { get; set; } public int Length { get; set; } }

    private sealed class Result { public string Name { get; set; } public string Greeting { get; set; } public int Length { get; set; } public string Copy { get; set; } }

    [TestMethod]
    public void AChainAppliesItsStepsInOrder()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(3));
        var pipeline = Greet().Append(_ml.Transforms.CopyColumns("Copy", "Greeting"));
        var model = pipeline.Fit(data);
        var rows = _ml.Data.CreateEnumerable<Result>(model.Transform(data), false).ToList();
        Assert.AreEqual("hello p2", rows[2].Copy);
        Assert.AreEqual(8, rows[2].Length);
        Assert.AreEqual(2, model.Count());
        Assert.AreSame(model.LastTransformer, model.Last());
        CollectionAssert.AreEqual(new[] { "Name", "Age", "Greeting", "Length", "Copy" }, model.GetOutputSchema(data.Schema).Select(c => c.Name).ToArray());
        Assert.IsTrue(((ITransformer)model).IsRowToRowMapper);
    }

    [TestMethod]
    public void TheMappingRunsOnceARowHoweverManyColumnsAreRead()
    {
        int calls = 0;
        var data = _ml.Data.LoadFromEnumerable(Samples.People(4));
        var view = Greet(() => calls++).Fit(data).Transform(data);
        Assert.AreEqual(0, calls);
        Assert.AreEqual(4, _ml.Data.CreateEnumerable<Result>(view, false, ignoreMissingColumns: true).Count());
        Assert.AreEqual(4, calls);
        Assert.AreEqual(4, view.GetColumn<float>("Age").Count());
        Assert.AreEqual(4, calls, "no column of the mapping was read");
        view.Preview();
        Assert.AreEqual(8, calls, "every getter is invoked twice a row, the mapping once");
    }

    [TestMethod]
    public void OnlyWhatIsNeededIsRequestedFromTheSource()
    {
        var data = new CountingView(_ml.Data.LoadFromEnumerable(Samples.People(2)));
        var view = Greet().Fit(data).Transform(data);
        Assert.AreEqual(0, data.Cursors);
        _ = view.GetColumn<int>("Length").Count();
        _ = view.GetColumn<float>("Age").Count();
        CollectionAssert.AreEqual(new[] { "Name", "Age" }, data.Requests);
    }

    [TestMethod]
    public void AMissingOrMismatchedInputColumnIsTold()
    {
        var noName = _ml.Data.LoadFromEnumerable(new[] { new { Other = 1f } });
        foreach (Action attempt in new Action[] { () => Greet().Append(Greet()).Fit(noName), () => _ml.Transforms.CopyColumns("B", "Name").Append(Greet()).Fit(noName) })
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(attempt).Message, "Could not find input column 'Name'");
        var numbers = _ml.Data.LoadFromEnumerable(new[] { new { Name = 1f } });
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Greet().Append(Greet()).Fit(numbers));
        StringAssert.Contains(error.Message, "Schema mismatch for input column 'Name': expected String, got Single");
    }

    [TestMethod]
    public void DefinitionsRenameTheMappingsColumns()
    {
        var input = SchemaDefinition.Create(typeof(Source));
        input["Name"].ColumnName = "Prompt";
        var output = SchemaDefinition.Create(typeof(Added));
        output["Greeting"].ColumnName = "Reply";
        var data = _ml.Data.LoadFromEnumerable(new[] { new { Prompt = "x" } });
        var view = _ml.Transforms.CustomMapping<Source, Added>((s, d) => d.Greeting = "re:" + s.Name, null, input, output).Fit(data).Transform(data);
        Assert.AreEqual("re:x", view.GetColumn<string>("Reply").Single());
        CollectionAssert.AreEqual(new[] { "Prompt", "Reply", "Length" }, view.Schema.Select(c => c.Name).ToArray());
    }

    [TestMethod]
    public void AColumnOfAKnownNameStandsBehindTheOneItHides()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(1));
        var view = _ml.Transforms.CustomMapping<Source, Source>((s, d) => d.Name = s.Name + "!", null).Fit(data).Transform(data);
        CollectionAssert.AreEqual(new[] { "Name", "Name", "Age" }, view.Schema.Select(c => c.Name).ToArray());
        Assert.IsTrue(view.Schema[0].IsHidden);
        Assert.AreEqual("p0!", view.GetColumn<string>("Name").Single());
    }

    [TestMethod]
    public void ColumnsAreSelectedAndDropped()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(1));
        var selected = _ml.Transforms.SelectColumns("Age", "Name").Fit(data).Transform(data);
        CollectionAssert.AreEqual(new[] { "Age", "Name" }, selected.Schema.Select(c => c.Name).ToArray());
        var dropped = _ml.Transforms.DropColumns("Age").Fit(data).Transform(data);
        CollectionAssert.AreEqual(new[] { "Name" }, dropped.Schema.Select(c => c.Name).ToArray());
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _ml.Transforms.SelectColumns("No", "Name", "Nor").Fit(data));
        StringAssert.Contains(error.Message, "Could not find input column 'No,Nor'");
    }

    [TestMethod]
    public void AScopeLeavesATransformerOutOfScoring()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(1));
        var model = _ml.Transforms.CopyColumns("A", "Name").Append(_ml.Transforms.CopyColumns("B", "Name"), TransformerScope.TrainTest).Fit(data);
        Assert.IsNull(model.Transform(data).Schema.GetColumnOrNull("B"));
        Assert.IsNotNull(model.Transform(data, TransformerScope.Training).Schema.GetColumnOrNull("B"));
        Assert.AreEqual(1, model.GetModelFor(TransformerScope.Scoring).Count());
    }

    [TestMethod]
    public void DisposingAChainDisposesItsElements()
    {
        var inner = _ml.Transforms.CopyColumns("A", "Name").Fit(_ml.Data.LoadFromEnumerable(Samples.People(1)));
        var (first, second) = (new DisposableTransformer(inner), new DisposableTransformer(inner));
        var chain = new TransformerChain<ITransformer>(first, second);
        chain.Dispose();
        chain.Dispose();
        Assert.AreEqual((1, 1), (first.Disposed, second.Disposed));
    }

    [TestMethod]
    public void ADelegateSeesWhatWasFitted()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(1));
        ITransformer seen = null;
        var model = _ml.Transforms.CopyColumns("A", "Name").WithOnFitDelegate(t => seen = t).Append(_ml.Transforms.CopyColumns("B", "A")).Fit(data);
        Assert.AreSame(model.First(), seen);
    }

    [TestMethod]
    public void ACheckpointReadsTheSourceOnceForAllLaterFits()
    {
        var data = new CountingView(_ml.Data.LoadFromEnumerable(Samples.People(5)));
        var pipeline = _ml.Transforms.CopyColumns("A", "Name").AppendCacheCheckpoint(_ml).Append(new ReadingEstimator("A")).Append(new ReadingEstimator("A"));
        pipeline.Fit(data);
        Assert.AreEqual(1, data.Cursors);
        Assert.ThrowsExactly<InvalidOperationException>(() => new EstimatorChain<ITransformer>().AppendCacheCheckpoint(_ml));
    }

    private IEstimator<ITransformer> Greet(Action onCall = null)
        => _ml.Transforms.CustomMapping<Source, Added>((s, d) =>
        {
            onCall?.Invoke();
            d.Greeting = "hello " + s.Name;
            d.Length = d.Greeting.Length;
        }, null);

    private sealed class ReadingEstimator(string column) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input)
        {
            Assert.AreEqual(5, input.GetColumn<string>(column).Count());
            return new TransformerChain<ITransformer>();
        }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inputSchema;
    }
}
