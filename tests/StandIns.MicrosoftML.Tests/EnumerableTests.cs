using Microsoft.ML;
using Microsoft.ML.Data;

namespace StandIns.MicrosoftML.Tests;

[TestClass]
public sealed class EnumerableTests
{
    private readonly MLContext _ml = new(1);

    [TestMethod]
    public void EveryTypeComesBack()
    {
        var back = _ml.Data.CreateEnumerable<Everything>(_ml.Data.LoadFromEnumerable(Enumerable.Range(0, 5).Select(Samples.One)), reuseRowObject: false).ToList();
        Assert.AreEqual(5, back.Count);
        for (int i = 0; i < 5; i++)
        {
            var (a, b) = (Samples.One(i), back[i]);
            Assert.AreEqual((a.Text, a.Flag, a.S1, a.U1, a.S2, a.U2, a.S4), (b.Text, b.Flag, b.S1, b.U1, b.S2, b.U2, b.S4));
            Assert.AreEqual((a.U4, a.S8, a.U8, a.F4, a.F8, a.When, a.WhenThere), (b.U4, b.S8, b.U8, b.F4, b.F8, b.When, b.WhenThere));
            Assert.AreEqual((a.Long, a.Inner, a.Field), (b.Long, b.Inner, b.Field));
            CollectionAssert.AreEqual(i == 0 ? null : a.Floats, b.Floats, "an empty vector leaves a new object's array null");
            CollectionAssert.AreEqual(a.Two, b.Two);
            CollectionAssert.AreEqual(a.Texts, b.Texts);
            CollectionAssert.AreEqual(a.Ints.DenseValues().ToArray(), b.Ints.DenseValues().ToArray());
            Assert.IsNull(b.Ignored);
        }
    }

    [TestMethod]
    public void TheSchemaSaysWhatTheClassSays()
    {
        var schema = _ml.Data.LoadFromEnumerable(Array.Empty<Everything>()).Schema;
        Assert.AreEqual(TextDataViewType.Instance, schema["Text"].Type);
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single), schema["Floats"].Type);
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 2), schema["Two"].Type);
        Assert.AreEqual(new VectorDataViewType(TextDataViewType.Instance), schema["Texts"].Type);
        Assert.AreEqual(NumberDataViewType.Int32, schema["Renamed"].Type);
        Assert.IsNull(schema.GetColumnOrNull("Inner"));
        Assert.IsNull(schema.GetColumnOrNull("Ignored"));
        Assert.AreEqual("Field", schema[0].Name, "fields come first");
    }

    [TestMethod]
    public void ASequenceIsReadLazilyAndAgain()
    {
        int enumerations = 0, rows = 0;
        IEnumerable<Person> Source()
        {
            enumerations++;
            foreach (var person in Samples.People(3))
            {
                rows++;
                yield return person;
            }
        }

        var view = _ml.Data.LoadFromEnumerable(Source());
        Assert.IsNull(view.GetRowCount());
        Assert.IsFalse(view.CanShuffle);
        Assert.AreEqual(0, enumerations);
        Assert.AreEqual("p0", _ml.Data.CreateEnumerable<Person>(view, false).First().Name);
        Assert.AreEqual(1, rows);
        Assert.AreEqual(3, _ml.Data.CreateEnumerable<Person>(view, false).Count());
        Assert.AreEqual(2, enumerations);
        Assert.AreEqual(3L, _ml.Data.LoadFromEnumerable(Samples.People(3)).GetRowCount());
    }

    [TestMethod]
    public void OnlyTheColumnsOfTheClassAreAskedFor()
    {
        var view = new CountingView(_ml.Data.LoadFromEnumerable(Samples.People(3)));
        Assert.AreEqual(3, _ml.Data.CreateEnumerable<NameOnly>(view, false).Count());
        CollectionAssert.AreEqual(new[] { "Name" }, view.Requests);
        Assert.AreEqual(3, view.Gets);
    }

    [TestMethod]
    public void MissingColumnsAndWrongTypesAreErrors()
    {
        var view = _ml.Data.LoadFromEnumerable(Samples.People(1));
        var missing = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _ml.Data.CreateEnumerable<WithReply>(view, false));
        StringAssert.Contains(missing.Message, "Could not find  column 'Reply'");
        Assert.AreEqual("p0", _ml.Data.CreateEnumerable<WithReply>(view, false, ignoreMissingColumns: true).Single().Name);
        var wrong = Assert.ThrowsExactly<InvalidOperationException>(() => _ml.Data.CreateEnumerable<AgeAsText>(view, false));
        StringAssert.StartsWith(wrong.Message, "Can't bind the IDataView column 'Age' of type 'Single' to field or property 'Age' of type 'System.String'.");
    }

    [TestMethod]
    public void ANullTextIsEmptyAndANullRowIsAnError()
    {
        var view = _ml.Data.LoadFromEnumerable(new[] { new Person { Name = null } });
        Assert.AreEqual("", _ml.Data.CreateEnumerable<Person>(view, false).Single().Name);
        var broken = _ml.Data.LoadFromEnumerable(new Person[] { null });
        Assert.ThrowsExactly<InvalidOperationException>(() => _ml.Data.CreateEnumerable<Person>(broken, false).Count());
    }

    [TestMethod]
    public void AReusedRowObjectIsOneObject()
    {
        var view = _ml.Data.LoadFromEnumerable(Samples.People(3));
        Assert.AreEqual(1, _ml.Data.CreateEnumerable<Person>(view, reuseRowObject: true).Distinct().Count());
        Assert.AreEqual(3, _ml.Data.CreateEnumerable<Person>(view, reuseRowObject: false).Distinct().Count());
    }

    [TestMethod]
    public void ADefinitionRenamesColumnsAndSetsTypes()
    {
        var definition = SchemaDefinition.Create(typeof(Everything));
        definition["Text"].ColumnName = "Prompt";
        definition["Floats"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 3);
        definition["S4"].AddAnnotation("Unit", "metre", TextDataViewType.Instance);
        var schema = _ml.Data.LoadFromEnumerable(Array.Empty<Everything>(), definition).Schema;
        Assert.IsNotNull(schema.GetColumnOrNull("Prompt"));
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 3), schema["Floats"].Type);
        Assert.AreEqual("S4: Int32 {Unit}", schema["S4"].ToString());
        var bad = SchemaDefinition.Create(typeof(Everything));
        bad["Text"].ColumnType = NumberDataViewType.Single;
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _ml.Data.LoadFromEnumerable(Array.Empty<Everything>(), bad));
    }

    [TestMethod]
    public void AUsersKeysCountFromZero()
    {
        var view = _ml.Data.LoadFromEnumerable(new[] { new Keyed { Key = 0 }, new Keyed { Key = 2 }, new Keyed { Key = 3 } });
        Assert.AreEqual(new KeyDataViewType(typeof(uint), 3), view.Schema["Key"].Type);
        CollectionAssert.AreEqual(new uint[] { 1, 3, 0 }, view.GetColumn<uint>("Key").ToArray());
    }

    [TestMethod]
    public void AColumnIsReadAsWhatItIs()
    {
        var view = _ml.Data.LoadFromEnumerable(Enumerable.Range(1, 2).Select(Samples.One));
        CollectionAssert.AreEqual(new[] { "t1", "t2" }, view.GetColumn<string>("Text").ToArray());
        CollectionAssert.AreEqual(new float[] { 0, 1 }, view.GetColumn<float[]>("Floats").Last());
        CollectionAssert.AreEqual(new[] { "a2", "b" }, view.GetColumn<string[]>(view.Schema["Texts"]).Last());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => view.GetColumn<int>("Text"));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => view.GetColumn<int>("Nothing"));
    }

    private sealed class NameOnly { public string Name { get; set; } }

    private sealed class WithReply { public string Name { get; set; } public string Reply { get; set; } }

    private sealed class AgeAsText { public string Age { get; set; } }

    private sealed class Keyed { [KeyType(3)] public uint Key { get; set; } }
}
