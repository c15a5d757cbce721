using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Whatever a template has become, it renders or says what is wrong: soon, and without much memory.</summary>
[TestClass]
public class JinjaMutationTests
{
    private static readonly string[] Pieces =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "-%}", "{%-", "(", ")", "[", "]", "|", ".", ",", ":", "'", "\"", "\\", "~", "+", "**", "//", "%", " is ", " in ", " not ", " if ", " else ", "endif", "endfor",
        "for x in messages", "recursive", "loop(messages)", "range(99999)", "* 99999", "** 99", "| tojson(indent=9)", "| list", "| batch(3)", "| map('upper')", "| sort", "| join(',')", "| round(3)", "| int",
        "| format(1, 2)", "|center(99999)", "messages", "none", "true", "0", "1", "-1", "1e308", "9999999999999999999", "'%s%d' % ", ".split(' ')", "[::-1]", "[0:", ".items()", "namespace(a=1)", "caller()",
        "{% set x = x + x %}", "{% set x = [x, x] %}", "{% macro f(x) %}", "{% endmacro %}", "{{ f(f) }}", "{% generation %}", "{% endgeneration %}", "{% raw %}", "{% endraw %}", "{% break %}", "😀", "\ud83d", "\0", "\n",
    ];

    [TestMethod]
    public void Mutated_templates_render_or_say_what_is_wrong()
    {
        var rounds = Environment.GetEnvironmentVariable("ZEPHYR_SOAK") == "1" ? 10_000 : 400;
        var sources = new[] { "qwen3-training", "mistral-instruct-v0.3", "deepseek-v3-training", "zephyr-training", "chatml" }
            .Select(n => File.ReadAllText(Path.Combine(TemplateReference.Own(n), "chat_template.jinja")))
            .Concat(JsonNode.Parse(File.ReadAllText(Path.Combine(TemplateReference.Own("jinja-language"), "fixture.json")))!["cases"]!.AsArray().Select(c => (string)c!["template"]!)).ToArray();
        var messages = JsonNode.Parse("""[{"role": "system", "content": "s"}, {"role": "user", "content": "x y"}, {"role": "assistant", "content": "z", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}]""")!;
        var arguments = new ChatTemplateArguments { Tools = [new JsonObject { ["a"] = 1 }], Variables = JsonNode.Parse("""{"x": [1, 2], "y": ["a", "b"], "d": {"a": 1, "b": 2}, "s": "text"}""")!.AsObject(), Now = new DateTime(2025, 7, 4) };
        var (rendered, refused) = (0, 0);
        for (var seed = 0; seed < rounds; seed++)
        {
            var jinja = Mutate(new Random(seed), sources);
            var (start, allocated) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
            try
            {
                new JinjaChatTemplate(jinja, new Dictionary<string, string> { ["eos_token"] = "</s>" }).Render(messages, arguments);
                rendered++;
            }
            catch (ChatTemplateException e)
            {
                Assert.IsGreaterThan(3, e.Reason.Length, jinja);
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}\n{jinja}");
            }
            // A loaded machine may be slow; a hang is not.
            Assert.IsLessThan(5.0, Stopwatch.GetElapsedTime(start).TotalSeconds, $"seed {seed}: {jinja}");
            Assert.IsLessThan(1L << 30, GC.GetAllocatedBytesForCurrentThread() - allocated, $"seed {seed}: {jinja}");
        }
        Assert.IsGreaterThan(rounds / 20, rendered);
        Assert.IsGreaterThan(rounds / 4, refused);
    }

    private static string Mutate(Random random, string[] sources)
    {
        var text = new StringBuilder(sources[random.Next(sources.Length)]);
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var at = random.Next(text.Length + 1);
            switch (random.Next(5))
            {
                case 0: text.Remove(at, Math.Min(random.Next(1, 12), text.Length - at)); break;
                case 1:
                    var other = sources[random.Next(sources.Length)];
                    var from = random.Next(other.Length + 1);
                    text.Insert(at, other.AsSpan(from, Math.Min(random.Next(60), other.Length - from)));
                    break;
                case 2 when at < text.Length: text[at] = (char)random.Next(32, 127); break;
                default: text.Insert(at, Pieces[random.Next(Pieces.Length)]); break;
            }
        }
        return text.ToString();
    }
}
