namespace ZephyrML.Teacher;

/// <summary>What an import into a response cache did.</summary>
/// <param name="Added">Answers that the cache did not have.</param>
/// <param name="Known">Answers whose keys it had; it keeps its own.</param>
public sealed record CacheImport(long Added, long Known);
