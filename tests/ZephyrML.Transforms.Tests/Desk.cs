using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Tests;

/// <summary>A context with a teacher, three candidate models and a judge that all count, and prompts.</summary>
internal sealed class Desk
{
    public Desk(int maxConcurrency = 4, TimeSpan delay = default, Func<string, string>? teacher = null, CancellationToken cancellationToken = default)
    {
        Ml.Log += (_, e) =>
        {
            if (e.Kind == ChannelMessageKind.Warning)
                Warnings.Add(e.Message);
        };
        Teacher = new FakeClient("teacher", teacher) { Delay = delay };
        Z = Ml.Zephyr(o =>
        {
            o.MaxConcurrency = maxConcurrency;
            o.CancellationToken = cancellationToken;
        });
    }

    public MLContext Ml { get; } = new(1);

    public ZephyrCatalog Z { get; }

    public List<string> Warnings { get; } = [];

    public FakeClient Teacher { get; }

    public FakeClient Short { get; } = new("short", prompt => prompt);

    public FakeClient Middle { get; } = new("middle", prompt => prompt + " and more");

    public FakeClient Long { get; } = new("long", prompt => prompt + " and very much more");

    public FakeJudge Judge { get; } = new();

    public CandidatePool Pool => new() { ["short"] = Short, ["middle"] = Middle, ["long"] = Long };

    public int PoolCalls => Short.Calls + Middle.Calls + Long.Calls;

    public IDataView Prompts(int count) => Ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new Prompt { Text = $"prompt {i}" }).ToList());

    public TransformerChain<RankTransformer> Chain(IDataView data) => Z.TeacherGenerate(Teacher, Pool).Append(Z.Rank(Judge)).Fit(data);
}
