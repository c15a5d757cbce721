using System.Text.RegularExpressions;

namespace ZephyrML.Teacher;

/// <summary>
/// Recognises answers in which a model speaks of itself instead of answering ("As an AI language model, I don't have personal opinions"), or declines. The Zephyr paper
/// drops such dialogues from UltraChat (section 4). English and Chinese.
/// </summary>
public static partial class Refusals
{
    /// <summary>Whether a text is such an answer.</summary>
    public static bool IsRefusal(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var plain = Plain(text);
        return Disclaimer().IsMatch(plain) || NoInnerLife().IsMatch(plain) || Declines().IsMatch(plain) || Chinese().IsMatch(plain);
    }

    /// <summary>Straight apostrophes and single spaces.</summary>
    internal static string Plain(string text) => Spaces().Replace(text.Replace('’', '\'').Replace('‘', '\''), " ").Trim();

    private const string Model = @"(?:an? (?:large |virtual |helpful )*(?:ai|a\.i\.|artificial intelligence|language model|digital assistant)(?:[ -](?:language|chat|model|assistant|chatbot|bot|program|system))*)";

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\b(?:as " + Model + @"(?: (?:developed|created|trained|made|built)\b[^.!?;]{0,60}?)?,? (?:i|my)\b|i(?:'m| am) (?:just |only |merely |simply |actually )*" + Model + @"\b)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Disclaimer();

    [GeneratedRegex(@"\bi (?:do not|don't|cannot|can't|can not|am not able to|am unable to) (?:actually |really |personally |truly )*(?:(?:(?:have|possess|hold|express|form|experience|feel)(?: or [a-z]+)? (?:any )?(?:personal|human|subjective|inner|own|my|real|actual|true|physical)(?:,? (?:or |and )?(?:personal|human|subjective|own|real|actual|physical|individual))* (?:opinion|emotion|feeling|experience|preference|belief|view|bod)(?:s|y|ies)?)|(?:have|possess|experience|feel) (?:any )?(?:(?:the )?(?:ability|capacity|capability) to (?:have|feel|experience|form|hold) )?(?:opinions|emotions|feelings(?! for)|consciousness)\b|have (?:direct |any )?(?:access to )?(?:real[- ]time|live|current) )",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NoInnerLife();

    [GeneratedRegex(@"^\W*(?:(?:i(?:'m| am) (?:\w+ )?(?:sorry|afraid),? (?:but )?|(?:sorry|apologies),? (?:but )?)(?:as [^.!?]{0,60}, )?(?:i|we) (?:can't|cannot|can not|am not able|am unable|'m unable|do not have|don't have|am not programmed)\b|i(?:'m| am)? (?:can't|cannot|can not|unable to|not able to) (?:assist|help|fulfill|fulfil|comply|provide|answer|access|create|generate|browse|participate|engage)\b)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Declines();

    [GeneratedRegex(@"(?:作为|身为)(?:一[个名款位台])?(?:大型)?(?:人工智能|AI|语言模型|智能助手|虚拟助手)[^。！？；\n]{0,24}?我|我(?:只|仅仅?)?是(?:一[个名款位台])?(?:大型)?(?:人工智能|AI|语言模型)|我(?:并)?(?:没有|不具备|不具有|无法拥有)(?:任何)?(?:个人|主观|真实|人类|自己)?的?(?:观点|意见|情感|感情|情绪|看法|体验|经历|感受)|^\W*(?:很?抱歉|对不起)[，, ]?[^。！？\n]{0,12}(?:无法|不能|没有办法)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Chinese();
}
