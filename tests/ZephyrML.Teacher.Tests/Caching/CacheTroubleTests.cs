using Microsoft.Data.Sqlite;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

/// <summary>What is said, and what is kept, where the file cannot be used.</summary>
[TestClass]
public class CacheTroubleTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Clean() => _folder.Dispose();

    private static FakeChatClient Model => new((string t) => "answer to " + t);

    [TestMethod]
    public async Task A_damaged_file_is_named_and_left_alone()
    {
        using (var client = Model.WithResponseCache(_folder["c.db"], "t"))
        {
            await Task.WhenAll(Enumerable.Range(0, 300).Select(i => client.GetResponseAsync($"{i} {new string('x', 200)}")));
        }
        var bytes = File.ReadAllBytes(_folder["c.db"]);
        var damaged = (byte[])bytes.Clone();
        Array.Fill(damaged, (byte)0xff, 4096, damaged.Length - 4096);              // all pages but the first
        File.WriteAllBytes(_folder["pages.db"], damaged);
        using (var client = Model.WithResponseCache(_folder["pages.db"], "t"))
        {
            var e = await Assert.ThrowsAsync<IOException>(() => client.GetResponseAsync("x"));
            StringAssert.Contains(e.Message, "pages.db");
            StringAssert.Contains(e.Message, "damaged");
        }
        File.WriteAllBytes(_folder["head.db"], [.. Enumerable.Repeat((byte)7, 100), .. bytes[100..]]);
        var refused = Assert.Throws<IOException>(() => Model.WithResponseCache(_folder["head.db"], "t"));
        StringAssert.Contains(refused.Message, "damaged");
        File.WriteAllBytes(_folder["cut.db"], bytes[..(bytes.Length / 2)]);
        StringAssert.Contains((await Assert.ThrowsAsync<IOException>(async () =>
        {
            using var cut = Model.WithResponseCache(_folder["cut.db"], "t");
            for (var i = 0; i < 300; i++)
                await cut.GetResponseAsync($"{i} {new string('x', 200)}");
        })).Message, "cut.db");
        Assert.AreEqual(bytes.Length, File.ReadAllBytes(_folder["c.db"]).Length);
    }

    [TestMethod]
    public async Task A_file_that_another_process_keeps_locked_is_waited_for_and_named()
    {
        using var store = new ResponseStore(_folder["c.db"], busySeconds: 1);
        using var other = new SqliteConnection($"Data Source={_folder["c.db"]};Pooling=false");
        other.Open();
        Execute(other, "BEGIN IMMEDIATE");
        var e = await Assert.ThrowsAsync<IOException>(() => store.TryLeaseAsync(new byte[32]));
        StringAssert.Contains(e.Message, "locked for 1 s");
        var waiting = store.TryLeaseAsync(new byte[32]);
        await Task.Delay(100);
        Assert.IsNull(store.Find(new byte[32]), "reading waits for nobody");
        Assert.IsFalse(waiting.IsCompleted);
        Execute(other, "ROLLBACK");
        Assert.AreEqual((null, true), await waiting);
    }

    [TestMethod]
    public async Task On_a_full_disk_no_paid_answer_is_lost_and_nothing_more_is_paid()
    {
        var inner = new FakeChatClient((string t) => $"answer to {t}: " + new string('x', 20_000));
        using var client = TeacherClient.Create(inner, new() { Name = "t", Cache = _folder["c.db"], MaxConcurrency = 4 });
        await client.GetResponseAsync("before");
        using var store = ResponseStore.Acquire(_folder["c.db"]);
        Limit(store, 12);                                                          // pages: as a full disk
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            try
            {
                return (await client.GetResponseAsync($"{i}")).Text;
            }
            catch (IOException e)
            {
                StringAssert.Contains(e.Message, "disk is full");
                return null;
            }
        }));
        var (paid, statistics) = (inner.Calls, client.GetService<ResponseCacheStatistics>()!);
        Assert.AreEqual(paid - 1, results.Count(r => r is not null), "every paid answer reached its caller");
        Assert.IsLessThan(20, paid);
        Assert.IsGreaterThan(0, statistics.Unstored);
        for (var i = 0; i < 20; i++)
        {
            if (results[i] is { } text)
                Assert.AreEqual(text, (await client.GetResponseAsync($"{i}")).Text, "and is found again");
        }
        await Assert.ThrowsAsync<IOException>(() => client.GetResponseAsync("more"));
        Assert.AreEqual(paid, inner.Calls, "nothing more is paid while it cannot be stored");
        Limit(store, 1_000_000);
        await client.GetResponseAsync("more");
        Assert.AreEqual(0, statistics.Unstored);
        using var fresh = new ResponseStore(_folder["c.db"]);
        Assert.AreEqual(paid + 1, Convert.ToInt32(fresh.File.Scalar("SELECT COUNT(*) FROM responses")));
    }

    [TestMethod]
    public void A_folder_that_is_a_file_and_a_newer_form_are_named()
    {
        File.WriteAllText(_folder["file"], "");
        Assert.Throws<IOException>(() => Model.WithResponseCache(_folder["file/c.db"], "t"));
        using (var store = new ResponseStore(_folder["c.db"]))
            store.File.Execute("PRAGMA user_version = 9");
        StringAssert.Contains(Assert.Throws<IOException>(() => Model.WithResponseCache(_folder["c.db"], "t")).Message, "newer version");
    }

    [TestMethod]
    public async Task Work_that_fails_does_not_take_its_neighbours_with_it()
    {
        using var file = new SqliteFile(_folder["g.db"], "test file", 77, 1, "CREATE TABLE t(x INTEGER PRIMARY KEY)");
        var group = new GroupCommit(file);
        var works = Enumerable.Range(0, 500).Select(i => group.RunAsync(() => i % 7 == 3
            ? throw new InvalidOperationException($"{i}")
            : file.Execute("INSERT INTO t VALUES ($x)", ("$x", i)))).ToArray();
        foreach (var (work, i) in works.Select((w, i) => (w, i)))
        {
            if (i % 7 == 3)
                Assert.AreEqual($"{i}", (await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => work)).Message);
            else
                Assert.AreEqual(1, await work);
        }
        Assert.AreEqual(works.Count(w => w.IsCompletedSuccessfully), Convert.ToInt32(file.Scalar("SELECT COUNT(*) FROM t")));
    }

    private static void Limit(ResponseStore store, int pages) => store.File.Run(write: false, () => store.File.Scalar($"PRAGMA max_page_count = {pages}"));

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
