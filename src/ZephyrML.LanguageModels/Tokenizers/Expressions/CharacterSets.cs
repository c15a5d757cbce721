using System.Globalization;
using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Sets of characters by the names that Oniguruma knows them by.</summary>
internal static class CharacterSets
{
    private static readonly Dictionary<string, UnicodeCategory[]> Categories = new()
    {
        ["c"] = [UnicodeCategory.Control, UnicodeCategory.Format, UnicodeCategory.Surrogate, UnicodeCategory.PrivateUse, UnicodeCategory.OtherNotAssigned],
        ["cc"] = [UnicodeCategory.Control],
        ["cf"] = [UnicodeCategory.Format],
        ["cn"] = [UnicodeCategory.OtherNotAssigned],
        ["co"] = [UnicodeCategory.PrivateUse],
        ["cs"] = [UnicodeCategory.Surrogate],
        ["l"] = [UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter, UnicodeCategory.ModifierLetter, UnicodeCategory.OtherLetter],
        ["lc"] = [UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter],
        ["ll"] = [UnicodeCategory.LowercaseLetter],
        ["lm"] = [UnicodeCategory.ModifierLetter],
        ["lo"] = [UnicodeCategory.OtherLetter],
        ["lt"] = [UnicodeCategory.TitlecaseLetter],
        ["lu"] = [UnicodeCategory.UppercaseLetter],
        ["m"] = [UnicodeCategory.NonSpacingMark, UnicodeCategory.SpacingCombiningMark, UnicodeCategory.EnclosingMark],
        ["mc"] = [UnicodeCategory.SpacingCombiningMark],
        ["me"] = [UnicodeCategory.EnclosingMark],
        ["mn"] = [UnicodeCategory.NonSpacingMark],
        ["n"] = [UnicodeCategory.DecimalDigitNumber, UnicodeCategory.LetterNumber, UnicodeCategory.OtherNumber],
        ["nd"] = [UnicodeCategory.DecimalDigitNumber],
        ["nl"] = [UnicodeCategory.LetterNumber],
        ["no"] = [UnicodeCategory.OtherNumber],
        ["p"] =
        [
            UnicodeCategory.ConnectorPunctuation, UnicodeCategory.DashPunctuation, UnicodeCategory.OpenPunctuation, UnicodeCategory.ClosePunctuation,
            UnicodeCategory.InitialQuotePunctuation, UnicodeCategory.FinalQuotePunctuation, UnicodeCategory.OtherPunctuation,
        ],
        ["pc"] = [UnicodeCategory.ConnectorPunctuation],
        ["pd"] = [UnicodeCategory.DashPunctuation],
        ["ps"] = [UnicodeCategory.OpenPunctuation],
        ["pe"] = [UnicodeCategory.ClosePunctuation],
        ["pi"] = [UnicodeCategory.InitialQuotePunctuation],
        ["pf"] = [UnicodeCategory.FinalQuotePunctuation],
        ["po"] = [UnicodeCategory.OtherPunctuation],
        ["s"] = [UnicodeCategory.MathSymbol, UnicodeCategory.CurrencySymbol, UnicodeCategory.ModifierSymbol, UnicodeCategory.OtherSymbol],
        ["sm"] = [UnicodeCategory.MathSymbol],
        ["sc"] = [UnicodeCategory.CurrencySymbol],
        ["sk"] = [UnicodeCategory.ModifierSymbol],
        ["so"] = [UnicodeCategory.OtherSymbol],
        ["z"] = [UnicodeCategory.SpaceSeparator, UnicodeCategory.LineSeparator, UnicodeCategory.ParagraphSeparator],
        ["zs"] = [UnicodeCategory.SpaceSeparator],
        ["zl"] = [UnicodeCategory.LineSeparator],
        ["zp"] = [UnicodeCategory.ParagraphSeparator],
    };

    private static readonly Dictionary<string, string> LongNames = new()
    {
        ["other"] = "c", ["control"] = "cc", ["format"] = "cf", ["unassigned"] = "cn", ["privateuse"] = "co", ["letter"] = "l", ["casedletter"] = "lc", ["lowercaseletter"] = "ll",
        ["modifierletter"] = "lm", ["otherletter"] = "lo", ["titlecaseletter"] = "lt", ["uppercaseletter"] = "lu", ["mark"] = "m", ["spacingmark"] = "mc", ["enclosingmark"] = "me",
        ["nonspacingmark"] = "mn", ["number"] = "n", ["decimalnumber"] = "nd", ["letternumber"] = "nl", ["othernumber"] = "no", ["punctuation"] = "p", ["connectorpunctuation"] = "pc",
        ["dashpunctuation"] = "pd", ["openpunctuation"] = "ps", ["closepunctuation"] = "pe", ["initialpunctuation"] = "pi", ["finalpunctuation"] = "pf", ["otherpunctuation"] = "po",
        ["symbol"] = "s", ["mathsymbol"] = "sm", ["currencysymbol"] = "sc", ["modifiersymbol"] = "sk", ["othersymbol"] = "so", ["separator"] = "z", ["spaceseparator"] = "zs",
        ["lineseparator"] = "zl", ["paragraphseparator"] = "zp",
    };

    private static readonly Dictionary<string, (int First, int Last)[]> Scripts = new()
    {
        ["han"] =
        [
            (0x2E80, 0x2E99), (0x2E9B, 0x2EF3), (0x2F00, 0x2FD5), (0x3005, 0x3005), (0x3007, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
            (0xF900, 0xFA6D), (0xFA70, 0xFAD9), (0x16FE2, 0x16FE3), (0x16FF0, 0x16FF1), (0x20000, 0x2A6DF), (0x2A700, 0x2B739), (0x2B740, 0x2B81D), (0x2B820, 0x2CEA1),
            (0x2CEB0, 0x2EBE0), (0x2EBF0, 0x2EE5D), (0x2F800, 0x2FA1D), (0x30000, 0x3134A), (0x31350, 0x323AF),
        ],
        ["hiragana"] = [(0x3041, 0x3096), (0x309D, 0x309F), (0x1B001, 0x1B11F), (0x1B132, 0x1B132), (0x1B150, 0x1B152), (0x1F200, 0x1F200)],
        ["katakana"] =
        [
            (0x30A1, 0x30FA), (0x30FD, 0x30FF), (0x31F0, 0x31FF), (0x32D0, 0x32FE), (0x3300, 0x3357), (0xFF66, 0xFF6F), (0xFF71, 0xFF9D), (0x1AFF0, 0x1AFF3), (0x1AFF5, 0x1AFFB),
            (0x1AFFD, 0x1AFFE), (0x1B000, 0x1B000), (0x1B120, 0x1B122), (0x1B155, 0x1B155), (0x1B164, 0x1B167),
        ],
        ["hangul"] =
        [
            (0x1100, 0x11FF), (0x302E, 0x302F), (0x3131, 0x318E), (0x3200, 0x321E), (0x3260, 0x327E), (0xA960, 0xA97C), (0xAC00, 0xD7A3), (0xD7B0, 0xD7C6), (0xD7CB, 0xD7FB),
            (0xFFA0, 0xFFBE), (0xFFC2, 0xFFC7), (0xFFCA, 0xFFCF), (0xFFD2, 0xFFD7), (0xFFDA, 0xFFDC),
        ],
    };

    // Characters that fold to a letter besides its capital.
    private static readonly Dictionary<int, int> Folded = new() { [0x17F] = 's', [0x212A] = 'k', [0x212B] = 0xE5, [0x2126] = 0x3C9, [0x3C2] = 0x3C3, [0xB5] = 0x3BC };

    /// <summary>Word characters as Oniguruma has them.</summary>
    public static bool IsWord(int c) => CharClasses.IsWord(c) && c is not (0x200C or 0x200D);

    public static bool IsDigit(int c) => Is(c, UnicodeCategory.DecimalDigitNumber);

    public static bool IsHexDigit(int c) => c < 0x80 && char.IsAsciiHexDigit((char)c);

    /// <summary>The set of a name as in <c>\p{…}</c>, or null where it is not known.</summary>
    public static Func<int, bool>? Property(string name)
    {
        name = new string([.. name.Where(c => c is not (' ' or '_' or '-'))]).ToLowerInvariant();
        if (Categories.TryGetValue(LongNames.GetValueOrDefault(name, name), out var categories))
            return c => categories.Contains(CharUnicodeInfo.GetUnicodeCategory(c));
        if (Scripts.TryGetValue(name, out var ranges))
            return c => ranges.Any(r => r.First <= c && c <= r.Last);
        return name == "any" ? _ => true : Posix(name);
    }

    /// <summary>The set of a name as in <c>[:…:]</c>, or null where it is not known.</summary>
    public static Func<int, bool>? Posix(string name) => name switch
    {
        "digit" => IsDigit,
        "space" => CharClasses.IsSpace,
        "word" => IsWord,
        "xdigit" => IsHexDigit,
        "blank" => c => c == '\t' || Is(c, UnicodeCategory.SpaceSeparator),
        "cntrl" => c => Is(c, UnicodeCategory.Control),
        "punct" => c => c < 0x80 ? c > ' ' && c < 0x7F && !char.IsAsciiLetterOrDigit((char)c) : Categories["p"].Contains(CharUnicodeInfo.GetUnicodeCategory(c)),
        "ascii" => c => c < 0x80,
        _ => null,
    };

    /// <summary>A set without regard to case.</summary>
    public static Func<int, bool> IgnoringCase(Func<int, bool> member) => c =>
    {
        if (member(c))
            return true;
        if (!Rune.IsValid(c))
            return false;
        var fold = Fold(c);
        return member(fold) || member(Rune.ToUpperInvariant(new Rune(fold)).Value) || (Folded.ContainsValue(fold) && Folded.Any(f => f.Value == fold && member(f.Key)));
    };

    private static int Fold(int c) => Folded.TryGetValue(c, out var folded) ? folded : Rune.ToLowerInvariant(Rune.ToUpperInvariant(new Rune(c))).Value;

    private static bool Is(int c, UnicodeCategory category) => CharUnicodeInfo.GetUnicodeCategory(c) == category;
}
