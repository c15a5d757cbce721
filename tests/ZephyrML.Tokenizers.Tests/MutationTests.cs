using System.Text;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Broken tokenizer files are read or refused with an error that names what is wrong: no crash, no hang, no huge allocation.</summary>
[TestClass]
public class MutationTests
{
    private static readonly string[] Values =
    [
        "null", "true", "-1", "0", "1.5", "2147483647", "99999999999", "\"\"", "\"\u2581\"", "\"BPE\"", "\"Unigram\"", "\"ByteLevel\"", "\"Metaspace\"", "\"Fuse\"", "\"first\"",
        "[]", "{}", "[[\"a\",\"b\"]]", "{\"Regex\":\"(a+)+b\"}", "{\"String\":\"\"}", "\"@lone@\"", "{\"type\":\"Sequence\"}",
    ];

    private static int Count => Environment.GetEnvironmentVariable("ZEPHYR_SOAK") == "1" ? 10_000 : 200;

    [TestMethod]
    [DataRow("spm-bpe-small")]
    [DataRow("spm-unigram-small")]
    [DataRow("bpe-llama3-small")]
    public void Altered_json_is_read_or_refused(string name)
    {
        var original = TokenizerFixture.Own(name).File("tokenizer.json");
        var random = new Random(11);
        for (var i = 0; i < Count / 2; i++)
        {
            var root = JsonNode.Parse(original)!;
            for (var n = random.Next(1, 3); n > 0; n--)
                Alter(root, random);
            Try("tokenizer.json", Encoding.UTF8.GetBytes(root.ToJsonString().Replace("@lone@", "\\ud800")), i);
            Try("tokenizer.json", Broken(original, random), i);
        }
    }

    [TestMethod]
    public void Broken_model_files_are_read_or_refused()
    {
        var original = TokenizerFixture.Own("spm-bpe-small").File("tokenizer.model");
        var random = new Random(12);
        for (var i = 0; i < Count; i++)
            Try("tokenizer.model", Broken(original, random), i);
    }

    private static void Try(string name, byte[] bytes, int round)
    {
        Bounded.Run(Use, () => $"mutation {round}");

        void Use()
        {
            try
            {
                var tokenizer = LanguageModelTokenizer.Read(file => file == name ? new MemoryStream(bytes) : null);
                var found = tokenizer.EncodeWithOffsets("The <s>weather</s>  of to\u00ADday: \ud83d\ude00 e\u0301 1234\n", addSpecialTokens: true);
                tokenizer.Decode(found.Ids);
                tokenizer.EncodePairWithOffsets("a b", "c", addSpecialTokens: true);
                tokenizer.EncodeAsStored(new string('e', 500) + new string(' ', 500));
            }
            catch (Exception e) when (e is InvalidDataException or NotSupportedException || (e is InvalidOperationException && e.Message.Contains(" cuts to ", StringComparison.Ordinal)))
            {
                Assert.IsTrue(e.Message.Contains(name) || e.Message.Contains("split pattern") || e.Message.Contains("Unigram"), $"{round}: {e.Message}");
            }
            catch (Exception e) when (e is not AssertFailedException)
            {
                Assert.Fail($"Mutation {round} gave {e}");
            }
        }
    }

    // Goes down to some node and puts another value there, or takes it away.
    private static void Alter(JsonNode root, Random random)
    {
        var node = root;
        while (true)
        {
            var children = node switch
            {
                JsonObject o => o.Select(p => p.Key).Cast<object>().ToList(),
                JsonArray a => Enumerable.Range(0, a.Count).Cast<object>().ToList(),
                _ => [],
            };
            if (children.Count == 0)
                return;
            var key = children[random.Next(children.Count)];
            var child = key is string k ? node[k] : node[(int)key];
            if (child is JsonObject or JsonArray && random.Next(4) > 0)
            {
                node = child;
                continue;
            }
            var value = random.Next(6) == 0 ? null : JsonNode.Parse(Values[random.Next(Values.Length)]);
            if (key is string field && value is null)
                node.AsObject().Remove(field);
            else if (key is string name)
                node[name] = value;
            else
                node[(int)key] = value;
            return;
        }
    }

    private static byte[] Broken(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Count, 2000) : bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 3 when random.Next(4) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    bytes.Add(0);
                    break;
                default:
                    bytes.Insert(at, (byte)"0123456789[]{},:\"-eF"[random.Next(20)]);
                    break;
            }
        }
        return [.. bytes];
    }
}
