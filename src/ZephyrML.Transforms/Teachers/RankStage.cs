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
    private volatile TeacherPass? _pass;

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
            options.ReferenceColumn is { } reference ? InputColumn.Require(input, reference, ColumnKind.Text) : null,
        ];
        Bind(_columns,
            AddedColumn<Ranked>.Floats(options.ScoresColumn, row => row.Scores),
            AddedColumn<Ranked>.Text(options.ChosenColumn, row => row.Chosen),
            AddedColumn<Ranked>.Text(options.RejectedColumn, row => row.Rejected));
    }

    public override int MaxRows => _owner.Gate.MaxRows;

    public override CancellationToken CancellationToken => _owner.CancellationToken;

    public override IDisposable BeginPass(long? rows) => _pass = _owner.NewPass(rows);

    public override Func<RankInput> Reader(DataViewRow row)
    {
        var prompt = InputColumn.Text(row, _columns[0]);
        var messages = InputColumn.Text(row, _columns[1]);
        var candidates = InputColumn.Texts(row, _columns[2]);
        var models = InputColumn.Texts(row, _columns[3]);
        var scores = InputColumn.Floats(row, _columns[4]);
        var chosen = InputColumn.Text(row, _columns[5]);
        var rejected = InputColumn.Text(row, _columns[6]);
        var reference = InputColumn.Text(row, _columns[7]);
        return () => new RankInput(prompt(), messages(), candidates(), models(), scores(), chosen(), rejected(), reference());
    }

    public override bool Same(RankInput a, RankInput b) => a == b;

    public override IReadOnlyList<Task<Ranked>> Start(IReadOnlyList<StageRow<RankInput>> rows, CancellationToken cancellationToken)
    {
        var pass = _pass;
        return [.. rows.Select(row => Task.Run(() => RankAsync(row, pass, cancellationToken), CancellationToken.None))];
    }

    private async Task<Ranked> RankAsync(StageRow<RankInput> row, TeacherPass? pass, CancellationToken cancellationToken)
    {
        var input = row.Input;
        if (input.Scores.Length > 0 && input.Candidates.Length > 0 && input.Scores.Length != input.Candidates.Length)
            throw new InvalidDataException(
                $"Row {row.Number}: {input.Scores.Length} entries in '{_owner.Options.ScoresColumn}' beside {input.Candidates.Length} in '{_owner.Options.CandidatesColumn}'.");
        var scores = input.Scores.Length > 0 ? (float[])input.Scores.Clone() : [.. Enumerable.Repeat(float.NaN, input.Candidates.Length)];
        if (input.Chosen.Length > 0 && input.Rejected.Length > 0)
        {
            pass?.Count(asked: false);
            Describe(pass, input, scores, PairOutcome.Paired, null);
            return new Ranked(scores, input.Chosen, input.Rejected);
        }
        Judgement? judgement;
        try
        {
            judgement = await ScoreAsync(row, scores, cancellationToken).ConfigureAwait(false);
        }
        catch (TeacherException e) when (_owner.Options.OnTeacherFailure == OnTeacherFailure.Skip && !e.EndsRun)
        {
            pass?.Count(asked: true);
            pass?.Statistics?.AddFailure();
            _owner.Skipped.Say($"Rank goes on without the rows that fail: {e.Message}");
            pass?.CountFailure(e);
            return new Ranked(scores, input.Chosen, input.Rejected);
        }
        var outcome = PairOutcome.NoScore;
        var pair = input.Candidates.Length == scores.Length ? PairSelector.Select(scores, _pairs, row.Number, out outcome) : null;
        pass?.Count(asked: judgement is not null);
        Describe(pass, input, scores, outcome, judgement);
        return new Ranked(scores,
            input.Chosen.Length > 0 || pair is null ? input.Chosen : input.Candidates[pair.Value.ChosenIndex],
            input.Rejected.Length > 0 || pair is null ? input.Rejected : input.Candidates[pair.Value.RejectedIndex]);
    }

    private static void Describe(TeacherPass? pass, RankInput input, float[] scores, PairOutcome outcome, Judgement? judgement)
    {
        if (pass?.Statistics is { } statistics)
            statistics.Add(scores.Length == input.Candidates.Length ? input.Candidates : [], scores.Length == input.Candidates.Length ? scores : [], outcome, judgement);
    }

    /// <summary>Asks the judge where answers lack a score, and there are two to compare; null where nobody was asked.</summary>
    private async Task<Judgement?> ScoreAsync(StageRow<RankInput> row, float[] scores, CancellationToken cancellationToken)
    {
        var candidates = row.Input.Candidates;
        var answers = candidates.Count(answer => !string.IsNullOrWhiteSpace(answer));
        if (answers < 2 || !candidates.Where((answer, i) => !string.IsNullOrWhiteSpace(answer) && float.IsNaN(scores[i])).Any())
            return null;
        if (_owner.Judge is not { } judge)
        {
            _owner.NoJudge.Say();
            return null;
        }
        var messages = Dialogues.Context(row.Input.Messages, row.Number, _owner.Options.MessagesColumn);
        var request = new JudgeRequest(row.Input.Prompt, candidates, row.Input.Models, row.Number)
        {
            Messages = messages,
            Reference = row.Input.Reference.Length > 0 ? row.Input.Reference : null,
        };
        var judgement = await _owner.Gate.RunAsync(() => judge.JudgeAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (judgement.Scores.Length != scores.Length)
            throw new InvalidOperationException($"Row {row.Number}: the judge '{judge.Name}' gave {judgement.Scores.Length} scores for {scores.Length} candidates.");
        for (var i = 0; i < scores.Length; i++)
        {
            if (float.IsNaN(scores[i]))
                scores[i] = judgement.Scores[i];
        }
        return judgement;
    }
}
