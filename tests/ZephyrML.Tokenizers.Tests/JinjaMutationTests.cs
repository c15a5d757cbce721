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
            Bounded.Run(Try, () => $"seed {seed}: {jinja}");

            void Try()
            {
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
            }
        }
        Assert.IsGreaterThan(rounds / 20, rendered);
        Assert.IsGreaterThan(rounds / 4, refused);
    }

    [TestMethod]
    [DataRow("{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}")]
    [DataRow("{% for a in range(99999) %}{{ a }}{% endfor %}{% for a in range(99999) %}{{ a ~ a ~ a ~ a }}{% endfor %}")]
    [DataRow("{% set x = namespace(v='x' * 1000) %}{% for a in range(99999) %}{% set x.v = x.v + x.v %}{% endfor %}")]
    [DataRow("{% set x = namespace(v='x') %}{% for a in range(99999) %}{% set x.v = x.v ~ 'y' %}{% endfor %}")]
    [DataRow("{% set x = namespace(v=[1]) %}{% for a in range(99999) %}{% set x.v = x.v + [x.v] %}{% endfor %}{{ x.v }}")]
    [DataRow("{% set x = namespace(v=[1]) %}{% for a in range(60) %}{% set x.v = [x.v, x.v] %}{% endfor %}{{ x.v }}")]
    [DataRow("{% set x = namespace(v=[1]) %}{% for a in range(60) %}{% set x.v = [x.v, x.v] %}{% endfor %}{{ x.v == x.v }}{{ x.v|tojson }}")]
    [DataRow("{% set x = namespace(v={}) %}{% for a in range(9999) %}{% set x.v = dict(x.v, **{a|string: a}) %}{% endfor %}")]
    [DataRow("{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}")]
    [DataRow("{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(90) }}")]
    [DataRow("{{ 7 ** 9999 ** 9 }}")]
    [DataRow("{% set x = namespace(v=7) %}{% for a in range(99999) %}{% set x.v = x.v * x.v %}{% endfor %}{{ x.v }}")]
    [DataRow("{{ 9 ** 20000 }}{{ 9 ** 20000 % 7 }}{{ (9 ** 9999)|string|length }}")]
    [DataRow("{{ ('x' * 99999)|replace('', 'y' * 9999) }}")]
    [DataRow("{{ ('x ' * 99999).split()|map('upper')|list|sort|join('-')|length }}")]
    [DataRow("{{ ('a' * 99999)|wordwrap(1)|length }}{{ ('a b ' * 9999)|wordwrap(1)|length }}{{ ('a' * 99999)|urlize|length }}")]
    [DataRow("{{ ('www.' * 9999)|urlize|length }}{{ ('<' * 99999)|striptags|length }}{{ ('<!--' * 9999)|striptags|length }}{{ ('a@' * 9999)|urlize|length }}")]
    [DataRow("{{ range(99999)|list|sort(reverse=true)|unique|list|groupby(0)|list|length }}")]
    [DataRow("{{ range(99999)|batch(1)|map('list')|map('first')|sum }}{{ range(99999)|slice(99999)|list|length }}")]
    [DataRow("{{ ('%99999d' * 99) % (1, 2) }}")]
    [DataRow("{{ '{:99999}'.format(1) }}{{ '{:>9999999999}'.format(1) }}")]
    [DataRow("{{ '%*d' % (99999999, 1) }}{{ 'x'.center(99999999) }}{{ 'x'.zfill(99999999) }}{{ ('\\t' * 9999).expandtabs(9999) }}")]
    [DataRow("{{ messages|tojson(indent=9999999) }}")]
    [DataRow("{{ messages|tojson(indent='x' * 999999) }}")]
    [DataRow("{% for m in range(99999) %}{{ messages|tojson }}{% endfor %}")]
    [DataRow("{% for m in range(9999) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaa'.split('a')|join('b') }}{% endfor %}")]
    [DataRow("{% set s = 'ab' * 99999 %}{% for m in range(9999) %}{{ s.count('a') }}{{ s.find('c') }}{{ 'c' in s }}{{ s == s ~ '' }}{{ s[::-1][0] }}{% endfor %}")]
    [DataRow("{% set s = '😀' * 49999 %}{% for m in range(9999) %}{{ s[m] }}{{ s|length }}{% endfor %}")]
    [DataRow("{% set l = range(99999)|list %}{% for m in range(9999) %}{{ 7777777 in l }}{{ l.index(99998) }}{{ l == l }}{{ l.count(3) }}{% endfor %}")]
    public void Templates_that_ask_for_too_much_are_stopped_in_time(string jinja)
    {
        var messages = JsonNode.Parse("""[{"role": "user", "content": "x y"}]""")!;
        Bounded.Run(
            () =>
            {
                try
                {
                    new JinjaChatTemplate(jinja).Render(messages);
                }
                catch (ChatTemplateException e)
                {
                    Assert.IsGreaterThan(3, e.Reason.Length);
                }
            },
            () => jinja);
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
