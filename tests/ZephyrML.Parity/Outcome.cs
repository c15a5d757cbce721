using System.Text.Json.Nodes;

namespace ZephyrML.Parity;

/// <summary>What came of one fixture: the worst difference of each quantity, the cases that passed, the reasons of what did not.</summary>
internal sealed class Outcome
{
    private const int ReasonsShown = 5;
    private readonly Dictionary<string, double> _worst = [];
    private readonly List<string> _reasons = [];
    private readonly List<string> _leftOut = [];

    public int? Cases { get; private set; }
    public int CasesPassed { get; private set; }
    public string? Skipped { get; private set; }
    public bool Passed => _reasons.Count == 0;

    /// <summary>Takes up a difference.</summary>
    public void Compare(string quantity, double difference, double tolerance, string where = "")
    {
        // NaN is worse than any number.
        if (!_worst.TryGetValue(quantity, out double worst) || !(difference <= worst)) _worst[quantity] = difference;
        if (!(difference <= tolerance)) Fail(FormattableString.Invariant($"{quantity}{(where.Length == 0 ? "" : " of " + where)} differs by {difference:g3}, allowed {tolerance:g3}"));
    }

    /// <summary>One of a list of cases; null: it passed.</summary>
    public void Case(string? reason)
    {
        Cases = (Cases ?? 0) + 1;
        if (reason is null) CasesPassed++;
        else Fail(reason);
    }

    public void Fail(string reason) => _reasons.Add(reason);

    /// <summary>Names a case that is not run.</summary>
    public void LeaveOut(string name) => _leftOut.Add(name);

    public void Skip(string why) => Skipped = why;

    public JsonObject ToJson(string fixture, string kind)
    {
        var line = new JsonObject { ["fixture"] = fixture, ["kind"] = kind };
        if (Skipped is not null)
        {
            line["skipped"] = Skipped;
            return line;
        }
        line["pass"] = Passed;
        if (Cases is not null) line["cases"] = $"{CasesPassed} of {Cases}";
        if (_leftOut.Count > 0) line["not_run"] = string.Join(", ", _leftOut);
        if (_worst.Count > 0) line["worst"] = new JsonObject(_worst.Select(w => KeyValuePair.Create(w.Key, double.IsFinite(w.Value) ? JsonValue.Create(w.Value) : (JsonNode?)w.Value.ToString())));
        if (!Passed) line["reason"] = string.Join("; ", _reasons.Take(ReasonsShown)) + (_reasons.Count > ReasonsShown ? $"; and {_reasons.Count - ReasonsShown} more" : "");
        return line;
    }
}
