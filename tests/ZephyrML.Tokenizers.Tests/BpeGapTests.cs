using System.Text;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Places of tokens where characters were left out: the tokenizers library deals them out by the tokens' lengths in bytes.</summary>
[TestClass]
public sealed class BpeGapTests
{
    private const string Json = """
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":null,
         "model":{"type":"BPE","dropout":null,"unk_token":UNK,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":true,"byte_fallback":true,"ignore_merges":false,
                  "vocab":{"a":0,"<0xF0>":1,"<0x9F>":2,"<0x98>":3,"<0x80>":4,"b":5,"?":6},"merges":[]}}
        """;

    [TestMethod]
    public void A_byte_token_counts_as_one_byte()
    {
        var found = Read("null").EncodeWithOffsets("xa\ud83d\ude00b");
        Assert.AreSequenceEqual([0, 1, 2, 3, 4, 5], found.Ids);
        Assert.AreSequenceEqual([(0, 1), (1, 2), (2, 4), (2, 4), (2, 4), (2, 4)], found.Offsets);
    }

    [TestMethod]
    public void A_fused_unknown_token_does_not_count_the_bytes_inside_it()
    {
        var found = Read("\"?\"").EncodeWithOffsets("x\ud83d\ude00ya");
        Assert.AreSequenceEqual([1, 2, 3, 4, 6, 0], found.Ids);
        Assert.AreSequenceEqual([(0, 1), (1, 3), (1, 3), (1, 3), (1, 4), (4, 5)], found.Offsets);
    }

    private static LanguageModelTokenizer Read(string unknown) =>
        LanguageModelTokenizer.Read(name => name == "tokenizer.json" ? new MemoryStream(Encoding.UTF8.GetBytes(Json.Replace("UNK", unknown))) : null);
}
