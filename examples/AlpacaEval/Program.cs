// Prints AlpacaEval's figures from an annotator's verdicts: dotnet run --project examples/AlpacaEval -- FILE...
// FILE is an annotations file of AlpacaEval (JSON lines or a JSON array, plain or .gz); --json prints one JSON object a file, --report PATH writes a page.
using System.Text.Json;
using ZephyrML.Teacher;

var files = new List<string>();
string? report = null;
var json = false;
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--json")
        json = true;
    else if (args[i] == "--report" && i + 1 < args.Length)
        report = args[++i];
    else if (args[i].StartsWith('-'))
        return Usage($"unknown or incomplete option {args[i]}");
    else
        files.Add(args[i]);
}
if (files.Count == 0)
    return Usage("no file given");
try
{
    var page = new EvaluationReport("AlpacaEval");
    foreach (var file in files)
    {
        var metrics = AlpacaEval.Evaluate(AlpacaEval.ReadVerdicts(file));
        page.Add(metrics);
        // All digits: the leaderboard's figures are to be compared with these.
        Console.WriteLine(json
            ? JsonSerializer.Serialize(new { model = metrics.Model, win_rate = metrics.WinRate, standard_error = metrics.StandardError, n_wins = metrics.Wins, n_wins_base = metrics.WinsBase, n_draws = metrics.Draws, n_total = metrics.Total })
            : FormattableString.Invariant($"{metrics.Model}: win rate {metrics.WinRate:R} %, standard error {metrics.StandardError:R}, wins {metrics.Wins}, wins of {metrics.Baseline} {metrics.WinsBase}, draws {metrics.Draws}, total {metrics.Total}, unread {metrics.Unread}"));
    }
    if (report is not null)
        page.Save(report);
    return 0;
}
catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

static int Usage(string problem)
{
    Console.Error.WriteLine($"{problem}; usage: AlpacaEval [--json] [--report PATH] FILE...");
    return 2;
}
