using System.IO.Compression;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace StandIns.MicrosoftML.Tests;

[TestClass]
public sealed class ModelZipTests
{
    private readonly MLContext _ml = new(1);

    public sealed class Source { public string Name { get; set; } }

    public sealed class Added { public string Upper { get; set; } }

    [CustomMappingFactoryAttribute("upper")]
    public sealed class UpperFactory : CustomMappingFactory<Source, Added>
    {
        public static void Map(Source source, Added added) => added.Upper = source.Name.ToUpperInvariant();

        public override Action<Source, Added> GetMapping() => Map;
    }

    [TestMethod]
    public void AChainComesBackFromItsZip()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(3));
        var model = _ml.Transforms.CopyColumns("A", "Name").Append(_ml.Transforms.SelectColumns("A", "Age")).Append(_ml.Transforms.DropColumns("Age"))
            .Append(_ml.Transforms.CopyColumns("B", "A"), TransformerScope.TrainTest).Fit(data);
        var loaded = new MLContext().Model.Load(Saved(model, data.Schema), out var schema);

        CollectionAssert.AreEqual(new[] { "Name", "Age" }, schema.Select(c => c.Name).ToArray());
        Assert.IsInstanceOfType<TransformerChain<ITransformer>>(loaded);
        var transformed = loaded.Transform(data);
        CollectionAssert.AreEqual(new[] { "A" }, transformed.Schema.Select(c => c.Name).ToArray(), "scopes are kept");
        CollectionAssert.AreEqual(new[] { "p0", "p1", "p2" }, transformed.GetColumn<string>("A").ToArray());
        Assert.AreEqual(4, ((TransformerChain<ITransformer>)loaded).Count());
    }

    [TestMethod]
    public void ASingleTransformerIsNotWrapped()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(1));
        var loaded = _ml.Model.Load(Saved(_ml.Transforms.CopyColumns("A", "Name").Fit(data), null), out var schema);
        Assert.IsInstanceOfType<ColumnCopyingTransformer>(loaded);
        Assert.IsNull(schema);
    }

    [TestMethod]
    public void TheZipHasTheEntriesAndHeadersOfTheFormat()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(1));
        var model = _ml.Transforms.CopyColumns("A", "Name").Append(_ml.Transforms.DropColumns("Age")).Fit(data);
        using var zip = new ZipArchive(Saved(model, data.Schema));
        CollectionAssert.AreEquivalent(
            new[] { "TrainingInfo/Version.txt", "TransformerChain/Model.key", "TransformerChain/Transform_000/Model.key", "TransformerChain/Transform_001/Model.key", "Schema" },
            zip.Entries.Select(e => e.FullName.Replace('\\', '/')).ToArray());

        byte[] chain = Bytes(zip, "TransformerChain/Model.key");
        Assert.AreEqual("ML\0MODEL", Encoding.Latin1.GetString(chain, 0, 8));
        Assert.AreEqual(0x00010002u, BitConverter.ToUInt32(chain, 8));
        Assert.AreEqual(256L, BitConverter.ToInt64(chain, 0x10), "the model follows the header");
        Assert.AreEqual(4L + 2 * 4, BitConverter.ToInt64(chain, 0x18), "a count and two scopes");
        Assert.AreEqual("XF\0CHAIN", Encoding.Latin1.GetString(chain, 0x40, 8));
        Assert.AreEqual("TransformerChain", Encoding.Latin1.GetString(chain, 0x50, 24).TrimEnd('\0'));
        Assert.AreEqual(2, BitConverter.ToInt32(chain, 256));
        Assert.AreEqual(7, BitConverter.ToInt32(chain, 260));
        int assembly = (int)BitConverter.ToInt64(chain, 0x90), length = (int)BitConverter.ToUInt32(chain, 0x98);
        StringAssert.StartsWith(Encoding.Unicode.GetString(chain, assembly, length), "Microsoft.ML.Data, Version=1.0.0.0, Culture=neutral, PublicKeyToken=cc7b13ffcd2ddd51");
        Assert.AreEqual("LEDOM\0LM", Encoding.Latin1.GetString(chain, (int)BitConverter.ToInt64(chain, 0x80), 8));
        Assert.AreEqual(chain.Length, BitConverter.ToInt64(chain, 0x88));

        byte[] copy = Bytes(zip, "TransformerChain/Transform_000/Model.key");
        Assert.AreEqual("COPYCOLT", Encoding.Latin1.GetString(copy, 0x40, 8));
        int table = (int)BitConverter.ToInt64(copy, 0x20), chars = (int)BitConverter.ToInt64(copy, 0x30);
        Assert.AreEqual((2L, 10L), (BitConverter.ToInt64(copy, table), BitConverter.ToInt64(copy, table + 8)), "where each string ends");
        Assert.AreEqual("AName", Encoding.Unicode.GetString(copy, chars, 10));
        byte[] schema = Bytes(zip, "Schema");
        Assert.AreEqual("CML\0DVB\0", Encoding.Latin1.GetString(schema, 0, 8));
        Assert.AreEqual(2, BitConverter.ToInt32(schema, 48));
    }

    [TestMethod]
    public void StoredEntriesLoadToo()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(2));
        var saved = Saved(_ml.Transforms.CopyColumns("A", "Name").Append(_ml.Transforms.DropColumns("Name")).Fit(data), data.Schema);
        var stored = new MemoryStream();
        using (var from = new ZipArchive(saved))
        using (var to = new ZipArchive(stored, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var entry in from.Entries)
            {
                using var source = entry.Open();
                using var target = to.CreateEntry(entry.FullName, CompressionLevel.NoCompression).Open();
                source.CopyTo(target);
            }
        stored.Position = 0;
        CollectionAssert.AreEqual(new[] { "p0", "p1" }, _ml.Model.Load(stored, out _).Transform(data).GetColumn<string>("A").ToArray());
    }

    [TestMethod]
    public void EveryColumnTypeAndAnnotationComesBack()
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add<VBuffer<ReadOnlyMemory<char>>>("SlotNames", new VectorDataViewType(TextDataViewType.Instance, 2),
            (ref VBuffer<ReadOnlyMemory<char>> dst) => dst = new(2, ["left".AsMemory(), "right".AsMemory()]));
        annotations.AddPrimitiveValue("IsNormalized", BooleanDataViewType.Instance, true);
        annotations.Add<object>("Dropped", new Unsavable(), (ref object dst) => dst = null);
        annotations.Add<VBuffer<float>>("Long", new VectorDataViewType(NumberDataViewType.Single, 1000), (ref VBuffer<float> dst) => dst = new(1000, 1, [3], [500]));
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(_ml.Data.LoadFromEnumerable(Array.Empty<Everything>()).Schema);
        builder.AddColumn("Named", new VectorDataViewType(NumberDataViewType.Single, 2), annotations.ToAnnotations());
        builder.AddColumn("Key", new KeyDataViewType(typeof(byte), 9));
        builder.AddColumn("Keys", new VectorDataViewType(new KeyDataViewType(typeof(ulong), 1ul << 40), 3, 0));
        builder.AddColumn("Id", RowIdDataViewType.Instance);
        builder.AddColumn("Opaque", new Unsavable());
        builder.AddColumn("Text", NumberDataViewType.Double);
        var written = builder.ToSchema();
        _ml.Model.Load(Saved(_ml.Transforms.CopyColumns("A", "Id").Fit(new EmptyView(written)), written), out var read);

        CollectionAssert.AreEqual(written.Where(c => c.Name != "Opaque").Select(c => (c.Name, c.Type, c.IsHidden)).ToArray(),
            read.Select(c => (c.Name, c.Type, c.IsHidden)).ToArray());
        Assert.AreEqual("SlotNames, IsNormalized, Long", read["Named"].Annotations.ToString());
        Assert.IsTrue(read["Named"].HasSlotNames());
        Assert.IsTrue(read["Named"].IsNormalized());
        VBuffer<ReadOnlyMemory<char>> names = default;
        read["Named"].GetSlotNames(ref names);
        CollectionAssert.AreEqual(new[] { "left", "right" }, names.DenseValues().Select(n => n.ToString()).ToArray());
        VBuffer<float> longOne = default;
        read["Named"].Annotations.GetValue("Long", ref longOne);
        Assert.AreEqual((1000, 1, 3f), (longOne.Length, longOne.GetValues().Length, longOne.GetItemOrDefault(500)));
    }

    [TestMethod]
    public void ACustomMappingIsSavedByItsContractOnly()
    {
        var data = _ml.Data.LoadFromEnumerable(Samples.People(2));
        var nameless = _ml.Transforms.CustomMapping<Source, Added>(UpperFactory.Map, null).Fit(data);
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Saved(nameless, data.Schema));
        Assert.AreEqual("Empty contract name for a transform: the transform cannot be saved", error.Message);

        var saved = Saved(_ml.Transforms.CustomMapping<Source, Added>(UpperFactory.Map, "upper").Append(_ml.Transforms.CopyColumns("U", "Upper")).Fit(data), data.Schema);
        CollectionAssert.AreEqual(new[] { "P0", "P1" }, new MLContext().Model.Load(saved, out _).Transform(data).GetColumn<string>("U").ToArray());
    }

    [TestMethod]
    public void WhatIsNoModelIsTold()
    {
        Assert.ThrowsExactly<FormatException>(() => _ml.Model.Load(new MemoryStream([1, 2, 3]), out _));
        var data = _ml.Data.LoadFromEnumerable(Samples.People(1));
        var saved = Saved(_ml.Transforms.CopyColumns("A", "Name").Fit(data), data.Schema);
        Assert.ThrowsExactly<FormatException>(() => _ml.Model.Load(Edited(saved, "TransformerChain/Model.key", b => b[0x50] = (byte)'X'), out _), "an unknown loader");
        Assert.ThrowsExactly<FormatException>(() => _ml.Model.Load(Edited(saved, "TransformerChain/Model.key", b => b[0] = 0), out _), "no model stream");
        Assert.ThrowsExactly<FileNotFoundException>(() => _ml.Model.Load(Edited(saved, "TransformerChain/Model.key", b =>
            b[(int)BitConverter.ToInt64(b, 0x90)] = (byte)'X'), out _), "no such assembly");
    }

    [TestMethod]
    public void AFileIsWrittenAndReadAndNothingIsLeftBehind()
    {
        string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Directory.CreateDirectory(folder);
        try
        {
            var ml = new MLContext { TempFilePath = folder };
            var data = ml.Data.LoadFromEnumerable(Samples.People(2));
            string file = Path.Combine(folder, "model.zip");
            ml.Model.Save(ml.Transforms.CopyColumns("A", "Name").Fit(data), data.Schema, file);
            Assert.AreEqual("p1", ml.Model.Load(file, out _).Transform(data).GetColumn<string>("A").Last());
            CollectionAssert.AreEqual(new[] { file }, Directory.GetFileSystemEntries(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private MemoryStream Saved(ITransformer model, DataViewSchema schema)
    {
        var stream = new MemoryStream();
        _ml.Model.Save(model, schema, stream);
        stream.Position = 0;
        return stream;
    }

    private static MemoryStream Edited(MemoryStream zip, string entryName, Action<byte[]> edit)
    {
        var edited = new MemoryStream(zip.ToArray().ToArray());
        var expandable = new MemoryStream();
        edited.CopyTo(expandable);
        using (var archive = new ZipArchive(expandable, ZipArchiveMode.Update, leaveOpen: true))
        {
            byte[] bytes = Bytes(archive, entryName);
            edit(bytes);
            archive.GetEntry(entryName).Delete();
            using var target = archive.CreateEntry(entryName).Open();
            target.Write(bytes);
        }
        expandable.Position = 0;
        return expandable;
    }

    private static byte[] Bytes(ZipArchive zip, string entry)
    {
        using var stream = zip.GetEntry(entry).Open();
        var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    private sealed class Unsavable() : StructuredDataViewType(typeof(object))
    {
        public override bool Equals(DataViewType other) => other is Unsavable;
    }

    private sealed class EmptyView(DataViewSchema schema) : IDataView
    {
        public bool CanShuffle => false;

        public DataViewSchema Schema => schema;

        public long? GetRowCount() => 0;

        public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) => throw new NotSupportedException();

        public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) => throw new NotSupportedException();
    }
}
