using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Before which pieces Metaspace puts a '▁'.</summary>
internal enum PrependScheme
{
    /// <summary>Every one.</summary>
    Always,

    /// <summary>The one at the very start of the text.</summary>
    First,

    /// <summary>None.</summary>
    Never,
}

/// <summary>Reads what Metaspace's pre-tokenizer and decoder have in common.</summary>
internal static class MetaspaceJson
{
    public static (char Replacement, PrependScheme Scheme) Read(JsonElement section)
    {
        if (TokenizerJson.RequiredText(section, "replacement", "Metaspace") is not [var replacement] || char.IsSurrogate(replacement))
            throw new InvalidDataException($"{TokenizerJson.FileName}: Metaspace's replacement is not one character.");
        var said = TokenizerJson.Text(section, "prepend_scheme");
        // Older files say add_prefix_space.
        var prefixed = TokenizerJson.Flag(section, "add_prefix_space", true);
        if (!prefixed && said is not (null or "never"))
            throw TokenizerJson.Unsupported($"Metaspace's prepend_scheme '{said}' together with add_prefix_space false", "settings that agree");
        var scheme = said switch
        {
            null => prefixed ? PrependScheme.Always : PrependScheme.Never,
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            var other => throw TokenizerJson.Unsupported($"Metaspace's prepend_scheme '{other}'", "always, first and never"),
        };
        return (replacement, scheme);
    }
}
