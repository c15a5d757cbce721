using System.Text;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Components of tokenizer.json that no fixture shows, against results worked out by the library's rules.</summary>
[TestClass]
public class ComponentTests
{
    private const string Letters = """{"type":"WordLevel","unk_token":"?","vocab":{"?":0}}""";

    [TestMethod]
    [DataRow("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""", "Ém\tx\u0000中b\u200Dc", "em x 中 bc")]
    [DataRow("""{"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":false,"strip_accents":false,"lowercase":true}""", "É\t中", "é\t中")]
    [DataRow("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":true,"lowercase":false}""", "É中", "E 中 ")]
    [DataRow("""{"type":"ByteLevel"}""", "é b\n", "Ã©ĠbĊ")]
    [DataRow("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}""", "a   b  c d", "a▁b▁c d")]
    [DataRow("""{"type":"Replace","pattern":{"Regex":"^"},"content":"_"}""", "ab", "_ab")]
    [DataRow("""{"type":"Replace","pattern":{"Regex":"(?<=a)b"},"content":""}""", "abb", "ab")]
    [DataRow("""{"type":"Replace","pattern":{"String":""},"content":"-"}""", "ab", "-a-b-")]
    [DataRow("""{"type":"Strip","strip_left":true,"strip_right":false}""", "\t a \u3000", "a \u3000")]
    [DataRow("""{"type":"Sequence","normalizers":[{"type":"NFKD"},{"type":"StripAccents"},{"type":"Lowercase"}]}""", "ﬁÀİ", "fiai")]
    [DataRow("""{"type":"Prepend","prepend":"<>"}""", "x", "<>x")]
    public void Normalizers(string normalizer, string text, string expected)
        => Assert.AreEqual(expected, Make(Letters, normalizer: normalizer, pre: null).Normalizer!.Apply(new NormalizedText(text, 0)).Text);

    [TestMethod]
    [DataRow("""{"type":"BertPreTokenizer"}""", "Hi, you$x\u3000«a»", "Hi|,|you|$|x|«|a|»")]
    [DataRow("""{"type":"FixedLength","length":2}""", "abc😀d", "ab|c😀|d")]
    [DataRow("""{"type":"CharDelimiterSplit","delimiter":"|"}""", "a||b", "a|b")]
    [DataRow("""{"type":"Digits","individual_digits":false}""", "a12½b3", "a|12½|b|3")]
    [DataRow("""{"type":"Digits","individual_digits":true}""", "a12", "a|1|2")]
    [DataRow("""{"type":"Punctuation","behavior":"Contiguous"}""", "a..b$", "a|..|b|$")]
    [DataRow("""{"type":"Punctuation"}""", "a..b", "a|.|.|b")]
    [DataRow("""{"type":"Whitespace"}""", "ab! \u0301c--d", "ab|!|\u0301c|--|d")]
    [DataRow("""{"type":"WhitespaceSplit"}""", " a b! ", "a|b!")]
    [DataRow("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", "a b", "▁a|▁b")]
    [DataRow("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":false}""", "a b", "a▁b")]
    [DataRow("""{"type":"Metaspace","replacement":"_","add_prefix_space":false}""", "a b", "a|_b")]
    [DataRow("""{"type":"Split","pattern":{"String":""},"behavior":"Isolated","invert":false}""", "a😀b", "a|😀|b")]
    [DataRow("""{"type":"Split","pattern":{"Regex":"'s|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"},"behavior":"Removed","invert":true}""", "it's 12!", "it|'s|1|2|!")]
    [DataRow("""{"type":"Split","pattern":{"Regex":" ?[^(\\s|[.,!?…。，、।۔،])]+"},"behavior":"Isolated","invert":false}""", "One, two three.", "One|,| two| three|.")]
    [DataRow("""{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}""", "a b  c", "a |b | |c")]
    [DataRow("""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}]}""", "a b", "▁a|b")]
    [DataRow("""{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":true,"use_regex":false}]}""", "a1 b", "Ġa|Ġ1|Ġb")]
    public void PreTokenizers(string pre, string text, string expected)
    {
        var cut = Make(Letters, pre: pre).PreTokenizer!.Apply(new PreTokenizedText(new NormalizedText(text, 0), [(0, text.Length)], true));
        Assert.AreEqual(expected, string.Join('|', cut.Pieces.Select(p => cut.Text.Text[p.Start..p.End])));
    }

    [TestMethod]
    // The longest token first; a word that has a rest is unknown as a whole.
    [DataRow("""{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":6,"vocab":{"[UNK]":0,"un":1,"##aff":2,"##able":3,"a":4,"##a":5,"😀":6,"##😀":7}}""",
        "un unaffa a😀 unx unaffab", "1:un,1:un,2:##aff,5:##a,4:a,7:##😀,0:[UNK],0:[UNK]")]
    [DataRow("""{"type":"WordLevel","unk_token":"<unk>","vocab":{"<unk>":0,"a":1}}""", "a b a", "1:a,0:<unk>,1:a")]
    // CLIP's: the last character of a word has another token.
    [DataRow("""{"type":"BPE","end_of_word_suffix":"</w>","unk_token":"<u>","vocab":{"<u>":0,"a":1,"b":2,"b</w>":3,"ab</w>":4,"a</w>":5},"merges":["a b</w>"]}""", "ab aa b c", "4:ab</w>,1:a,5:a</w>,3:b</w>,0:<u>")]
    [DataRow("""{"type":"BPE","continuing_subword_prefix":"##","vocab":{"a":0,"##b":1,"ab":2,"##c":3,"abc":4},"merges":[["a","##b"],["ab","##c"]]}""", "abc ac", "4:abc,0:a,3:##c")]
    [DataRow("""{"type":"BPE","unk_token":"<u>","fuse_unk":true,"vocab":{"<u>":0,"a":1},"merges":[]}""", "xya", "0:<u>,1:a")]
    [DataRow("""{"type":"BPE","unk_token":"<u>","fuse_unk":false,"vocab":{"<u>":0,"a":1},"merges":["#version: 0.2"]}""", "xya", "0:<u>,0:<u>,1:a")]
    [DataRow("""{"type":"BPE","unk_token":"<none>","vocab":{"a":1},"merges":[]}""", "aa", "1:a,1:a")]
    [DataRow("""{"type":"BPE","ignore_merges":true,"vocab":{"a":0,"b":1,"ab":2},"merges":[]}""", "ab ba", "2:ab,1:b,0:a")]
    [DataRow("""{"type":"Unigram","unk_id":0,"vocab":[["<u>",0],["a",-1],["b",-1],["ab",-1.5],["a",-9]]}""", "ab a", "3:ab,4:a")]
    public void Models(string model, string text, string expected)
    {
        var found = Tokenizer(model, pre: """{"type":"WhitespaceSplit"}""").EncodeWithOffsets(text);
        Assert.AreEqual(expected, string.Join(',', found.Ids.Zip(found.Tokens, (id, token) => $"{id}:{token}")));
    }

    [TestMethod]
    public void Offsets_of_other_models()
    {
        const string WordPiece = """{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"un":1,"##aff":2}}""";
        CollectionAssert.AreEqual(new[] { (0, 2), (2, 5), (6, 8) }, Tokenizer(WordPiece, pre: """{"type":"WhitespaceSplit"}""").EncodeWithOffsets("unaff xy").Offsets);
        // Spaces that BERT puts around a Chinese character belong to it.
        var chinese = Tokenizer("""{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"中":1}}""", """{"type":"BertNormalizer"}""", """{"type":"BertPreTokenizer"}""").EncodeWithOffsets("a中");
        CollectionAssert.AreEqual(new[] { (0, 1), (1, 2) }, chinese.Offsets);
        CollectionAssert.AreEqual(new[] { 0, 1 }, chinese.Ids);
    }

    [TestMethod]
    public void A_missing_unknown_token_is_an_error_only_where_it_is_needed()
    {
        foreach (var model in new[] { """{"type":"BPE","unk_token":"<none>","vocab":{"a":1},"merges":[]}""", """{"type":"WordLevel","unk_token":"<none>","vocab":{"a":1}}""", """{"type":"WordPiece","unk_token":"<none>","vocab":{"a":1}}""" })
        {
            var tokenizer = Tokenizer(model);
            CollectionAssert.AreEqual(new[] { 1 }, tokenizer.Encode("a"));
            StringAssert.Contains(Assert.Throws<InvalidDataException>(() => tokenizer.Encode("b")).Message, "unk_token '<none>' is not in model.vocab, and 'b' is no token");
        }
    }

    [TestMethod]
    [DataRow("""{"type":"WordPiece","prefix":"##","cleanup":true}""", "do not ##s , it 's ok ! do n't", "do nots, it's ok! don't")]
    [DataRow("""{"type":"WordPiece","prefix":"##","cleanup":false}""", "##a ##b , c", "##ab , c")]
    [DataRow("""{"type":"BPEDecoder","suffix":"</w>"}""", "a b</w> c</w>", "ab c")]
    [DataRow("""{"type":"CTC","pad_token":"<p>","word_delimiter_token":"|","cleanup":true}""", "a a <p> a | | b", "aa b")]
    [DataRow("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never"}""", "▁a ▁b", " a b")]
    [DataRow("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", "▁a▁ ▁b", "a b")]
    [DataRow("""{"type":"Strip","content":"_","start":1,"stop":2}""", "__a___ b_", "_a_b")]
    [DataRow("""{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"Regex":"[0-9]+"},"content":"#"},{"type":"Fuse"}]}""", "a1 22b", "a##b")]
    [DataRow("null", "a b", "a b")]
    public void Decoders(string decoder, string tokens, string expected)
    {
        // One token a word, each with an id.
        var vocabulary = new JsonObject { ["?"] = 0 };
        foreach (var token in tokens.Split(' '))
            vocabulary.TryAdd(token, vocabulary.Count);
        var model = new JsonObject { ["type"] = "WordLevel", ["unk_token"] = "?", ["vocab"] = vocabulary };
        var tokenizer = Tokenizer(model.ToJsonString(), decoder: decoder);
        Assert.AreEqual(expected, tokenizer.Decode([.. tokens.Split(' ').Select(t => tokenizer.TokenToId(t)!.Value)]));
    }

    [TestMethod]
    [DataRow("""{"type":"BertProcessing","sep":["]",8],"cls":["[",9]}""", "9,1,2,8", "0,0,0,0", "9,1,2,8,3,8", "0,0,0,0,1,1")]
    [DataRow("""{"type":"RobertaProcessing","sep":["]",8],"cls":["[",9],"trim_offsets":true,"add_prefix_space":false}""", "9,1,2,8", "0,0,0,0", "9,1,2,8,8,3,8", "0,0,0,0,0,0,0")]
    [DataRow("""{"type":"Sequence","processors":[{"type":"ByteLevel","trim_offsets":false,"add_prefix_space":true,"use_regex":true},{"type":"BertProcessing","sep":["]",8],"cls":["[",9]}]}""",
        "9,1,2,8", "0,0,0,0", "9,1,2,8,3,8", "0,0,0,0,1,1")]
    public void PostProcessors(string post, string single, string singleTypes, string pair, string pairTypes)
    {
        var tokenizer = Tokenizer("""{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"b":2,"c":3,"]":8,"[":9}}""", pre: """{"type":"WhitespaceSplit"}""", post: post);
        var found = tokenizer.EncodeWithOffsets("a b", addSpecialTokens: true);
        Assert.AreEqual((single, singleTypes), (string.Join(',', found.Ids), string.Join(',', found.TypeIds)));
        found = tokenizer.EncodePairWithOffsets("a b", "c", addSpecialTokens: true);
        Assert.AreEqual((pair, pairTypes), (string.Join(',', found.Ids), string.Join(',', found.TypeIds)));
        Assert.AreEqual(string.Join(',', pair.Split(',').Select(id => id is "8" or "9")), string.Join(',', found.SpecialTokensMask));
        CollectionAssert.AreEqual(new[] { 1, 2 }, tokenizer.Encode("a b"));
    }

    [TestMethod]
    // Two of five stay beside the two special ones; of a pair the longer goes first.
    [DataRow("Right", "LongestFirst", 4, "9,1,2,8", "9,1,8,2,8")]
    [DataRow("Left", "LongestFirst", 4, "9,4,5,8", "9,5,8,3,8")]
    [DataRow("Right", "OnlyFirst", 6, "9,1,2,3,4,8", "9,1,8,2,3,8")]
    public void What_the_file_cuts_and_fills_up_only_EncodeAsStored_does(string direction, string strategy, int most, string single, string pair)
    {
        var tokenizer = TestTokenizers.Altered(
            Tokenizer("""{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"b":2,"c":3,"d":4,"e":5,"]":8,"[":9}}""", pre: """{"type":"WhitespaceSplit"}""", post: """{"type":"BertProcessing","sep":["]",8],"cls":["[",9]}"""),
            json: j =>
            {
                j["truncation"] = new JsonObject { ["direction"] = direction, ["max_length"] = most, ["strategy"] = strategy, ["stride"] = 0 };
                j["padding"] = new JsonObject { ["strategy"] = new JsonObject { ["Fixed"] = 7 }, ["direction"] = "Left", ["pad_to_multiple_of"] = 4, ["pad_id"] = 7, ["pad_type_id"] = 0, ["pad_token"] = "_" };
            });
        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4, 5 }, tokenizer.Encode("a b c d e"));
        var found = tokenizer.EncodeAsStored("a b c d e", addSpecialTokens: true);
        Assert.AreEqual(string.Join(',', Enumerable.Repeat(7, 8 - single.Split(',').Length)) + "," + single, string.Join(',', found.Ids));
        Assert.AreEqual(single.Split(',').Length, found.AttentionMask.Count(m => m));
        Assert.IsFalse(found.AttentionMask[0]);
        Assert.AreEqual("_", found.Tokens[0]);
        found = strategy == "OnlyFirst" ? tokenizer.EncodeAsStored("a b c", "b c", true) : TestTokenizers.Altered(tokenizer, json: j => j["truncation"]!["max_length"] = 5).EncodeAsStored("a b c d e", "b c c", true);
        Assert.AreEqual(pair, string.Join(',', found.Ids.SkipWhile(id => id == 7)));
    }

    [TestMethod]
    [DataRow("""{"type":"NFC"}""")]
    [DataRow("""{"type":"NFKD"}""")]
    [DataRow("""{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"},{"type":"StripAccents"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Strip","strip_left":true,"strip_right":true}]}""")]
    [DataRow("""{"type":"BertNormalizer"}""")]
    public void No_text_makes_a_normalizer_hang(string normalizer)
    {
        var tokenizer = Tokenizer(Letters, normalizer, """{"type":"WhitespaceSplit"}""");
        foreach (var text in new[] { "a" + new string('\u0301', 60_000), string.Concat(Enumerable.Repeat("\u0301\u0316", 30_000)), new string(' ', 60_000), new string('\uFDFA', 6_000), string.Concat(Enumerable.Repeat("각", 20_000)) })
            Bounded.Run(() => tokenizer.EncodeWithOffsets(text), () => $"{normalizer}: {ReferenceText.Show(text[..4])}");
    }

    [TestMethod]
    public void Very_many_marks_come_into_the_order_that_the_platform_gives_them()
    {
        int[] marks = [0x301, 0x316, 0x334, 0x345, 0x5B0, 0x5B9, 0x64B, 0x651, 0x93C, 0x94D, 0x3099, 0x20DD, 0x903, 0x1D165, 0x327, 0x328, 0x31B, 0xE48];
        var random = new Random(8);
        for (var round = 0; round < 40; round++)
        {
            var text = "a" + string.Concat(Enumerable.Range(0, 70 + random.Next(60)).Select(_ => char.ConvertFromUtf32(marks[random.Next(marks.Length)])));
            foreach (var (form, name) in new[] { (NormalizationForm.FormC, "NFC"), (NormalizationForm.FormD, "NFD"), (NormalizationForm.FormKC, "NFKC") })
                Assert.AreEqual(text.Normalize(form), Make(Letters, $"{{\"type\":\"{name}\"}}").Normalizer!.Apply(new NormalizedText(text, 0)).Text);
        }
    }

    [TestMethod]
    public void Added_tokens_that_are_listed_twice_or_are_written_like_special_ones()
    {
        var tokenizer = TestTokenizers.Altered(Tokenizer("""{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1}}""", normalizer: """{"type":"Lowercase"}""", pre: """{"type":"WhitespaceSplit"}"""), json: j =>
            j["added_tokens"] = JsonNode.Parse("""
                [{"id":2,"content":"<X>","special":false,"normalized":false,"single_word":false,"lstrip":false,"rstrip":false},
                 {"id":2,"content":"<X>","special":true,"normalized":false,"single_word":false,"lstrip":true,"rstrip":false},
                 {"id":3,"content":"","special":true},
                 {"id":4,"content":"<Y>","special":true,"normalized":true,"single_word":false,"lstrip":false,"rstrip":false}]
                """));
        var found = tokenizer.EncodeWithOffsets("a <X><y>");
        CollectionAssert.AreEqual(new[] { 1, 2, 4 }, found.Ids);
        CollectionAssert.AreEqual(new[] { (0, 1), (1, 5), (5, 8) }, found.Offsets);
        // The library asks whether "<y>", the normalised text, is a special token: it is not.
        Assert.AreEqual("a <y>", tokenizer.Decode(found.Ids));
    }

    private static TokenizerDefinition Make(string model, string? normalizer = null, string? pre = null) => TokenizerJson.Read(Json(model, normalizer, pre));

    private static LanguageModelTokenizer Tokenizer(string model, string? normalizer = null, string? pre = null, string? post = null, string decoder = "null")
        => LanguageModelTokenizer.Read(name => name == "tokenizer.json" ? new MemoryStream(Json(model, normalizer, pre, post, decoder)) : null);

    private static byte[] Json(string model, string? normalizer, string? pre, string? post = null, string decoder = "null") => Encoding.UTF8.GetBytes(
        $$"""{"version":"1.0","added_tokens":[],"normalizer":{{normalizer ?? "null"}},"pre_tokenizer":{{pre ?? "null"}},"post_processor":{{post ?? "null"}},"decoder":{{decoder}},"model":{{model}}}""");
}
