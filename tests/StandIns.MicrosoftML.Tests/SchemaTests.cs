using System.Collections.Immutable;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace StandIns.MicrosoftML.Tests;

[TestClass]
public sealed class SchemaTests
{
    [TestMethod]
    public void ALaterColumnHidesAnEarlierOneOfItsName()
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("A", TextDataViewType.Instance);
        builder.AddColumn("B", NumberDataViewType.Single);
        builder.AddColumn("A", NumberDataViewType.Int32);
        var schema = builder.ToSchema();

        Assert.AreEqual(3, schema.Count);
        Assert.IsTrue(schema[0].IsHidden);
        Assert.IsFalse(schema[2].IsHidden);
        Assert.AreEqual(2, schema["A"].Index);
        Assert.AreEqual(NumberDataViewType.Int32, schema["A"].Type);
        Assert.IsNull(schema.GetColumnOrNull("C"));
        Assert.AreEqual("3 columns", schema.ToString());
        Assert.AreEqual("B: Single", schema["B"].ToString());
    }

    [TestMethod]
    public void AMissingColumnIsAnArgumentOutOfRange()
    {
        var schema = new DataViewSchema.Builder().ToSchema();
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => schema["X"]);
        StringAssert.Contains(error.Message, "Column 'X' not found");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => schema[0]);
        Assert.ThrowsExactly<ArgumentNullException>(() => schema.GetColumnOrNull(""));
    }

    [TestMethod]
    public void AnnotationsAreLazyAndTyped()
    {
        int calls = 0;
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add<ReadOnlyMemory<char>>("Note", TextDataViewType.Instance, (ref ReadOnlyMemory<char> dst) => { calls++; dst = "hello".AsMemory(); });
        builder.AddPrimitiveValue("Number", NumberDataViewType.Int32, 7);
        var annotations = builder.ToAnnotations();
        Assert.AreEqual(0, calls);

        ReadOnlyMemory<char> note = default;
        annotations.GetValue("Note", ref note);
        Assert.AreEqual("hello", note.ToString());
        Assert.AreEqual(1, calls);
        int number = 0;
        annotations.GetValue("Number", ref number);
        Assert.AreEqual(7, number);
        Assert.ThrowsExactly<InvalidOperationException>(() => { int wrong = 0; annotations.GetValue("Note", ref wrong); });
        Assert.ThrowsExactly<InvalidOperationException>(() => { int absent = 0; annotations.GetValue("Absent", ref absent); });
        Assert.ThrowsExactly<ArgumentException>(() => builder.Add<int>("Bad", TextDataViewType.Instance, (ref int dst) => dst = 1));

        var copy = new DataViewSchema.Annotations.Builder();
        copy.Add(annotations, kind => kind == "Number");
        Assert.AreEqual("Number", copy.ToAnnotations().ToString());
    }

    [TestMethod]
    public void AnnotationsCarryObjectsOfOwnTypes()
    {
        var builder = new DataViewSchema.Annotations.Builder();
        var held = new object[] { 1 };
        builder.Add<object[]>("Held", new HeldType(), (ref object[] dst) => dst = held);
        var schema = new DataViewSchema.Builder();
        schema.AddColumn("A", TextDataViewType.Instance, builder.ToAnnotations());
        object[] found = null;
        schema.ToSchema()["A"].Annotations.GetValue("Held", ref found);
        Assert.AreSame(held, found);
    }

    [TestMethod]
    public void TypesCompareByValueAndTellThemselves()
    {
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 3), new VectorDataViewType(NumberDataViewType.Single, 3));
        Assert.AreNotEqual(new VectorDataViewType(NumberDataViewType.Single, 3), new VectorDataViewType(NumberDataViewType.Single, 4));
        Assert.AreNotEqual(new VectorDataViewType(NumberDataViewType.Single, 6), new VectorDataViewType(NumberDataViewType.Single, 2, 3));
        Assert.AreEqual(new KeyDataViewType(typeof(uint), 5), new KeyDataViewType(typeof(uint), 5ul));
        Assert.AreEqual("Vector<Single, 3>", new VectorDataViewType(NumberDataViewType.Single, 3).ToString());
        Assert.AreEqual("Vector<String>", new VectorDataViewType(TextDataViewType.Instance).ToString());
        Assert.AreEqual("Vector<Single, 2, *>", new VectorDataViewType(NumberDataViewType.Single, ImmutableArray.Create(2, 0)).ToString());
        Assert.AreEqual("Key<UInt32, 0-4>", new KeyDataViewType(typeof(uint), 5).ToString());
        Assert.AreEqual(typeof(VBuffer<float>), new VectorDataViewType(NumberDataViewType.Single).RawType);
        Assert.IsFalse(new VectorDataViewType(NumberDataViewType.Single).IsKnownSize);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new KeyDataViewType(typeof(int), 5));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new KeyDataViewType(typeof(byte), 256));
    }

    [TestMethod]
    public void RowIdsAreStableAndDistinct()
    {
        var id = new DataViewRowId(1, 2);
        Assert.AreEqual("00000000000000020000000000000001", id.ToString());
        Assert.AreEqual(id.Next(), new DataViewRowId(1, 2).Next());
        Assert.AreNotEqual(id.Next(), id.Fork());
        Assert.AreNotEqual(id.Combine(new DataViewRowId(3, 4)), id.Combine(new DataViewRowId(4, 3)));
        Assert.IsTrue(id.CompareTo(new DataViewRowId(0, 3)) < 0);
    }

    private sealed class HeldType() : StructuredDataViewType(typeof(object[]))
    {
        public override bool Equals(DataViewType other) => other is HeldType;
    }
}
