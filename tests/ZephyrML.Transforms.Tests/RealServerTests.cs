using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.Teacher;
using ZephyrML.Teacher.Tests;

namespace ZephyrML.Transforms.Tests;

/// <summary>The stages over real clients and a real server that fails by plan.</summary>
[TestClass]
public sealed class RealServerTests
{
    private const string Secret = "sk-Planted-Secret-0123456789";

    [TestMethod]
    public void ThePassFinishesInOrderAtTheConcurrencyAskedForAndTheSavedModelHoldsNoKeyAndNoAddress()
    {
        const int Rows = 200, Concurrency = 12;
        var folder = Directory.CreateTempSubdirectory("zephyr-transforms-").FullName;
        using var server = new FaultServer(faultRate: 0.15, seed: 2) { Latency = TimeSpan.FromMilliseconds(5) };
        var log = new StringBuilder();
        var ml = new MLContext(1);
        ml.Log += (_, e) =>
        {
            lock (log)
                log.AppendLine(e.Message);
        };
        using (var teacher = TeacherClient.Create(TeacherClient.OpenAI(server.Address, "m", () => Secret), new()
        {
            Cache = Path.Combine(folder, "c.db"), MaxConcurrency = 64, Transcript = Path.Combine(folder, "t.jsonl"), Retry = new() { MaxRetries = 6, Delay = TimeSpan.FromMilliseconds(5) },
            Budget = new() { MaxTokens = 10_000_000, Ledger = Path.Combine(folder, "l.db") },
        }))
        {
            var data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, Rows).Select(i => new Prompt { Text = $"prompt {i % 150}" }).ToList());
            var model = ml.Zephyr(o => o.MaxConcurrency = Concurrency).TeacherGenerate(teacher, null).Fit(data);
            for (var pass = 0; pass < 2; pass++)
            {
                var responses = model.Transform(data).GetColumn<string>("Response").ToList();
                CollectionAssert.AreEqual(Enumerable.Range(0, Rows).Select(i => $"answer to prompt {i % 150}").ToList(), responses);
            }
            Assert.AreEqual(Concurrency, server.MostAtOnce, "rows at once, by the catalog's bound");
            Assert.AreEqual(150, server.Answered);
            Assert.IsLessThanOrEqualTo(150 + server.Failures, server.Requests);
            ml.Model.Save(model, data.Schema, Path.Combine(folder, "model.zip"));
        }
        using (var zip = System.IO.Compression.ZipFile.OpenRead(Path.Combine(folder, "model.zip")))
            zip.Entries.Where(e => e.Length > 0).ToList().ForEach(e => System.IO.Compression.ZipFileExtensions.ExtractToFile(e, Path.Combine(folder, Guid.NewGuid().ToString("N"))));
        foreach (var file in Directory.GetFiles(folder))
        {
            var text = Encoding.Latin1.GetString(File.ReadAllBytes(file));
            Assert.IsFalse(text.Contains("Planted", StringComparison.OrdinalIgnoreCase), file);
            Assert.IsFalse(text.Contains($":{server.Address.Port}", StringComparison.Ordinal), file);
        }
        Assert.IsFalse(log.ToString().Contains("Planted", StringComparison.OrdinalIgnoreCase));
        Directory.Delete(folder, recursive: true);
    }

    [TestMethod]
    public void ABudgetThatIsUsedUpEndsThePassAndWhatWasAnsweredStays()
    {
        var folder = Directory.CreateTempSubdirectory("zephyr-transforms-").FullName;
        using var server = new FaultServer();
        var data = new MLContext(1).Data.LoadFromEnumerable(Enumerable.Range(0, 30).Select(i => new Prompt { Text = $"prompt {i}" }).ToList());
        List<string> Pass(long tokens)
        {
            using var teacher = TeacherClient.Create(TeacherClient.OpenAI(server.Address, "m"), new() { Cache = Path.Combine(folder, "c.db"), Budget = new() { MaxTokens = tokens, ExpectedOutputTokens = 7 } });
            var options = new TeacherGenerateOptions { OnTeacherFailure = OnTeacherFailure.Skip, MaxOutputTokens = 7 };
            return [.. new MLContext(1).Zephyr().TeacherGenerate(teacher, null, options).Fit(data).Transform(data).GetColumn<string>("Response")];
        }
        var e = Assert.ThrowsExactly<BudgetExceededException>(() => Pass(tokens: 200));
        StringAssert.Contains(e.Message, "of 200 tokens");
        var paid = server.Requests;
        using (var teacher = TeacherClient.Create(TeacherClient.OpenAI(server.Address, "m"), new() { Cache = Path.Combine(folder, "c.db"), Budget = new() { MaxCost = 1, CostPer1MOutput = 10 } }))
        {
            var model = new MLContext(1).Zephyr().TeacherGenerate(teacher, new() { ["a"] = teacher }, new() { MaxOutputTokens = 7 }).Fit(data);
            var estimate = model.DryRun(data);
            Assert.AreEqual((60L, (long)paid, (60L - paid) * 7), (estimate.Calls, estimate.Cached, estimate.MostOutputTokens));
            Assert.AreEqual((60 - paid) * 7 * 10 / 1_000_000m, estimate.MostCost);
            Assert.AreEqual(paid, server.Requests, "nobody was asked");
        }
        Assert.IsTrue(paid is > 3 and <= 11, $"{paid}");
        Assert.HasCount(30, Pass(tokens: 100_000));
        Assert.AreEqual(30, server.Requests, "the second run paid for the rest alone");
        Directory.Delete(folder, recursive: true);
    }
}
