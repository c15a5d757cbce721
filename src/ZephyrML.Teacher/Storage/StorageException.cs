namespace ZephyrML.Teacher;

/// <summary>A file of ours cannot be written or read: no fault of a server, so nothing that a retry would mend.</summary>
internal sealed class StorageException(string message, Exception inner) : IOException(message, inner);
