using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using ZephyrML.Teacher;
using ZephyrML.Transforms.Rows;

namespace ZephyrML.Transforms.Teachers;

/// <summary>Asks the teacher for a row's response and the pool for its candidates. What the data has is kept, and nobody is asked for it.</summary>
internal sealed class GenerateStage : Stage<GenerateInput, GeneratedAnswers>
{
    private readonly TeacherGenerateTransformer _owner;
    private readonly DataViewSchema.Column?[] _columns;
    private volatile TeacherPass? _pass;

    [SetsRequiredMembers]
    public GenerateStage(DataViewSchema input, TeacherGenerateTransformer owner)
    {
        InputSchema = input;
        _owner = owner;
        var options = owner.Options;
        _columns =
        [
            InputColumn.Require(input, options.PromptColumn, ColumnKind.Text),
            InputColumn.Find(input, options.MessagesColumn, ColumnKind.Text),
            InputColumn.Find(input, options.ResponseColumn, ColumnKind.Text),
            InputColumn.Find(input, options.CandidatesColumn, ColumnKind.Texts),
            InputColumn.Find(input, options.CandidateModelsColumn, ColumnKind.Texts),
            options.Principles == PrincipleMix.BySource ? InputColumn.Find(input, options.SourceColumn, ColumnKind.Text) : null,
        ];
        Bind(_columns,
            AddedColumn<GeneratedAnswers>.Text(options.ResponseColumn, row => row.Response),
            AddedColumn<GeneratedAnswers>.Texts(options.CandidatesColumn, row => row.Candidates),
            AddedColumn<GeneratedAnswers>.Texts(options.CandidateModelsColumn, row => row.CandidateModels));
    }

    // Some more than are asked about at once: one slow answer holds up nobody but its reader.
    public override int MaxRows => _owner.Gate.MaxRows;

    public override CancellationToken CancellationToken => _owner.CancellationToken;

    public override IDisposable BeginPass(long? rows) => _pass = _owner.NewPass(rows);

    public override Func<GenerateInput> Reader(DataViewRow row)
    {
        var prompt = InputColumn.Text(row, _columns[0]);
        var messages = InputColumn.Text(row, _columns[1]);
        var response = InputColumn.Text(row, _columns[2]);
        var candidates = InputColumn.Texts(row, _columns[3]);
        var models = InputColumn.Texts(row, _columns[4]);
        var source = InputColumn.Text(row, _columns[5]);
        return () => new GenerateInput(prompt(), messages(), response(), candidates(), models(), source());
    }

    public override bool Same(GenerateInput a, GenerateInput b) => a == b;

    public override IReadOnlyList<Task<GeneratedAnswers>> Start(IReadOnlyList<StageRow<GenerateInput>> rows, CancellationToken cancellationToken)
    {
        var pass = _pass;
        return [.. rows.Select(row => Task.Run(() => GenerateAsync(row, pass, cancellationToken), CancellationToken.None))];
    }

    private async Task<GeneratedAnswers> GenerateAsync(StageRow<GenerateInput> row, TeacherPass? pass, CancellationToken cancellationToken)
    {
        var input = row.Input;
        var kept = new GeneratedAnswers(input.Response, input.Candidates, input.Models);
        if (Request(row) is not { } request)
        {
            pass?.Count(asked: false);
            return kept;
        }
        if (_owner.Generator is not { } generator)
        {
            _owner.NoTeacher.Say();
            return kept;
        }
        var answers = await _owner.Gate.RunAsync(() => generator.GenerateAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        pass?.Count(asked: true);
        if (answers.Failures.Count > 0)
        {
            _owner.Skipped.Say($"TeacherGenerate goes on without what fails: {answers.Failures[0].Message}");
            pass?.CountFailure(answers.Failures[0]);
        }
        return new GeneratedAnswers(
            request.WantsResponse ? answers.Response : kept.Response,
            request.WantsCandidates ? answers.Candidates : kept.Candidates,
            request.WantsCandidates ? answers.CandidateModels : kept.CandidateModels);
    }

    /// <summary>What is asked for a row; null where it has all, or nothing to ask about.</summary>
    public AnswerRequest? Request(StageRow<GenerateInput> row)
    {
        var input = row.Input;
        var wantsResponse = _owner.AsksTeacher && input.Response.Length == 0;
        var wantsCandidates = _owner.AsksPool && input.Candidates.All(string.IsNullOrEmpty);
        if ((!wantsResponse && !wantsCandidates) || (input.Prompt.Length == 0 && input.Messages.Length == 0))
            return null;
        return new AnswerRequest(row.Number, input.Prompt)
        {
            Messages = Dialogues.Context(input.Messages, row.Number, _owner.Options.MessagesColumn),
            Source = input.Source,
            WantsResponse = wantsResponse,
            WantsCandidates = wantsCandidates,
        };
    }
}
