using Microsoft.Extensions.AI;
using Microsoft.ML.Runtime;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Teachers;

/// <summary>ML.NET reads data again for every stage that is fitted: without a response cache each pass pays again, and Fit says so.</summary>
internal static class CacheWarning
{
    public static void Check(IChannelProvider environment, string stage, params IEnumerable<(string Name, IChatClient Client)> clients)
    {
        var without = clients.Where(c => c.Client.GetService<ResponseCacheStatistics>() is null).Select(c => c.Name).Distinct().ToList();
        if (without.Count == 0)
            return;
        using var channel = environment.Start(stage);
        channel.Warning(MessageSensitivity.None,
            $"{stage}: {string.Join(", ", without)} without a response cache: every pass over the data asks again (each stage that is fitted after this one makes a pass). " +
            "Wrap the client: client.WithResponseCache(path), or TeacherClient.Create(client, new() { Cache = path }).");
    }
}
