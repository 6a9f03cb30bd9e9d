using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Tests.Forwarding.Http1;

/// <summary>One request as it stood on the wire.</summary>
/// <param name="Head">Request line and headers with the empty line.</param>
/// <param name="Body">Decoded.</param>
/// <param name="Connection">Number of the connection, from 1.</param>
/// <param name="Number">Number of the request on its connection, from 1.</param>
internal sealed record SeenRequest(string Head, byte[] Body, int Connection, int Number)
{
    public string Target => Head.Split(' ')[1];
}

/// <summary>A backend that sends exactly what its script writes.</summary>
internal sealed class ScriptedOrigin : ScriptedListener
{
    private readonly Func<NetworkStream, SeenRequest, Task<bool>> _script;
    private readonly bool _headOnly;

    /// <param name="script">Answers; false = close the connection.</param>
    /// <param name="headOnly">The script is called when the head is there; bodies are left unread.</param>
    public ScriptedOrigin(Func<NetworkStream, SeenRequest, Task<bool>> script, bool headOnly = false)
    {
        _script = script;
        _headOnly = headOnly;
        Start();
    }

    public ConcurrentQueue<SeenRequest> Requests { get; } = new();

    /// <summary>Answers everything with the same bytes.</summary>
    public static ScriptedOrigin Answering(string wire, bool keep = true) => new(async (stream, _) =>
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(wire));
        return keep;
    });

    protected override async Task ServeAsync(NetworkStream stream, int number)
    {
        for (int request = 1; await ReadAsync(stream, number, request) is { } seen; request++)
        {
            Requests.Enqueue(seen);
            if (!await _script(stream, seen))
                return;
        }
    }

    private async Task<SeenRequest?> ReadAsync(NetworkStream stream, int connection, int number)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one) == 0)
                return null;
            head.Append((char)one[0]);
        }

        string text = head.ToString();
        byte[] body = _headOnly ? [] : await ReadBodyAsync(stream, text.ToLowerInvariant());
        return new SeenRequest(text, body, connection, number);
    }

    private static async Task<byte[]> ReadBodyAsync(NetworkStream stream, string head)
    {
        const string Length = "\r\ncontent-length: ";
        if (head.Contains("\r\ntransfer-encoding: chunked", StringComparison.Ordinal))
            return await ReadChunksAsync(stream);
        int at = head.IndexOf(Length, StringComparison.Ordinal);
        if (at < 0)
            return [];
        string digits = head[(at + Length.Length)..].Split('\r')[0];
        byte[] body = new byte[int.Parse(digits, CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body);
        return body;
    }

    private static async Task<byte[]> ReadChunksAsync(NetworkStream stream)
    {
        using var body = new MemoryStream();
        while (true)
        {
            var line = new StringBuilder();
            byte[] one = new byte[1];
            while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
            {
                await stream.ReadExactlyAsync(one);
                line.Append((char)one[0]);
            }

            byte[] chunk = new byte[int.Parse(line.ToString().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) + 2];
            await stream.ReadExactlyAsync(chunk);
            if (chunk.Length == 2)
                return body.ToArray();
            body.Write(chunk, 0, chunk.Length - 2);
        }
    }
}
