namespace ZephyrML.Training.Tests;

/// <summary>What came of one case of a fixture: its differences in units of their tolerances, and sentences on those that are too large.</summary>
/// <param name="name">The case.</param>
internal sealed class CaseReport(string name)
{
    private readonly Dictionary<string, double> worst = [];
    private readonly List<string> problems = [];

    public string Name { get; } = name;

    /// <summary>Largest difference of each quantity, in units of its tolerance.</summary>
    public IReadOnlyDictionary<string, double> Worst => worst;

    public IReadOnlyList<string> Problems => problems;

    /// <summary>All problems as one line, or null.</summary>
    public string? Reason => problems.Count == 0 ? null : $"{Name}: {string.Join("; ", problems.Take(3))}{(problems.Count > 3 ? $"; and {problems.Count - 3} more" : "")}";

    /// <summary>Compares two numbers; infinities and NaN must be equal.</summary>
    public void Number(string what, double expected, double actual, double allowed)
    {
        double difference = expected.Equals(actual) ? 0 : Math.Abs(expected - actual), share = difference == 0 ? 0 : difference / allowed;
        if (!worst.TryGetValue(what, out double before) || !(share <= before))
            worst[what] = share;
        if (!(difference <= allowed))
            problems.Add(FormattableString.Invariant($"{what} is {actual:R}, expected {expected:R}, allowed {allowed:g3}"));
    }

    /// <summary>Compares lists, each number with a tolerance relative to max(1, expected).</summary>
    public void EachNumber(string what, float[] expected, float[] actual, double tolerance) =>
        Numbers(what, expected, actual, i => tolerance * Math.Max(1, Math.Abs(expected[i])));

    /// <summary>Compares lists with a tolerance relative to the largest finite number.</summary>
    public void OfLargest(string what, float[] expected, float[] actual, double tolerance)
    {
        double largest = expected.Where(float.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        Numbers(what, expected, actual, _ => tolerance * largest);
    }

    /// <summary>Compares lists that must be equal.</summary>
    public void Equal(string what, IReadOnlyList<int> expected, IReadOnlyList<int> actual)
    {
        if (!expected.SequenceEqual(actual))
            problems.Add($"{what} is [{string.Join(", ", actual)}], expected [{string.Join(", ", expected)}]");
    }

    public void Problem(string sentence) => problems.Add(sentence);

    private void Numbers(string what, float[] expected, float[] actual, Func<int, double> allowed)
    {
        if (expected.Length != actual.Length)
            problems.Add($"{what}: {actual.Length} numbers, expected {expected.Length}");
        else
            for (int i = 0; i < expected.Length; i++)
                Number($"{what}", expected[i], actual[i], double.IsFinite(expected[i]) ? allowed(i) : 0);
    }
}
