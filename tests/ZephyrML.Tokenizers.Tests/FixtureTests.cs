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
    public void Texts_have_the_librarys_ids_offsets_and_decoded_texts(string name) => FixtureChecks.Encode(TokenizerFixture.Shared(name));

    [TestMethod]
    [DataRow("gpt2")]
    [DataRow("bpe-gpt2-small")]
    [DataRow("bpe-llama3-small")]
    [DataRow("bpe-qwen2-small")]
    [DataRow("added-token-flags")]
    public void Random_ids_have_the_librarys_texts(string name)
    {
        FixtureChecks.Decode(TokenizerFixture.Shared(name));
        FixtureChecks.Stream(TokenizerFixture.Shared(name));
    }

    [TestMethod]
    [DataRow("spm-unigram-small", "Unigram")]
    [DataRow("spm-bpe-small", "byte_fallback")]
    [DataRow("mistral-v1", "byte_fallback")]
    public void What_is_not_supported_is_refused_by_name(string name, string what)
    {
        var folder = SharedFolder.Require(Path.Combine("fixtures", "tokenizers", name));
        var error = Assert.Throws<NotSupportedException>(() => new TokenizerFixture(folder));
        StringAssert.Contains(error.Message, what);
    }
}
