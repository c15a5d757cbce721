using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using ZephyrML.Teacher;
using ZephyrML.Transforms.Rows;

namespace ZephyrML.Transforms.Teachers;

/// <summary>Scores a row's candidates and picks its pair. Scores and pairs that the data has are kept; a judge is asked for what is missing only.</summary>
internal sealed class RankStage : Stage<RankInput, Ranked>
{
    private readonly RankTransformer _owner;
    private readonly PairOptions _pairs;
    private readonly DataViewSchema.Column?[] _columns;

    [SetsRequiredMembers]
    public RankStage(DataViewSchema input, RankTransformer owner)
    {
        InputSchema = input;
        _owner = owner;
        var options = owner.Options;
        _pairs = options.Pairs(owner.Seed);
        _columns =
        [
            InputColumn.Require(input, options.PromptColumn, ColumnKind.Text),
            InputColumn.Find(input, options.MessagesColumn, ColumnKind.Text),
            InputColumn.Require(input, options.CandidatesColumn, ColumnKind.Texts),
            InputColumn.Find(input, options.CandidateModelsColumn, ColumnKind.Texts),
            InputColumn.Find(input, options.ScoresColumn, ColumnKind.Floats),
            InputColumn.Find(input, options.ChosenColumn, ColumnKind.Text),
            InputColumn.Find(input, options.RejectedColumn, ColumnKind.Text),
        ];
        Bind(_columns,
            AddedColumn<Ranked>.Floats(options.ScoresColumn, row => row.Scores),
            AddedColumn<Ranked>.Text(options.ChosenColumn, row => row.Chosen),
            AddedColumn<Ranked>.Text(options.RejectedColumn, row => row.Rejected));
    }

    public override int MaxRows => _owner.MaxConcurrency;

    public override CancellationToken CancellationToken => _owner.CancellationToken;

    public override Func<RankInput> Reader(DataViewRow row)
    {
        var prompt = InputColumn.Text(row, _columns[0]);
        var messages = InputColumn.Text(row, _columns[1]);
        var candidates = InputColumn.Texts(row, _columns[2]);
        var models = InputColumn.Texts(row, _columns[3]);
        var scores = InputColumn.Floats(row, _columns[4]);
        var chosen = InputColumn.Text(row, _columns[5]);
        var rejected = InputColumn.Text(row, _columns[6]);
        return () => new RankInput(prompt(), messages(), candidates(), models(), scores(), chosen(), rejected());
    }

    public override bool Same(RankInput a, RankInput b) => a == b;

    public override IReadOnlyList<Task<Ranked>> Start(IReadOnlyList<StageRow<RankInput>> rows, CancellationToken cancellationToken) =>
        [.. rows.Select(row => Task.Run(() => RankAsync(row, cancellationToken), CancellationToken.None))];

    private async Task<Ranked> RankAsync(StageRow<RankInput> row, CancellationToken cancellationToken)
    {
        var input = row.Input;
        if (input.Scores.Length > 0 && input.Candidates.Length > 0 && input.Scores.Length != input.Candidates.Length)
            throw new InvalidDataException(
                $"Row {row.Number}: {input.Scores.Length} entries in '{_owner.Options.ScoresColumn}' beside {input.Candidates.Length} in '{_owner.Options.CandidatesColumn}'.");
        var scores = input.Scores.Length > 0 ? (float[])input.Scores.Clone() : [.. Enumerable.Repeat(float.NaN, input.Candidates.Length)];
        if (input.Chosen.Length > 0 && input.Rejected.Length > 0)
            return new Ranked(scores, input.Chosen, input.Rejected);
        await ScoreAsync(row, scores, cancellationToken).ConfigureAwait(false);
        var pair = input.Candidates.Length == scores.Length ? PairSelector.Select(scores, _pairs, row.Number) : null;
        return new Ranked(scores,
            input.Chosen.Length > 0 || pair is null ? input.Chosen : input.Candidates[pair.Value.ChosenIndex],
            input.Rejected.Length > 0 || pair is null ? input.Rejected : input.Candidates[pair.Value.RejectedIndex]);
    }

    /// <summary>Asks the judge where answers lack a score, and there are two to compare.</summary>
    private async Task ScoreAsync(StageRow<RankInput> row, float[] scores, CancellationToken cancellationToken)
    {
        var candidates = row.Input.Candidates;
        var answers = candidates.Count(answer => !string.IsNullOrWhiteSpace(answer));
        if (answers < 2 || !candidates.Where((answer, i) => !string.IsNullOrWhiteSpace(answer) && float.IsNaN(scores[i])).Any())
            return;
        if (_owner.Judge is not { } judge)
        {
            _owner.NoJudge.Say();
            return;
        }
        var messages = Dialogues.Context(row.Input.Messages, row.Number, _owner.Options.MessagesColumn);
        var request = new JudgeRequest(row.Input.Prompt, candidates, row.Input.Models, row.Number) { Messages = messages };
        var judgement = await judge.JudgeAsync(request, cancellationToken).ConfigureAwait(false);
        if (judgement.Scores.Length != scores.Length)
            throw new InvalidOperationException($"Row {row.Number}: the judge '{judge.Name}' gave {judgement.Scores.Length} scores for {scores.Length} candidates.");
        for (var i = 0; i < scores.Length; i++)
        {
            if (float.IsNaN(scores[i]))
                scores[i] = judgement.Scores[i];
        }
        _owner.Meter.Done();
    }
}
