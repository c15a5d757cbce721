using Microsoft.ML;
using Microsoft.ML.Data;

namespace StandIns.MicrosoftML.Tests;

[TestClass]
public sealed class PredictionEngineTests
{
    private readonly MLContext _ml = new(1);

    private sealed class Source { public string Name { get; set; } }

    private sealed class Reply { public string Answer { get; set; } public string[] Parts { get; set; } }

    private sealed class MoreThanThere { public string Answer { get; set; } public float Absent { get; set; } }

    [TestMethod]
    public void AnEngineRunsAChainOnSingleObjects()
    {
        int calls = 0;
        using var engine = _ml.Model.CreatePredictionEngine<Source, Reply>(Model(() => calls++));
        Assert.AreEqual("re:a", engine.Predict(new Source { Name = "a" }).Answer);
        var reused = new Reply();
        engine.Predict(new Source { Name = "b" }, ref reused);
        Assert.AreEqual("re:b", reused.Answer);
        CollectionAssert.AreEqual(new[] { "b", "B" }, reused.Parts);
        Assert.AreEqual(2, calls, "once an object, although two columns are read");
        CollectionAssert.AreEqual(new[] { "Name", "Answer", "Parts", "Copy" }, engine.OutputSchema.Select(c => c.Name).ToArray());
        Assert.ThrowsExactly<ArgumentNullException>(() => engine.Predict(null));
    }

    [TestMethod]
    public void EveryColumnIsActive()
    {
        var probe = new ActiveProbe(Model());
        using var engine = _ml.Model.CreatePredictionEngine<Source, Reply>(probe);
        CollectionAssert.AreEqual(new[] { "Name", "Answer", "Parts", "Copy" }, probe.Active);
    }

    [TestMethod]
    public void TheEngineOwnsItsTransformerUnlessToldOtherwise()
    {
        var (owned, shared) = (new DisposableTransformer(Model()), new DisposableTransformer(Model()));
        var engine = _ml.Model.CreatePredictionEngine<Source, Reply>(owned);
        engine.Dispose();
        engine.Dispose();
        _ml.Model.CreatePredictionEngine<Source, Reply>(shared, new PredictionEngineOptions { OwnsTransformer = false }).Dispose();
        Assert.AreEqual((1, 0), (owned.Disposed, shared.Disposed));
    }

    [TestMethod]
    public void MissingColumnsAreIgnoredByDefaultAndAnErrorOnDemand()
    {
        Assert.AreEqual(0f, _ml.Model.CreatePredictionEngine<Source, MoreThanThere>(Model()).Predict(new Source { Name = "a" }).Absent);
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _ml.Model.CreatePredictionEngine<Source, MoreThanThere>(Model(), ignoreMissingColumns: false));
        StringAssert.Contains(error.Message, "column 'Absent'");
        var noInput = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _ml.Model.CreatePredictionEngine<Person2, Reply>(Model()));
        StringAssert.Contains(noInput.Message, "column 'Name'");
    }

    [TestMethod]
    public void AnInputSchemaGivesTheColumnsTheirTypes()
    {
        var schema = _ml.Data.LoadFromEnumerable(Array.Empty<Source>()).Schema;
        Assert.AreEqual("re:a", _ml.Model.CreatePredictionEngine<Source, Reply>(Model(), schema).Predict(new Source { Name = "a" }).Answer);
        var other = new DataViewSchema.Builder();
        other.AddColumn("Elsewhere", TextDataViewType.Instance);
        Assert.ThrowsExactly<InvalidOperationException>(() => _ml.Model.CreatePredictionEngine<Source, Reply>(Model(), other.ToSchema()));
    }

    private sealed class Person2 { public float Age { get; set; } }

    private TransformerChain<Microsoft.ML.Transforms.ColumnCopyingTransformer> Model(Action onCall = null)
        => _ml.Transforms.CustomMapping<Source, Reply>((s, d) =>
        {
            onCall?.Invoke();
            d.Answer = "re:" + s.Name;
            d.Parts = [s.Name, s.Name.ToUpperInvariant()];
        }, null).Append(_ml.Transforms.CopyColumns("Copy", "Answer")).Fit(_ml.Data.LoadFromEnumerable(Array.Empty<Source>()));

    /// <summary>Tells which columns its mapper was asked for.</summary>
    private sealed class ActiveProbe(ITransformer inner) : ITransformer
    {
        public List<string> Active { get; } = [];

        public bool IsRowToRowMapper => true;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inner.GetOutputSchema(inputSchema);

        public IDataView Transform(IDataView input) => inner.Transform(input);

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new Mapper(inner.GetRowToRowMapper(inputSchema), Active);

        void ICanSaveModel.Save(ModelSaveContext ctx) => inner.Save(ctx);

        private sealed class Mapper(IRowToRowMapper mapper, List<string> active) : IRowToRowMapper
        {
            public DataViewSchema InputSchema => mapper.InputSchema;

            public DataViewSchema OutputSchema => mapper.OutputSchema;

            public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> columns) => mapper.GetDependencies(columns);

            public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
            {
                active.AddRange(activeColumns.Select(c => c.Name));
                return mapper.GetRow(input, activeColumns);
            }
        }
    }
}
