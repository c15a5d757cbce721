using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

/// <summary>By OpenTelemetry's GenAI conventions.</summary>
[TestClass]
[DoNotParallelize]
public sealed class TelemetryTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _spans = [];
    private readonly ConcurrentQueue<(string Name, double Value, Dictionary<string, object?> Tags)> _measured = [];
    private readonly ActivityListener _listener;
    private readonly MeterListener _meters = new();
    private readonly FaultServer _server = new();

    public TelemetryTests()
    {
        _listener = new()
        {
            ShouldListenTo = s => s.Name == TeacherTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = a =>
            {
                if (Equals(a.GetTagItem("server.port"), _server.Address.Port))
                    _spans.Enqueue(a);
            },
        };
        ActivitySource.AddActivityListener(_listener);
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == TeacherTelemetry.Name)
                listener.EnableMeasurementEvents(instrument);
        };
        _meters.SetMeasurementEventCallback<double>((i, value, tags, _) => _measured.Enqueue((i.Name, value, tags.ToArray().ToDictionary())));
        _meters.SetMeasurementEventCallback<long>((i, value, tags, _) => _measured.Enqueue((i.Name, value, tags.ToArray().ToDictionary())));
        _meters.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meters.Dispose();
        _server.Dispose();
    }

    private static readonly ChatOptions Options = new() { Temperature = 0.5f, TopP = 0.9f, TopK = 5, MaxOutputTokens = 60, Seed = 3, FrequencyPenalty = 0.1f, PresencePenalty = 0.2f, StopSequences = ["x"], ResponseFormat = ChatResponseFormat.Json };

    [TestMethod]
    public async Task A_call_is_a_client_span_with_the_conventions_attributes_and_without_texts()
    {
        using var parent = new Activity("parent").Start();
        using var client = TeacherClient.Create(TeacherClient.OpenAI(_server.Address, "my-model"), new());
        await client.GetResponseAsync("planted prompt", Options);
        await client.GetStreamingResponseAsync("planted prompt", Options).ToListAsync();
        Assert.AreSame(parent, Activity.Current);
        Assert.HasCount(2, _spans);
        foreach (var span in _spans)
        {
            Assert.AreEqual(("chat my-model", ActivityKind.Client, parent.SpanId, ActivityStatusCode.Unset), (span.DisplayName, span.Kind, span.ParentSpanId, span.Status));
            foreach (var (name, value) in (IEnumerable<(string, object)>)[
                ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "my-model"), ("gen_ai.request.temperature", 0.5f), ("gen_ai.request.top_p", 0.9f),
                ("gen_ai.request.top_k", 5), ("gen_ai.request.max_tokens", 60), ("gen_ai.request.seed", 3L), ("gen_ai.request.frequency_penalty", 0.1f), ("gen_ai.request.presence_penalty", 0.2f),
                ("gen_ai.output.type", "json"), ("gen_ai.usage.input_tokens", 11L), ("gen_ai.usage.output_tokens", 7L), ("server.address", "127.0.0.1"), ("server.port", _server.Address.Port)])
                Assert.AreEqual(value, span.GetTagItem(name), name);
            CollectionAssert.AreEqual((string[])["x"], (string[])span.GetTagItem("gen_ai.request.stop_sequences")!);
            CollectionAssert.AreEqual((string[])["stop"], (string[])span.GetTagItem("gen_ai.response.finish_reasons")!);
            Assert.IsNotNull(span.GetTagItem("gen_ai.response.id"));
            Assert.IsFalse(span.TagObjects.Any(t => t.Value?.ToString()?.Contains("planted", StringComparison.Ordinal) == true), "prompts are off by default");
        }
        Assert.AreEqual("served-model", _spans.First().GetTagItem("gen_ai.response.model"));
    }

    [TestMethod]
    public async Task Texts_stand_in_it_where_that_is_asked_for()
    {
        using var client = TeacherClient.Create(TeacherClient.OpenAI(_server.Address, "m"), new() { RecordPrompts = true });
        await client.GetResponseAsync("Wetter?", new() { Instructions = "Be brief." });
        var span = _spans.Single();
        Assert.AreEqual("""[{"role":"user","parts":[{"type":"text","content":"Wetter?"}]}]""", span.GetTagItem("gen_ai.input.messages"));
        Assert.AreEqual("""[{"role":"assistant","parts":[{"type":"text","content":"answer to Wetter?"}]}]""", span.GetTagItem("gen_ai.output.messages"));
        Assert.AreEqual("""[{"type":"text","content":"Be brief."}]""", span.GetTagItem("gen_ai.system_instructions"));
    }

    [TestMethod]
    public async Task Each_attempt_is_a_span_and_failures_carry_their_type()
    {
        _server.Outage = Fault.Error;
        using var client = TeacherClient.Create(TeacherClient.OpenAI(_server.Address, "m"), new() { Retry = new() { MaxRetries = 2, Delay = TimeSpan.FromMilliseconds(1) } });
        await Assert.ThrowsExactlyAsync<TeacherException>(() => client.GetResponseAsync("x"));
        Assert.HasCount(3, _spans);
        Assert.IsTrue(_spans.All(s => s.Status == ActivityStatusCode.Error && Equals(s.GetTagItem("error.type"), "500")));
        _server.Outage = Fault.Reset;
        await Assert.ThrowsExactlyAsync<TeacherException>(() => client.GetResponseAsync("x"));
        Assert.AreEqual("ZephyrML.Teacher.TeacherException", _spans.Last().GetTagItem("error.type"));
        Assert.AreEqual(4, _measured.Count(m => m.Name == "zephyr.teacher.retries"));
    }

    [TestMethod]
    public async Task Duration_tokens_cache_and_cost_are_measured()
    {
        using var folder = new TemporaryFolder();
        using var client = TeacherClient.Create(TeacherClient.OpenAI(_server.Address, "m"), new() { Cache = folder["c.db"], Budget = new() { MaxCost = 100, CostPer1MInput = 1000, CostPer1MOutput = 1000 } });
        for (var i = 0; i < 3; i++)
            await client.GetResponseAsync("x");
        var mine = _measured.Where(m => m.Name.StartsWith("zephyr", StringComparison.Ordinal) || Equals(m.Tags.GetValueOrDefault("server.port"), _server.Address.Port)).ToList();
        var duration = mine.Single(m => m.Name == "gen_ai.client.operation.duration");
        Assert.IsTrue(duration.Value is > 0 and < 60);
        Assert.AreEqual(("chat", "openai", "m", "served-model"), (duration.Tags["gen_ai.operation.name"], duration.Tags["gen_ai.provider.name"], duration.Tags["gen_ai.request.model"], duration.Tags["gen_ai.response.model"]));
        CollectionAssert.AreEquivalent((double[])[11, 7], mine.Where(m => m.Name == "gen_ai.client.token.usage").Select(m => m.Value).ToArray());
        Assert.AreEqual("input", mine.Single(m => m.Name == "gen_ai.client.token.usage" && m.Value == 11).Tags["gen_ai.token.type"]);
        CollectionAssert.AreEqual((bool[])[false, true, true], mine.Where(m => m.Name == "zephyr.teacher.cache.reads").Select(m => (bool)m.Tags["zephyr.cache.hit"]!).ToArray());
        Assert.AreEqual(0.018, mine.Single(m => m.Name == "zephyr.teacher.cost").Value, 1e-9);
    }
}
