using System.Runtime.CompilerServices;
using System.Text;

namespace ZephyrML.Teacher;

/// <summary>The data of server-sent events (WHATWG HTML, 9.2): lines end in LF, CR LF or CR; an event ends with an empty line; its data lines are joined by LF.</summary>
internal static class ServerSentEvents
{
    public static async IAsyncEnumerable<string> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        StringBuilder? data = null;
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0)
            {
                if (data is not null)
                    yield return data.ToString();
                data = null;
                continue;
            }
            if (!line.StartsWith("data", StringComparison.Ordinal) || (line.Length > 4 && line[4] != ':'))
                continue;                                                          // comments, event names, ids
            var value = line.Length > 4 ? line[5..] : "";
            data = data is null ? new() : data.Append('\n');
            data.Append(value.StartsWith(' ') ? value[1..] : value);
        }
        if (data is not null)                                                      // some servers leave out the last empty line
            yield return data.ToString();
    }
}
