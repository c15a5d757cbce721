using System.Security.Cryptography;
using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Tells which of the templates that are code a Jinja text is.</summary>
internal static class ChatTemplateRecognizer
{
    // SHA-256 of published texts that render what our own do.
    private static readonly Dictionary<string, ChatTemplate> Published = new()
    {
        ["66291cf0045c2425a3a667cf3cbb7af2b11f09e025c02f97245323ab79119362"] = ChatTemplate.Zephyr, // HuggingFaceH4/zephyr-7b-beta
        ["245cefb8969acd4215902830bff2b2b3ebe3e8e900320bbae72951618f3b0953"] = ChatTemplate.Zephyr, // the same with generation markers
        ["153280e3ff55d19da1398bdb3914ee2a51b80429bfaedde11d7d216c39db80f3"] = ChatTemplate.ChatMl, // transformers' documentation
        ["872be49dbb638044ad01b60388f48d469ff2980e5f0dccdc22ec907db54d0788"] = ChatTemplate.SmolLM2, // HuggingFaceTB/SmolLM2-135M-Instruct
    };

    /// <summary>The template, or null where the text is another one, or where its <c>eos_token</c> is not the token that the code writes.</summary>
    public static ChatTemplate? Recognize(string? jinja, string? eosToken)
    {
        if (jinja is null)
            return null;
        // Jinja itself reads \r\n as \n and drops one line break at the end.
        jinja = jinja.ReplaceLineEndings("\n");
        if (jinja.EndsWith('\n'))
            jinja = jinja[..^1];
        var template = ChatTemplate.All.FirstOrDefault(t => t.Jinja == jinja)
            ?? Published.GetValueOrDefault(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(jinja))));
        return template == ChatTemplate.Zephyr && eosToken != template.EndOfTurn ? null : template;
    }
}
