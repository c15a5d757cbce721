using Microsoft.ML;
using ZephyrML.Teacher;
using ZephyrML.Transforms.Rows;

namespace ZephyrML.Transforms.Loading;

/// <summary>Reads rows of candidates with scores: as what a judge said, and as what it is worth.</summary>
internal static class ScoredRows
{
    /// <summary>A judge that gives these scores.</summary>
    public static RecordedJudge Judge(IDataView data, RankOptions options, string name)
    {
        var records = new List<RecordedScore>();
        var column = InputColumn.Require(data.Schema, options.PromptColumn, ColumnKind.Text);
        Read(data, options, [column], cursor => InputColumn.Text(cursor, column), (row, prompt, candidates, models, scores) =>
        {
            for (var i = 0; i < candidates.Length; i++)
            {
                if (!float.IsNaN(scores[i]))
                    records.Add(new(prompt, candidates[i], scores[i], i < models.Length && models[i].Length > 0 ? models[i] : null));
            }
        });
        return new(records, name);
    }

    /// <summary>What the scores look like, and what pairs they give.</summary>
    public static FeedbackStatistics Statistics(IDataView data, RankOptions options, int seed)
    {
        var statistics = new FeedbackStatistics();
        var pairs = options.Pairs(options.Seed ?? seed);
        Read(data, options, [], _ => () => "", (row, _, candidates, _, scores) =>
        {
            PairSelector.Select(scores, pairs, row, out var outcome);
            statistics.Add(candidates, scores, outcome);
        });
        return statistics;
    }

    private static void Read(
        IDataView data, RankOptions options, DataViewSchema.Column[] more, Func<DataViewRowCursor, Func<string>> text, Action<long, string, string[], string[], float[]> add)
    {
        var candidates = InputColumn.Require(data.Schema, options.CandidatesColumn, ColumnKind.Texts);
        var scores = InputColumn.Require(data.Schema, options.ScoresColumn, ColumnKind.Floats);
        var models = InputColumn.Find(data.Schema, options.CandidateModelsColumn, ColumnKind.Texts);
        using var cursor = data.GetRowCursor([candidates, scores, .. models is { } column ? (DataViewSchema.Column[])[column] : [], .. more]);
        var (readText, readCandidates, readScores, readModels) = (text(cursor), InputColumn.Texts(cursor, candidates), InputColumn.Floats(cursor, scores), InputColumn.Texts(cursor, models));
        while (cursor.MoveNext())
        {
            var (answers, numbers) = (readCandidates(), readScores());
            if (numbers.Length != answers.Length && numbers.Length > 0)
                throw new InvalidDataException($"Row {cursor.Position}: {numbers.Length} entries in '{options.ScoresColumn}' beside {answers.Length} in '{options.CandidatesColumn}'.");
            add(cursor.Position, readText(), answers, readModels(), numbers.Length == answers.Length ? numbers : [.. answers.Select(_ => float.NaN)]);
        }
    }
}
