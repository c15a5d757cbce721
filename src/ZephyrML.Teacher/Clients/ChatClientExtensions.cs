using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>What can be put around an <see cref="IChatClient"/>. <see cref="TeacherClient.Create"/> composes them in the right order.</summary>
public static class ChatClientExtensions
{
    /// <summary>Answers from a SQLite file what was asked before; stores whole answers only, never a failure; asks once for what several callers want at the same time.</summary>
    /// <param name="client">The client that is asked on a miss.</param>
    /// <param name="path">The file; made if missing; many clients and processes may share it.</param>
    /// <param name="name">The teacher's name, part of the key; null: provider and model of the client's metadata.</param>
    /// <param name="mode">Whether a missing answer may be asked for.</param>
    /// <exception cref="ArgumentException">The client has neither a name nor metadata, or the path is empty.</exception>
    /// <exception cref="IOException">The file cannot be opened, or is no response cache.</exception>
    public static IChatClient WithResponseCache(this IChatClient client, string path, string? name = null, CacheMode mode = CacheMode.ReadWrite) =>
        new CachingChatClient(client, path, name, mode);

    /// <summary>Lets at most <paramref name="most"/> calls be under way at once; the others wait their turn.</summary>
    public static IChatClient WithMaxConcurrency(this IChatClient client, int most) => new ConcurrencyLimitingChatClient(client, most);

    /// <summary>Tries failed calls again, with growing, jittered waits, or as long as the server's Retry-After asks. Only failures that may pass: see <see cref="TeacherException.IsTransient"/>.</summary>
    /// <param name="client">The client that is asked.</param>
    /// <param name="options">How often and how long; null: the defaults.</param>
    public static IChatClient WithRetry(this IChatClient client, RetryOptions? options = null) => new RetryingChatClient(client, options ?? new());
}
