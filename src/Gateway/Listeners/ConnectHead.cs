using System.Buffers;
using System.Text;

namespace Gateway.Listeners;

/// <summary>What the beginning of a connection is.</summary>
/// <param name="NeedsMore">It may become a CONNECT request.</param>
/// <param name="Rewritten">The head of a CONNECT request whose Host is its target; null = there is none, or it is to be read as it came.</param>
/// <param name="End">Where that head ends in what came.</param>
internal readonly record struct ConnectHeadResult(bool NeedsMore, byte[]? Rewritten, SequencePosition End);

/// <summary>
/// Reads heads of CONNECT requests. A client need not repeat its target in Host as RFC 9112 (3.2.3) wants: Java leaves the
/// port out, others the header. Envoy takes them, and only the target counts; Kestrel refuses them.
/// </summary>
internal static class ConnectHead
{
    private const string HostField = "Host:";

    private static ReadOnlySpan<byte> Method => "CONNECT "u8;

    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    /// <summary>Looks at the first bytes of a connection.</summary>
    public static ConnectHeadResult Read(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> start = stackalloc byte[Method.Length];
        int length = (int)Math.Min(buffer.Length, start.Length);
        buffer.Slice(0, length).CopyTo(start);
        if (!start[..length].SequenceEqual(Method[..length]))
            return default;
        var reader = new SequenceReader<byte>(buffer);
        if (length < Method.Length || !reader.TryReadTo(out ReadOnlySequence<byte> head, HeadEnd))
            return new ConnectHeadResult(NeedsMore: true, null, default);
        return new ConnectHeadResult(false, Rewrite(Encoding.Latin1.GetString(head)), reader.Position);
    }

    private static byte[]? Rewrite(string head)
    {
        string[] lines = head.Split("\r\n");
        string[] words = lines[0].Split(' ');
        int hosts = lines.Count(IsHost);
        // What has two hosts, or a line feed of its own, is for the server to refuse.
        if (words.Length != 3 || hosts > 1 || lines.Any(line => line.AsSpan().ContainsAny('\r', '\n')))
            return null;
        string host = $"{HostField} {words[1]}";
        IEnumerable<string> rewritten = hosts == 0 ? [lines[0], host, .. lines.Skip(1)] : lines.Select(line => IsHost(line) ? host : line);
        return Encoding.Latin1.GetBytes(string.Join("\r\n", rewritten) + "\r\n\r\n");
    }

    private static bool IsHost(string line) => line.StartsWith(HostField, StringComparison.OrdinalIgnoreCase);
}
