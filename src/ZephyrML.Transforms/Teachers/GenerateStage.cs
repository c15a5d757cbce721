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
        ];
        Bind(_columns,
            AddedColumn<GeneratedAnswers>.Text(options.ResponseColumn, row => row.Response),
            AddedColumn<GeneratedAnswers>.Texts(options.CandidatesColumn, row => row.Candidates),
            AddedColumn<GeneratedAnswers>.Texts(options.CandidateModelsColumn, row => row.CandidateModels));
    }

    public override int MaxRows => _owner.MaxConcurrency;

    public override CancellationToken CancellationToken => _owner.CancellationToken;

    public override Func<GenerateInput> Reader(DataViewRow row)
    {
        var prompt = InputColumn.Text(row, _columns[0]);
        var messages = InputColumn.Text(row, _columns[1]);
        var response = InputColumn.Text(row, _columns[2]);
        var candidates = InputColumn.Texts(row, _columns[3]);
        var models = InputColumn.Texts(row, _columns[4]);
        return () => new GenerateInput(prompt(), messages(), response(), candidates(), models());
    }

    public override bool Same(GenerateInput a, GenerateInput b) => a == b;

    public override IReadOnlyList<Task<GeneratedAnswers>> Start(IReadOnlyList<StageRow<GenerateInput>> rows, CancellationToken cancellationToken) =>
        [.. rows.Select(row => Task.Run(() => GenerateAsync(row, cancellationToken), CancellationToken.None))];

    private async Task<GeneratedAnswers> GenerateAsync(StageRow<GenerateInput> row, CancellationToken cancellationToken)
    {
        var input = row.Input;
        var kept = new GeneratedAnswers(input.Response, input.Candidates, input.Models);
        var wantsResponse = _owner.AsksTeacher && input.Response.Length == 0;
        var wantsCandidates = _owner.AsksPool && input.Candidates.All(string.IsNullOrEmpty);
        if ((!wantsResponse && !wantsCandidates) || (input.Prompt.Length == 0 && input.Messages.Length == 0))
            return kept;
        if (_owner.Generator is not { } generator)
        {
            _owner.NoTeacher.Say();
            return kept;
        }
        var request = new AnswerRequest(row.Number, input.Prompt)
        {
            Messages = Dialogues.Context(input.Messages, row.Number, _owner.Options.MessagesColumn),
            WantsResponse = wantsResponse,
            WantsCandidates = wantsCandidates,
        };
        var answers = await generator.GenerateAsync(request, cancellationToken).ConfigureAwait(false);
        _owner.Meter.Done();
        return new GeneratedAnswers(
            wantsResponse ? answers.Response : kept.Response,
            wantsCandidates ? answers.Candidates : kept.Candidates,
            wantsCandidates ? answers.CandidateModels : kept.CandidateModels);
    }
}
