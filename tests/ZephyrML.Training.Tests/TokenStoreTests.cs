namespace ZephyrML.Training.Tests;

[TestClass]
public class TokenStoreTests
{
    private static SftRow Row(int i) => new([.. Enumerable.Range(i, i % 7)], [.. Enumerable.Range(i, i % 7).Select(t => t % 3 == 0)]);

    private static void AssertRow(SftRow expected, SftRow actual)
    {
        CollectionAssert.AreEqual(expected.Ids, actual.Ids);
        CollectionAssert.AreEqual(expected.Supervised, actual.Supervised);
    }

    [TestMethod]
    public void RowsComeBackInAnyOrder()
    {
        using var store = TokenStore.ForSft();
        for (int i = 0; i < 1000; i++)
        {
            store.Add(Row(i));
            if (i % 97 == 0)
                AssertRow(Row(i / 2), store[i / 2]); // also while it grows
        }
        store.Complete();
        Assert.HasCount(1000, store);
        foreach (int i in new[] { 999, 0, 500, 7, 3 })
            AssertRow(Row(i), store[i]);
        int n = 0;
        foreach (var row in store)
            AssertRow(Row(n++), row);
        Assert.ThrowsExactly<InvalidOperationException>(() => store.Add(Row(1)));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => store[1000]);
    }

    [TestMethod]
    public void TemporaryFileGoesWithTheStore()
    {
        var before = Directory.GetFiles(Path.GetTempPath(), "zephyrml-*.tokens").ToHashSet();
        var store = TokenStore.ForPreferences();
        store.Add(new([1, 2], [3], [4, 5, 6]));
        CollectionAssert.AreEqual(new[] { 4, 5, 6 }, store[0].Rejected);
        var made = Directory.GetFiles(Path.GetTempPath(), "zephyrml-*.tokens").Where(f => !before.Contains(f)).ToList();
        Assert.IsNotEmpty(made);
        store.Dispose();
        store.Dispose();
        Assert.IsTrue(made.Exists(f => !File.Exists(f)));
    }

    [TestMethod]
    public void NamedFileAppearsWholeOrNotAtAll()
    {
        var folder = Directory.CreateTempSubdirectory("zephyrml-store-").FullName;
        try
        {
            var path = Path.Combine(folder, "rows.tokens");
            using (var store = TokenStore.ForPreferences(path))
            {
                store.Add(new([1], [2], [3]));
                Assert.IsFalse(File.Exists(path));
            }
            Assert.IsEmpty(Directory.GetFiles(folder), "a store that was not completed left a file");
            using (var store = TokenStore.ForPreferences(path))
            {
                store.Add(new([1, 2], [3], [4, 5, 6]));
                store.Add(new([7], [], [8]));
                store.Complete();
                CollectionAssert.AreEqual(new[] { 7 }, store[1].Prompt);
            }
            using (var store = TokenStore.OpenPreferences(path))
            {
                Assert.HasCount(2, store);
                CollectionAssert.AreEqual(new[] { 1, 2 }, store[0].Prompt);
                CollectionAssert.AreEqual(new[] { 8 }, store[1].Rejected);
            }
            Assert.ThrowsExactly<IOException>(() => TokenStore.ForPreferences(path));
            Assert.ThrowsExactly<InvalidDataException>(() => TokenStore.OpenSft(path));
            var bytes = File.ReadAllBytes(path);
            File.WriteAllBytes(path, bytes[..^5]);
            Assert.ThrowsExactly<InvalidDataException>(() => TokenStore.OpenPreferences(path));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void RowWhoseListsDoNotFitIsRefused()
    {
        using var store = TokenStore.ForSft();
        var error = Assert.ThrowsExactly<ArgumentException>(() => store.Add(new([1, 2, 3], [true])));
        Assert.Contains("3 ids but 1", error.Message);
        Assert.IsEmpty(store);
    }
}
