using System.Text.Json;
using ZephyrML.Tokenizers.Tests;

namespace ZephyrML.Parity;

/// <summary>A tokenizer's files: encoding with offsets, decoding, decoding token by token, sentencepiece's own results, chats.</summary>
internal static class TokenizerKind
{
    public static void Run(string folder, JsonElement fixture, Outcome outcome)
    {
        foreach (string? reason in TokenizerReference.All(new TokenizerFixture(folder))) outcome.Case(reason);
    }
}
