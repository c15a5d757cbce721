namespace ZephyrML.Transforms.Loading;

/// <summary>A field of a row is not what it must be.</summary>
internal sealed class JsonlFieldException(string field, string message) : Exception(message)
{
    public string Field { get; } = field;
}
