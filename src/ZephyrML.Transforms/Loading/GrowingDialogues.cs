using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZephyrML.Teacher;
using ZephyrML.Transforms.Rows;

namespace ZephyrML.Transforms.Loading;

/// <summary>Dialogues that a teacher makes while rows are read. They are kept, so that each is made once; a failure ends a pass, and the next pass goes on after it.</summary>
internal sealed class GrowingDialogues
{
    private readonly StageContext _context;
    private readonly IDataView _seeds;
    private readonly DataViewSchema.Column _prompt;
    private readonly SelfInstructGenerator _generator;
    private readonly bool _isSafe;
    private readonly Lock _lock = new();
    private readonly List<object?[]> _rows = [];
    private IAsyncEnumerator<Dialogue>? _source;
    private bool _complete, _began;

    private GrowingDialogues(StageContext context, IDataView seeds, SelfInstructGenerator generator, bool isSafe)
    {
        _isSafe = isSafe;
        _context = context;
        _seeds = seeds;
        _prompt = InputColumn.Require(seeds.Schema, ZephyrColumns.Prompt, ColumnKind.Text);
        _generator = generator;
    }

    public static IDataView Create(StageContext context, IDataView seeds, IChatClient teacher, SelfInstructOptions? options)
    {
        var isSafe = options?.ContinueFrom is not null || teacher?.GetService<ResponseCacheStatistics>() is not null;
        var dialogues = new GrowingDialogues(context, seeds, new SelfInstructGenerator(teacher!, options), isSafe);
        return new TableView(
            [new(ZephyrColumns.Messages, TableColumnKind.Text), new(ZephyrColumns.Prompt, TableColumnKind.Text), new(ZephyrColumns.Response, TableColumnKind.Text)],
            dialogues.Rows, dialogues.Count);
    }

    private long? Count()
    {
        lock (_lock)
            return _complete ? _rows.Count : null;
    }

    private IEnumerable<object?[]> Rows()
    {
        for (var i = 0; Row(i) is { } row; i++)
            yield return row;
    }

    private object?[]? Row(int index)
    {
        lock (_lock)
        {
            while (_rows.Count <= index && !_complete)
                Grow();
            return index < _rows.Count ? _rows[index] : null;
        }
    }

    private void Grow()
    {
        try
        {
            // Not on the caller's thread: a client may wait for its synchronization context.
            if (Task.Run(NextAsync).GetAwaiter().GetResult() is { } dialogue)
                _rows.Add([DialogueJson.Write(dialogue), dialogue.Instruction, dialogue.Response]);
            else
                End(complete: true);
        }
        catch
        {
            End(complete: false);
            throw;
        }
    }

    private async Task<Dialogue?> NextAsync()
    {
        if (_source is null)
        {
            if (!_began && !_isSafe)
            {
                using var channel = ((IChannelProvider)_context.Ml).Start("SelfInstruct");
                channel.Warning(MessageSensitivity.None,
                    "SelfInstruct: neither a file to continue from (ContinueFrom) nor a response cache: what is made is lost with this process, and paid for again in the next one.");
            }
            _began = true;
            _source = _generator.GenerateAsync(Seeds(), Progress(), _context.CancellationToken).GetAsyncEnumerator(_context.CancellationToken);
            // After a failure, what is there already comes again: from the file, or from a cache.
            for (var i = 0; i < _rows.Count; i++)
            {
                if (!await _source.MoveNextAsync().ConfigureAwait(false))
                    return null;
            }
        }
        return await _source.MoveNextAsync().ConfigureAwait(false) ? _source.Current : null;
    }

    private void End(bool complete)
    {
        _complete = complete;
        var source = _source;
        _source = null;
        if (source is null)
            return;
        Task.Run(async () => await source.DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();
        using var channel = ((IChannelProvider)_context.Ml).Start("SelfInstruct");
        if (_generator.Counts.RanDry)
            channel.Warning(MessageSensitivity.None, $"SelfInstruct ended below its target size, since nothing new came: {_generator.Counts}.");
        else
            channel.Info(MessageSensitivity.None, $"SelfInstruct: {_generator.Counts}{(complete ? "" : ", not finished")}.");
    }

    private List<string> Seeds()
    {
        using var cursor = _seeds.GetRowCursor([_prompt]);
        var read = InputColumn.Text(cursor, _prompt);
        var seeds = new List<string>();
        while (cursor.MoveNext())
            seeds.Add(read());
        return seeds;
    }

    private Forward Progress() => new(_context, _generator);

    /// <summary>Tells the catalog's progress, and ML.NET's log now and then.</summary>
    private sealed class Forward(StageContext context, SelfInstructGenerator generator) : IProgress<TeacherProgress>
    {
        private long _logged = Stopwatch.GetTimestamp();

        public void Report(TeacherProgress value)
        {
            context.Progress?.Report(new ZephyrProgress("SelfInstruct", value.Done, value.Total, value.PerSecond, value.TimeLeft,
                new Dictionary<string, double> { ["paid_calls"] = value.PaidCalls, ["cache_hits"] = value.CacheHits }));
            if (Stopwatch.GetElapsedTime(_logged) < TimeSpan.FromSeconds(10))
                return;
            _logged = Stopwatch.GetTimestamp();
            using var channel = ((IChannelProvider)context.Ml).Start("SelfInstruct");
            channel.Info(MessageSensitivity.None, string.Create(CultureInfo.InvariantCulture, $"SelfInstruct: {value.Done} of {value.Total} dialogues, {value.PerSecond:0.##} a second; {generator.Counts}."));
        }
    }
}
