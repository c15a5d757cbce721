namespace ZephyrML.Teacher;

/// <summary>A row of a response cache.</summary>
internal sealed record CachedAnswer(byte[] Key, string Teacher, string? Model, int Sample, string Created, long? InputTokens, long? OutputTokens, string Response);
