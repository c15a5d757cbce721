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

    // 1, 4, 16 rows: a batch costs little more than a row, and small batches at the start cost the most.
    public override int Growth => 4;

    public override bool Sliding => false;

    public override IDisposable Hold() => _student.Weights.Hold();

    public override Func<StudentInput> Reader(DataViewRow row)
    {
        var prompt = InputColumn.Text(row, _prompt);
        var messages = InputColumn.Text(row, _messages);
        return () => new StudentInput(prompt(), messages());
    }

    public override bool Same(StudentInput a, StudentInput b) => a == b;

    public override IReadOnlyList<Task<string>> Start(IReadOnlyList<StageRow<StudentInput>> rows, CancellationToken cancellationToken)
    {
        var results = new Task<string>[rows.Count];
        var dialogues = new List<IReadOnlyList<ChatTurn>>();
        var places = new List<int>();
        for (var i = 0; i < rows.Count; i++)
        {
            try
            {
                var turns = Conversation.Context(rows[i].Input.Prompt, rows[i].Input.Messages, _student.Settings.SystemPrompt, rows[i].Number);
                // A row that asks nothing still gets a reply: the column is never missing.
                dialogues.Add(turns ?? [new ChatTurn("user", "")]);
                places.Add(i);
            }
            catch (FormatException e)
            {
                results[i] = Task.FromException<string>(e);
            }
        }
        try
        {
            for (var from = 0; from < places.Count;)
            {
                var to = from + 1;
                // Sampling draws by row: rows that follow each other go together. (Greedy replies draw nothing, but ordinary data is one run anyway.)
                while (to < places.Count && (_student.Settings.Temperature == 0 || rows[places[to]].Number == rows[places[to - 1]].Number + 1))
                    to++;
                var replies = _student.Weights.Reply(dialogues.GetRange(from, to - from), Options(rows[places[from]].Number), cancellationToken);
                for (var i = from; i < to; i++)
                    results[places[i]] = Task.FromResult(replies[i - from]);
                from = to;
            }
        }
        catch (Exception e)
        {
            foreach (var place in places)
                results[place] ??= Task.FromException<string>(e);
        }
        return results;
    }

    private GenerationOptions Options(long firstRow) => new()
    {
        MaxNewTokens = _student.Settings.MaxNewTokens,
        Temperature = _student.Settings.Temperature,
        Seed = _student.Settings.GenerationSeed,
        FirstRow = firstRow,
        BatchSize = _student.Settings.ReplyBatchSize,
    };
}
