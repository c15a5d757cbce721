using System.Diagnostics.CodeAnalysis;
using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.Transforms.Rows;

namespace ZephyrML.Transforms.Students;

/// <summary>Answers rows with a student, a batch at a time.</summary>
internal sealed class StudentStage : Stage<StudentInput, string>
{
    private readonly Student _student;
    private readonly DataViewSchema.Column? _prompt;
    private readonly DataViewSchema.Column? _messages;

    [SetsRequiredMembers]
    public StudentStage(DataViewSchema input, Student student)
    {
        InputSchema = input;
        _student = student;
        _messages = InputColumn.Find(input, student.Settings.MessagesColumn, ColumnKind.Text);
        _prompt = _messages is null
            ? InputColumn.Require(input, student.Settings.PromptColumn, ColumnKind.Text)
            : InputColumn.Find(input, student.Settings.PromptColumn, ColumnKind.Text);
        Bind([_prompt, _messages], AddedColumn<string>.Text(student.Settings.ReplyColumn, reply => reply, StudentSchema.Annotate(student)));
    }

    public override int MaxRows => _student.Settings.ReplyBatchSize;

    // 1, 4, 16 rows: a batch costs little more than a row. Where one reply ends, the next row takes its place.
    public override int Growth => 4;

    public override IDisposable Hold() => _student.Weights.Hold();

    public override Func<StudentInput> Reader(DataViewRow row)
    {
        var prompt = InputColumn.Text(row, _prompt);
        var messages = InputColumn.Text(row, _messages);
        return () => new StudentInput(prompt(), messages());
    }

    public override bool Same(StudentInput a, StudentInput b) => a == b;

    public override IReadOnlyList<Task<string>> Start(IReadOnlyList<StageRow<StudentInput>> rows, CancellationToken cancellationToken) =>
        [.. rows.Select(row => ReplyAsync(row.Input, row.Number, cancellationToken))];

    private async Task<string> ReplyAsync(StudentInput input, long row, CancellationToken cancellationToken)
    {
        // A row that asks nothing still gets a reply: the column is never missing.
        var turns = Conversation.Context(input.Prompt, input.Messages, _student.Settings.SystemPrompt, row) ?? [new ChatTurn("user", "")];
        try
        {
            return await _student.Weights.ReplyAsync(turns, _student.Settings.Options(row), cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"Row {row}: {e.Message}", e);
        }
    }
}
