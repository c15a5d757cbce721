using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Ids, offsets and texts equal to those of Hugging Face's tokenizers library.</summary>
[TestClass]
public class FixtureTests
{
    [TestMethod]
    [DataRow("bpe-gpt2-small")]
    [DataRow("bpe-llama3-small")]
    [DataRow("bpe-qwen2-small")]
    [DataRow("added-token-flags")]
    [DataRow("spm-bpe-small")]
    [DataRow("spm-unigram-small")]
    public void Some_texts_of_the_repositorys_own_copies_agree(string name)
    {
        var fixture = TokenizerFixture.Own(name);
        FixtureChecks.Encode(fixture);
        FixtureChecks.Decode(fixture);
        FixtureChecks.Stream(fixture);
    }

    [TestMethod]
    [DataRow("gpt2")]
    [DataRow("bpe-gpt2-small")]
    [DataRow("bpe-llama3-small")]
    [DataRow("bpe-qwen2-small")]
    [DataRow("added-token-flags")]
    [DataRow("mistral-v1")]
    [DataRow("mistral-v1-transformers5")]
    [DataRow("zephyr-7b-beta")]
    [DataRow("spm-bpe-small")]
    [DataRow("spm-unigram-small")]
    public void Texts_have_the_librarys_ids_offsets_and_decoded_texts(string name) => FixtureChecks.Encode(TokenizerFixture.Shared(name));

    [TestMethod]
    [DataRow("gpt2")]
    [DataRow("bpe-gpt2-small")]
    [DataRow("bpe-llama3-small")]
    [DataRow("bpe-qwen2-small")]
    [DataRow("added-token-flags")]
    [DataRow("mistral-v1")]
    [DataRow("mistral-v1-transformers5")]
    [DataRow("zephyr-7b-beta")]
    [DataRow("spm-bpe-small")]
    [DataRow("spm-unigram-small")]
    public void Random_ids_have_the_librarys_texts(string name)
    {
        FixtureChecks.Decode(TokenizerFixture.Shared(name));
        FixtureChecks.Stream(TokenizerFixture.Shared(name));
    }

    [TestMethod]
    [DataRow("bpe-llama3-small")]
    [DataRow("bpe-qwen2-small")]
    [DataRow("zephyr-7b-beta")]
    public void Chats_have_transformers_text_ids_and_training_mask(string name) => FixtureChecks.Chats(TokenizerFixture.Shared(name));

    [TestMethod]
    public void Some_chats_have_transformers_text_ids_and_training_mask() => FixtureChecks.Chats(TokenizerFixture.Own("bpe-qwen2-small"));

    [TestMethod]
    [DataRow("gpt2")]
    [DataRow("bpe-gpt2-small")]
    [DataRow("bpe-llama3-small")]
    [DataRow("bpe-qwen2-small")]
    [DataRow("added-token-flags")]
    [DataRow("mistral-v1")]
    [DataRow("mistral-v1-transformers5")]
    [DataRow("zephyr-7b-beta")]
    [DataRow("spm-bpe-small")]
    [DataRow("spm-unigram-small")]
    public void Saved_and_loaded_a_tokenizer_is_the_same(string name) => FixtureChecks.Saving(TokenizerFixture.Shared(name));

    [TestMethod]
    [DataRow("mistral-v1")]
    [DataRow("spm-bpe-small")]
    [DataRow("spm-unigram-small")]
    public void A_model_file_gives_what_sentencepiece_gives(string name)
    {
        var fixture = TokenizerFixture.Shared(name);
        FixtureChecks.SentencePiece(fixture);
    }

    [TestMethod]
    public void A_small_model_file_gives_what_sentencepiece_gives()
    {
        var fixture = TokenizerFixture.Own("spm-bpe-small");
        FixtureChecks.SentencePiece(fixture);
    }

    [TestMethod]
    public void A_folder_with_a_model_file_alone_is_used_as_transformers_uses_it()
    {
        var fixture = TokenizerFixture.Shared("mistral-v1");
        var tokenizer = LanguageModelTokenizer.Read(name => name == "tokenizer.model" ? new MemoryStream(fixture.File(name)) : null);
        Assert.AreEqual((1, 2, 0, true), (tokenizer.BosTokenId, tokenizer.EosTokenId, tokenizer.UnkTokenId, tokenizer.AddsBos));
        foreach (var @case in fixture.Cases("cases").Where(c => c["pair"] is null))
        {
            var (text, special) = ((string)@case["text"]!, (bool)@case["add_special_tokens"]!);
            var ids = ReferenceText.Numbers(@case["ids"]);
            CollectionAssert.AreEqual(ids, tokenizer.Encode(text, special));
            Assert.AreEqual((string)@case["decoded_skip_special"]!, tokenizer.Decode(ids));
        }
        var again = TestTokenizers.Read(TestTokenizers.Files(tokenizer));
        CollectionAssert.AreEqual(tokenizer.Encode("Hello</s> world", true), again.Encode("Hello</s> world", true));
    }

    [TestMethod]
    public void Long_text_without_a_pre_tokenizer_takes_linear_time()
    {
        var tokenizer = TokenizerFixture.Own("spm-bpe-small").Tokenizer;
        foreach (var text in new[] { string.Concat(Enumerable.Repeat("the weather of tomorrow ", 20_000)), new string('e', 400_000), new string(' ', 400_000) })
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            Assert.IsGreaterThan(1000, tokenizer.Encode(text).Length);
            Assert.IsLessThan(20, clock.Elapsed.TotalSeconds);
        }
    }
}
