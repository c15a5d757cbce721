using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Makes teachers. A teacher, a candidate and a judge are each any <see cref="IChatClient"/>.</summary>
public static class TeacherClient
{
    /// <summary>
    /// A client for any server that speaks OpenAI's chat-completions protocol: OpenAI, vLLM, llama.cpp, Ollama, and Azure OpenAI (see <see cref="AzureOpenAI"/>). It adds
    /// to the body whatever <see cref="ChatOptions.AdditionalProperties"/> holds, so a server's own settings can be given by their names.
    /// </summary>
    /// <param name="endpoint">
    /// The base address, such as https://api.openai.com/v1, http://localhost:8000/v1 or http://localhost:11434. Without a path, /v1 is meant (Azure: /openai/v1). An
    /// address that ends in /chat/completions is taken as it is, and a query (Azure's api-version) is kept.
    /// </param>
    /// <param name="model">The model's name at that server.</param>
    /// <param name="apiKey">Gives the key, asked before every call; null or empty: no key is sent. Azure's hosts get it as api-key, all others as a bearer token.</param>
    /// <param name="httpClient">An HTTP client of your own, which you dispose of; its time-out holds for each whole call. Null: one of its own that waits ten minutes (of a stream for each piece; longer where <see cref="TeacherOptions.Timeout"/> is longer) and follows no redirection.</param>
    /// <exception cref="ArgumentException">The endpoint is not an absolute http(s) address or holds a user name, or the model is empty.</exception>
    public static IChatClient OpenAI(Uri endpoint, string model, Func<string?>? apiKey = null, HttpClient? httpClient = null) =>
        new OpenAIChatClient(endpoint, model, apiKey, httpClient);

    /// <summary>A client for a deployment of Azure OpenAI.</summary>
    /// <param name="resource">The resource's address, such as https://my-resource.openai.azure.com, or that of a gateway before it.</param>
    /// <param name="deployment">The deployment's name.</param>
    /// <param name="apiKey">Gives the key, asked before every call, sent as api-key.</param>
    /// <param name="apiVersion">The version of the interface.</param>
    /// <param name="httpClient">As for <see cref="OpenAI"/>. For Entra ID, one whose handler sets the Authorization header.</param>
    /// <exception cref="ArgumentException">The address is not an absolute http(s) one or holds a user name, or the deployment is empty.</exception>
    public static IChatClient AzureOpenAI(Uri resource, string deployment, Func<string?>? apiKey = null, string apiVersion = "2024-10-21", HttpClient? httpClient = null)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentException.ThrowIfNullOrWhiteSpace(deployment);
        ArgumentException.ThrowIfNullOrWhiteSpace(apiVersion);
        if (!resource.IsAbsoluteUri)
            throw new ArgumentException("The resource must be an absolute http or https address.", nameof(resource));
        var endpoint = new UriBuilder(resource)
        {
            Path = $"{resource.AbsolutePath.TrimEnd('/')}/openai/deployments/{Uri.EscapeDataString(deployment)}/chat/completions",
            Query = $"api-version={Uri.EscapeDataString(apiVersion)}",
        };
        return new OpenAIChatClient(endpoint.Uri, deployment, apiKey, httpClient, isAzure: true);
    }

    /// <summary>
    /// Wraps a client in what a teacher needs, in the one order that works, from the outside in: cache (an answer that is there costs and waits for nothing), total
    /// time, budget (a retry is not a new question), retry (nothing is held while it waits), bound on concurrent calls, circuit breaker (calls that wait for a server
    /// hold their slots), rate limit, time of one attempt, transcript, telemetry.
    /// </summary>
    /// <param name="client">The client that answers. The result disposes of it.</param>
    /// <param name="options">What to put around it.</param>
    /// <exception cref="ArgumentException">The options are invalid; or a cache is asked for, and neither the options nor the client's metadata name the teacher.</exception>
    /// <exception cref="IOException">The cache, the ledger or the transcript cannot be opened.</exception>
    public static IChatClient Create(IChatClient client, TeacherOptions options)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var teacher = client.WithTelemetry(options.RecordPrompts);
        if (options.Transcript is { } transcript)
            teacher = teacher.WithTranscript(transcript, options.Name);
        if (options.Timeout is { } limit)
        {
            foreach (var inner in client.GetService<ReplicaPool>()?.Clients ?? [client])
                inner.GetService<OpenAIChatClient>()?.WaitAtLeast(limit);
            teacher = teacher.WithTimeout(limit);
        }
        if (options.RequestsPerMinute is not null || options.TokensPerMinute is not null)
            teacher = teacher.WithRateLimit(options.RequestsPerMinute, options.TokensPerMinute);
        if (options.CircuitBreaker is { } breaker)
            teacher = teacher.WithCircuitBreaker(breaker);
        if (options.MaxConcurrency is { } most)
            teacher = teacher.WithMaxConcurrency(most);
        if (options.Retry is { } retry)
            teacher = teacher.WithRetry(retry);
        if (options.Budget is { } budget)
            teacher = teacher.WithBudget(budget);
        if (options.TotalTimeout is { } total)
            teacher = teacher.WithTotalTimeout(total);
        if (options.Cache is { } path)
            teacher = teacher.WithResponseCache(path, options.Name, options.CacheMode);
        return teacher;
    }
}
