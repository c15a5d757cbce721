using System.Globalization;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Says, where something failed, how many answers the response caches hold of this run: nobody pays for those again.</summary>
internal static class SafeAnswers
{
    public static string Of(params IEnumerable<IChatClient?> clients)
    {
        ResponseCacheStatistics[] caches = [.. clients.Select(c => c?.GetService<ResponseCacheStatistics>()).OfType<ResponseCacheStatistics>().Distinct()];
        return caches.Length == 0
            ? " (no response cache: no answer is safe)"
            : string.Create(CultureInfo.InvariantCulture, $" ({caches.Sum(c => c.Paid + c.Hits)} answers of this run are safe in the response cache)");
    }
}
