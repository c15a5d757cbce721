using Microsoft.ML.Data;

namespace StandIns.MicrosoftML.Tests;

[TestClass]
public sealed class VBufferTests
{
    [TestMethod]
    public void SparseAndDenseHoldTheSameValues()
    {
        var sparse = new VBuffer<float>(5, 2, [7, 9], [1, 3]);
        Assert.IsFalse(sparse.IsDense);
        CollectionAssert.AreEqual(new float[] { 0, 7, 0, 9, 0 }, sparse.DenseValues().ToArray());
        Assert.AreEqual(9f, sparse.GetItemOrDefault(3));
        Assert.AreEqual(0f, sparse.GetItemOrDefault(2));
        Assert.AreEqual("1=7 3=9", string.Join(" ", sparse.Items().Select(i => $"{i.Key}={i.Value}")));
        Assert.AreEqual(5, sparse.Items(all: true).Count());
        Assert.AreEqual("Sparse vector of size 5, 2 explicit values", sparse.ToString());

        VBuffer<float> dense = default;
        sparse.CopyToDense(ref dense);
        Assert.IsTrue(dense.IsDense);
        CollectionAssert.AreEqual(sparse.DenseValues().ToArray(), dense.GetValues().ToArray());
        Assert.AreEqual(0, dense.GetIndices().Length);
        Assert.AreEqual("Dense vector of size 5", dense.ToString());
    }

    [TestMethod]
    public void CopiesOfARangeKeepTheirPlaces()
    {
        var sparse = new VBuffer<int>(6, 3, [1, 2, 3], [0, 3, 5]);
        VBuffer<int> part = default;
        sparse.CopyTo(ref part, 2, 3);
        CollectionAssert.AreEqual(new[] { 0, 2, 0 }, part.DenseValues().ToArray());
        Span<int> target = stackalloc int[8];
        sparse.CopyTo(target, 1, defaultValue: -1);
        CollectionAssert.AreEqual(new[] { 0, 1, -1, -1, 2, -1, 3, 0 }, target.ToArray());
        VBuffer<int> copied = default;
        VBuffer<int>.Copy([4, 5, 6, 7], 1, ref copied, 2);
        CollectionAssert.AreEqual(new[] { 5, 6 }, copied.GetValues().ToArray());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => sparse.CopyTo(new int[3]));
    }

    [TestMethod]
    public void EditorReusesBuffersThatAreLargeEnough()
    {
        float[] array = new float[8];
        var vector = new VBuffer<float>(8, array);
        var editor = VBufferEditor.Create(ref vector, 3);
        Assert.IsFalse(editor.CreatedNewValues);
        editor.Values[2] = 5;
        vector = editor.Commit();
        Assert.AreEqual(3, vector.Length);
        Assert.AreEqual(5f, array[2]);

        var sparse = VBufferEditor.Create(ref vector, 100, 2);
        Assert.IsTrue(sparse.CreatedNewIndices);
        (sparse.Indices[0], sparse.Values[0]) = (50, 1);
        vector = sparse.CommitTruncated(1);
        Assert.AreEqual(1f, vector.GetItemOrDefault(50));
        Assert.AreEqual(1, vector.GetValues().Length);

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() =>
        {
            VBuffer<float> fresh = default;
            VBufferEditor.Create(ref fresh, 1, 2);
        });
    }

    [TestMethod]
    public void GrowingKeepsOldValuesOnDemand()
    {
        var vector = new VBuffer<int>(2, [1, 2]);
        var editor = VBufferEditor.Create(ref vector, 3, keepOldOnResize: true);
        editor.Values[2] = 3;
        vector = editor.Commit();
        CollectionAssert.AreEqual(new[] { 1, 2, 3 }, vector.GetValues().ToArray());
    }
}
