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

    /// <summary>
    /// Keeps to a number of requests and of tokens a minute (a second's worth at once), first come, first served. Tokens are estimated before a call and corrected by
    /// the server's count after it. When the server says 429 with a Retry-After, all calls wait that long.
    /// </summary>
    /// <param name="client">The client that is asked.</param>
    /// <param name="requestsPerMinute">Requests a minute; null: no bound.</param>
    /// <param name="tokensPerMinute">Tokens a minute, of prompts and answers together; null: no bound.</param>
    /// <param name="countTokens">Counts a text's tokens, where you have the model's tokenizer; null: estimated from its bytes, and scaled by what the server counts.</param>
    public static IChatClient WithRateLimit(this IChatClient client, int? requestsPerMinute = null, int? tokensPerMinute = null, Func<string, int>? countTokens = null) =>
        new RateLimitingChatClient(client, requestsPerMinute, tokensPerMinute, countTokens);

    /// <summary>Refuses calls that the budget does not cover (<see cref="BudgetExceededException"/>); counts what the others cost (<see cref="BudgetStatistics"/>).</summary>
    /// <param name="client">The client that is asked.</param>
    /// <param name="options">Limits and prices.</param>
    /// <param name="countTokens">Counts a text's tokens, where you have the model's tokenizer; null: estimated from its bytes, and scaled by what the server counts.</param>
    /// <exception cref="ArgumentException">The options are invalid.</exception>
    /// <exception cref="IOException">The ledger cannot be opened, or is something else.</exception>
    public static IChatClient WithBudget(this IChatClient client, BudgetOptions options, Func<string, int>? countTokens = null) => new BudgetChatClient(client, options, countTokens);

    /// <summary>Makes calls wait while the server is down, and one at a time try whether it is back.</summary>
    /// <param name="client">The client that is asked.</param>
    /// <param name="options">When a server counts as down; null: the defaults.</param>
    public static IChatClient WithCircuitBreaker(this IChatClient client, CircuitBreakerOptions? options = null) => new CircuitBreakingChatClient(client, options ?? new());

    /// <summary>Ends calls that take too long (a transient failure). Of a stream each piece has that time.</summary>
    public static IChatClient WithTimeout(this IChatClient client, TimeSpan limit) => new AttemptTimeoutChatClient(client, limit);

    /// <summary>Ends questions that take too long with all their retries, where it stands outside <see cref="WithRetry"/>. Waiting for a slot or for the rate limit does not count.</summary>
    public static IChatClient WithTotalTimeout(this IChatClient client, TimeSpan limit) => new TotalTimeoutChatClient(client, limit);

    /// <summary>Appends a JSON line about each call that goes out to a file: prompts, answer or failure, tokens, time. No key, no endpoint; of settings that this library does not know, the names alone.</summary>
    /// <param name="client">The client that is asked.</param>
    /// <param name="path">The file; made if missing; other clients and processes may append to it too.</param>
    /// <param name="name">The teacher's name in the lines.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static IChatClient WithTranscript(this IChatClient client, string path, string? name = null) => new TranscriptChatClient(client, path, name);

    /// <summary>Makes a span and metrics for each call that goes out (<see cref="TeacherTelemetry"/>).</summary>
    /// <param name="client">The client that is asked.</param>
    /// <param name="recordPrompts">Whether the spans hold prompts and answers.</param>
    public static IChatClient WithTelemetry(this IChatClient client, bool recordPrompts = false) => new TelemetryChatClient(client, recordPrompts);

    /// <summary>Estimates what prompts would cost, without asking anybody: what the client's cache has costs nothing, the prices are those of its budget.</summary>
    /// <param name="client">The client that would be asked.</param>
    /// <param name="prompts">The prompts; read once.</param>
    /// <param name="options">The options that they would be asked with.</param>
    /// <param name="prices">Prices and limits, where the client has no budget, or other ones; null: those of its budget.</param>
    public static CostEstimate DryRun(this IChatClient client, IEnumerable<string> prompts, ChatOptions? options = null, BudgetOptions? prices = null)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        return client.DryRun(prompts.Select(p => (IList<ChatMessage>)[new(ChatRole.User, p)]), options, prices);
    }

    /// <summary>Estimates what calls would cost, without asking anybody.</summary>
    /// <param name="client">The client that would be asked.</param>
    /// <param name="calls">The messages of each call; read once.</param>
    /// <param name="options">The options that they would be asked with.</param>
    /// <param name="prices">Prices and limits, where the client has no budget, or other ones; null: those of its budget.</param>
    public static CostEstimate DryRun(this IChatClient client, IEnumerable<IList<ChatMessage>> calls, ChatOptions? options = null, BudgetOptions? prices = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(calls);
        prices?.Validate();
        var run = new DryRun(client, prices);
        foreach (var messages in calls)
            run.Add(messages, options);
        return run.Result();
    }
}
