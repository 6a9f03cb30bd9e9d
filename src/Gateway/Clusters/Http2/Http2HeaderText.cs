using System.Buffers;
using Gateway.Clusters.Http1;

namespace Gateway.Clusters.Http2;

/// <summary>What header lines of HTTP/2 may look like (RFC 9113 section 8.2).</summary>
internal static class Http2HeaderText
{
    private static readonly SearchValues<char> NameChars = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz");

    // Everything but control characters other than the tab.
    private static readonly SearchValues<char> ValueChars =
        SearchValues.Create(['\t', .. Enumerable.Range(0x20, 0x5f).Select(c => (char)c), .. Enumerable.Range(0x80, 0x80).Select(c => (char)c)]);

    /// <summary>The kind of a line; what must not be in a message is <see cref="HeaderKind.Invalid"/>.</summary>
    public static HeaderKind KindOf(string name, string value)
    {
        if (name.StartsWith(':'))
            return name == ":status" || IsRequestPseudo(name) ? HeaderKind.Pseudo : HeaderKind.Invalid;
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(NameChars) || value.AsSpan().ContainsAnyExcept(ValueChars) || value.AsSpan().Trim(" \t").Length != value.Length)
            return HeaderKind.Invalid;
        HeaderKind kind = HeaderLine.KindOf(name);
        // What is of a connection means nothing here and makes a message malformed (section 8.2.2).
        return kind is HeaderKind.Connection or HeaderKind.HopByHop or HeaderKind.TransferEncoding ? HeaderKind.Invalid : kind;
    }

    private static bool IsRequestPseudo(string name) => name is ":authority" or ":method" or ":path" or ":scheme";
}
