using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>Makes teachers. A teacher, a candidate and a judge are each any <see cref="IChatClient"/>.</summary>
public static class TeacherClient
{
    /// <summary>
    /// A client for any server that speaks OpenAI's chat-completions protocol: OpenAI, Azure OpenAI, vLLM, llama.cpp, Ollama. It adds to the body whatever
    /// <see cref="ChatOptions.AdditionalProperties"/> holds, so a server's own settings can be given by their names.
    /// </summary>
    /// <param name="endpoint">
    /// The base address, such as https://api.openai.com/v1 or http://localhost:8000/v1. Without a path, /v1 is meant. An address that ends in
    /// /chat/completions is taken as it is, and a query (Azure's api-version) is kept.
    /// </param>
    /// <param name="model">The model's name at that server.</param>
    /// <param name="apiKey">Gives the key, asked before every call; null or empty: no key is sent. Azure's hosts get it as api-key, all others as a bearer token.</param>
    /// <param name="httpClient">An HTTP client of your own, which you dispose of; its time-out holds for each whole call. Null: one of its own that waits ten minutes and follows no redirection.</param>
    /// <exception cref="ArgumentException">The endpoint is not an absolute http(s) address or holds a user name, or the model is empty.</exception>
    public static IChatClient OpenAI(Uri endpoint, string model, Func<string?>? apiKey = null, HttpClient? httpClient = null) =>
        new OpenAIChatClient(endpoint, model, apiKey, httpClient);

    /// <summary>
    /// Wraps a client in what a teacher needs, in the one order that works: the cache is outermost (an answer that is there takes no slot), then retry
    /// (a slot is not held while it waits), then the bound on concurrent calls.
    /// </summary>
    /// <param name="client">The client that answers.</param>
    /// <param name="options">What to put around it.</param>
    /// <exception cref="ArgumentException">The options are invalid; or a cache is asked for, and neither the options nor the client's metadata name the teacher.</exception>
    public static IChatClient Create(IChatClient client, TeacherOptions options)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var teacher = client;
        if (options.MaxConcurrency is { } most)
            teacher = teacher.WithMaxConcurrency(most);
        if (options.Retry is { } retry)
            teacher = teacher.WithRetry(retry);
        if (options.Cache is { } path)
            teacher = teacher.WithResponseCache(path, options.Name, options.CacheMode);
        return teacher;
    }
}
