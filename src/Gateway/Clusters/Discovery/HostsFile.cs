using System.Collections.Immutable;
using System.Net;

namespace Gateway.Clusters.Discovery;

/// <summary>The system's hosts file, read again when it has changed. Thread-safe.</summary>
internal sealed class HostsFile(string path)
{
    private Content _content = new(default, ImmutableDictionary<string, ImmutableArray<IPAddress>>.Empty);

    /// <summary>The addresses of a name; empty = it is not in the file.</summary>
    public ImmutableArray<IPAddress> Find(string name)
    {
        Content content = Volatile.Read(ref _content);
        try
        {
            DateTime written = File.GetLastWriteTimeUtc(path);
            if (written != content.Written)
                Volatile.Write(ref _content, content = new Content(written, Parse(File.ReadAllText(path))));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Keeps what was read before.
        }
        return content.Names.GetValueOrDefault(name.TrimEnd('.'), []);
    }

    /// <summary>Reads the format of hosts(5).</summary>
    internal static ImmutableDictionary<string, ImmutableArray<IPAddress>> Parse(string text)
    {
        var names = ImmutableDictionary.CreateBuilder<string, ImmutableArray<IPAddress>>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in text.Split('\n'))
        {
            int comment = line.IndexOf('#', StringComparison.Ordinal);
            string[] words = (comment < 0 ? line : line[..comment]).Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !IPAddress.TryParse(words[0], out IPAddress? address))
                continue;
            foreach (string name in words.AsSpan(1))
                names[name] = [.. names.GetValueOrDefault(name, []), address];
        }
        return names.ToImmutable();
    }

    private sealed record Content(DateTime Written, ImmutableDictionary<string, ImmutableArray<IPAddress>> Names);
}
