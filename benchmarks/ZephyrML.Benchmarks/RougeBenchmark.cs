using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ZephyrML.Teacher;

namespace ZephyrML.Benchmarks;

/// <summary>How fast the near-copy filter of self-instruct is: instructions of seeded Zipf words, 8 to 20 each, against all that were kept before, on one core.</summary>
internal static class RougeBenchmark
{
    private const int FewestWords = 8, MostWords = 20;

    public static string Run(string[] args)
    {
        var settings = new Dictionary<string, double> { ["--count"] = 100_000, ["--words"] = 20_000, ["--exponent"] = 1, ["--limit"] = 0.7, ["--copies"] = 0.05, ["--seed"] = 1 };
        for (var i = 0; i + 1 < args.Length; i += 2)
            settings[args[i]] = double.Parse(args[i + 1], CultureInfo.InvariantCulture);
        string[] texts = [.. Texts(settings)];
        var pool = new RougePool(settings["--limit"]);
        var clock = Stopwatch.StartNew();
        var dropped = 0;
        foreach (var text in texts)
        {
            if (pool.HasLike(text))
                dropped++;
            else
                pool.Add(text);
        }
        var seconds = clock.Elapsed.TotalSeconds;
        return JsonSerializer.Serialize(new { texts = texts.Length, kept = pool.Count, dropped, compared = pool.Compared, seconds, texts_per_second = texts.Length / seconds });
    }

    /// <summary>Words by Zipf's law; a share of the texts are earlier ones with some words changed.</summary>
    private static IEnumerable<string> Texts(Dictionary<string, double> settings)
    {
        var random = new SeedStream((int)settings["--seed"], "zipf");
        var sums = new double[(int)settings["--words"]];
        for (var i = 0; i < sums.Length; i++)
            sums[i] = (i == 0 ? 0 : sums[i - 1]) + Math.Pow(i + 1, -settings["--exponent"]);
        int Word()
        {
            var place = Array.BinarySearch(sums, random.NextDouble() * sums[^1]);
            return Math.Min(sums.Length - 1, place < 0 ? ~place : place);
        }
        var earlier = new List<int[]>();
        for (var n = 0; n < settings["--count"]; n++)
        {
            int[] text = [.. Enumerable.Range(0, FewestWords + random.Next(MostWords - FewestWords + 1)).Select(_ => Word())];
            if (earlier.Count > 0 && random.NextDouble() < settings["--copies"])
            {
                text = (int[])earlier[random.Next(earlier.Count)].Clone();
                for (var changes = random.Next(text.Length / 2); changes > 0; changes--)
                    text[random.Next(text.Length)] = Word();
            }
            earlier.Add(text);
            yield return string.Join(' ', text.Select(w => $"w{w}"));
        }
    }
}
