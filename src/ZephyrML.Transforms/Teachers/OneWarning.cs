using Microsoft.ML.Runtime;

namespace ZephyrML.Transforms.Teachers;

/// <summary>A warning in ML.NET's log, said once however often it holds.</summary>
internal sealed class OneWarning(IChannelProvider environment, string source, string? message = null)
{
    private int _said;

    public void Say(string? what = null)
    {
        if (Interlocked.Exchange(ref _said, 1) != 0)
            return;
        using var channel = environment.Start(source);
        channel.Warning(MessageSensitivity.None, what ?? message);
    }
}
