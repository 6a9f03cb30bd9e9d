using System.Globalization;
using System.Text;

namespace Gateway.Testing.Clients;

/// <summary>An HTTP/1.1 answer as it came over the socket.</summary>
public sealed record RawHttpResponse
{
    /// <summary>The status line.</summary>
    public required string StatusLine { get; init; }

    /// <summary>The header lines in order.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>The body, without chunk framing.</summary>
    public required byte[] Body { get; init; }

    /// <summary>The status.</summary>
    public int Status => int.Parse(StatusLine.Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>All values of a header, any case.</summary>
    public string[] Values(string name) =>
        [.. Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];

    /// <summary>The first value of a header; null = absent.</summary>
    public string? Header(string name) => Values(name).FirstOrDefault();
}
