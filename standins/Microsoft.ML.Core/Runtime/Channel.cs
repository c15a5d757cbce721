using System.Diagnostics;

namespace Microsoft.ML.Runtime;

internal sealed class Channel : Pipe<ChannelMessage>, IChannel
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public Channel(HostEnvironment host, string name) : base(host, name) => Trace(MessageSensitivity.None, "Channel started");

    public void Trace(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Trace, sensitivity, fmt));

    public void Trace(MessageSensitivity sensitivity, string fmt, params object[] args) => Send(new(ChannelMessageKind.Trace, sensitivity, fmt, args));

    public void Error(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Error, sensitivity, fmt));

    public void Error(MessageSensitivity sensitivity, string fmt, params object[] args) => Send(new(ChannelMessageKind.Error, sensitivity, fmt, args));

    public void Warning(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Warning, sensitivity, fmt));

    public void Warning(MessageSensitivity sensitivity, string fmt, params object[] args) => Send(new(ChannelMessageKind.Warning, sensitivity, fmt, args));

    public void Info(MessageSensitivity sensitivity, string fmt) => Send(new(ChannelMessageKind.Info, sensitivity, fmt));

    public void Info(MessageSensitivity sensitivity, string fmt, params object[] args) => Send(new(ChannelMessageKind.Info, sensitivity, fmt, args));

    protected override void OnDispose()
    {
        Trace(MessageSensitivity.None, "Channel finished. Elapsed {0:c}.", _watch.Elapsed);
        Trace(MessageSensitivity.None, "Channel disposed");
    }
}
