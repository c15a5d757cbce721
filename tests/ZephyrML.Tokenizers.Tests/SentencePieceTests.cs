using System.Text;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Settings of tokenizer.model that no fixture shows, against results worked out by sentencepiece's rules.</summary>
[TestClass]
public class SentencePieceTests
{
    [TestMethod]
    public void Unused_pieces_are_merged_and_taken_apart_again()
    {
        // "ab" makes "abc" and "abd", but is itself not to be used.
        var tokenizer = Model(2, [("▁", -10, 1), ("a", -11, 1), ("b", -12, 1), ("c", -13, 1), ("d", -14, 1), ("ab", -1, 5), ("abc", -2, 1), ("abcd", -3, 5), ("▁a", -4, 1)], dummyPrefix: false);
        Assert.AreEqual("abc", Pieces(tokenizer, "abc"));
        Assert.AreEqual("a b", Pieces(tokenizer, "ab"));
        Assert.AreEqual("abc d", Pieces(tokenizer, "abcd"));
        Assert.AreEqual("a b d", Pieces(tokenizer, "abd"));
        Assert.AreEqual("▁ a b", Pieces(tokenizer, "x ab")[(Pieces(tokenizer, "x ab").IndexOf(' ') + 1)..]);
        CollectionAssert.AreEqual(new[] { (0, 1), (1, 2) }, tokenizer.EncodeWithOffsets("ab").Offsets);
    }

    [TestMethod]
    public void Unused_pieces_of_a_unigram_model_are_never_chosen()
    {
        var tokenizer = Model(1, [("a", -3, 1), ("b", -3, 1), ("ab", -1, 5), ("abb", -4, 1)], dummyPrefix: false);
        Assert.AreEqual("a b", Pieces(tokenizer, "ab"));
        Assert.AreEqual("abb", Pieces(tokenizer, "abb"));
    }

    [TestMethod]
    public void A_user_defined_piece_is_taken_first()
    {
        foreach (var type in new[] { 1, 2 })
        {
            var tokenizer = Model(type, [("▁", -5, 1), ("a", -6, 1), ("b", -7, 1), ("c", -8, 1), ("ab", -1, 1), ("bc", 0, 4)], dummyPrefix: false);
            Assert.AreEqual("a bc", Pieces(tokenizer, "abc"), $"type {type}");
            Assert.AreEqual("ab a", Pieces(tokenizer, "aba"), $"type {type}");
        }
    }

    [TestMethod]
    [DataRow(true, true, false, " a  b ", "▁ a ▁ b")]
    [DataRow(true, false, false, " a  b", "▁ ▁ a ▁ ▁ b")]
    [DataRow(false, true, false, " a b ", "a ▁ b")]
    [DataRow(true, true, true, " a  b ", "a ▁ b ▁")]
    [DataRow(false, true, true, "a", "a")]
    [DataRow(true, true, false, "   ", "")]
    [DataRow(true, true, true, "   ", "")]
    public void Blanks_go_where_the_normalizer_says(bool dummyPrefix, bool removeExtra, bool asSuffix, string text, string expected)
        => Assert.AreEqual(expected, Pieces(Model(2, [("▁", -5, 1), ("a", -6, 1), ("b", -7, 1)], dummyPrefix, removeExtra, asSuffix), text));

    [TestMethod]
    public void Blanks_that_are_not_escaped_stay_blanks()
        => Assert.AreEqual("a|  |b", string.Join('|', Model(2, [(" ", -5, 1), ("  ", -1, 1), ("a", -6, 1), ("b", -7, 1)], dummyPrefix: false, removeExtra: false, escape: false).EncodeWithOffsets("a  b").Tokens));

    [TestMethod]
    public void A_folder_with_a_model_file_is_saved_and_loaded_the_same()
    {
        var fixture = TokenizerFixture.Own("spm-bpe-small");
        var tokenizer = LanguageModelTokenizer.Read(name => name == "tokenizer.model" ? new MemoryStream(fixture.File(name)) : null);
        var folder = Directory.CreateTempSubdirectory("zephyr-tokenizer-").FullName;
        try
        {
            tokenizer.Save(folder);
            var again = LanguageModelTokenizer.Load(folder);
            Assert.AreEqual((tokenizer.BosTokenId, tokenizer.EosTokenId, tokenizer.UnkTokenId, tokenizer.VocabularySize, tokenizer.AddsBos),
                (again.BosTokenId, again.EosTokenId, again.UnkTokenId, again.VocabularySize, again.AddsBos));
            foreach (var @case in fixture.Cases("cases").Where(c => c["pair"] is null))
            {
                var (one, other) = (tokenizer.EncodeWithOffsets((string)@case["text"]!, true), again.EncodeWithOffsets((string)@case["text"]!, true));
                CollectionAssert.AreEqual(one.Ids, other.Ids);
                CollectionAssert.AreEqual(one.Offsets, other.Offsets);
                Assert.AreEqual(tokenizer.Decode(one.Ids), again.Decode(one.Ids));
            }
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static string Pieces(LanguageModelTokenizer tokenizer, string text) => string.Join(' ', tokenizer.Encode(text).Select(id => tokenizer.IdToToken(id)));

    private static LanguageModelTokenizer Model(
        int type, (string Text, float Score, int Kind)[] pieces, bool dummyPrefix = true, bool removeExtra = true, bool asSuffix = false, bool escape = true)
    {
        var file = new List<byte>();
        foreach (var (text, score, kind) in (IEnumerable<(string, float, int)>)[("<unk>", 0, 2), .. pieces])
            Field(file, 1, [.. Message(1, Encoding.UTF8.GetBytes(text)), (2 << 3) | 5, .. BitConverter.GetBytes(score), 3 << 3, (byte)kind]);
        Field(file, 2, [3 << 3, (byte)type, .. Number(24, asSuffix)]);
        Field(file, 3, [.. Number(3, dummyPrefix), .. Number(4, removeExtra), .. Number(5, escape)]);
        return LanguageModelTokenizer.ReadSentencePiece([.. file]);
    }

    private static byte[] Number(int field, bool value) => field < 16 ? [(byte)(field << 3), (byte)(value ? 1 : 0)] : [(byte)((field << 3) & 0x7F | 0x80), (byte)(field >> 4), (byte)(value ? 1 : 0)];

    private static byte[] Message(int field, byte[] content) => [(byte)((field << 3) | 2), (byte)content.Length, .. content];

    private static void Field(List<byte> file, int field, byte[] content) => file.AddRange(Message(field, content));
}
