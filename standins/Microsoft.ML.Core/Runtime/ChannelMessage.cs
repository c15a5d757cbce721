namespace Microsoft.ML.Runtime;

public readonly struct ChannelMessage
{
    private readonly string _format;
    private readonly object[] _args;

    public readonly ChannelMessageKind Kind;

    public readonly MessageSensitivity Sensitivity;

    internal ChannelMessage(ChannelMessageKind kind, MessageSensitivity sensitivity, string format, object[] args = null)
    {
        Contracts.CheckNonEmpty(format, "message");
        (Kind, Sensitivity, _format, _args) = (kind, sensitivity, format, args);
    }

    public string Message => _args == null ? _format : string.Format(_format, _args);
}
