using Gateway.Http;
using Microsoft.AspNetCore.Http;

namespace Gateway.Forwarding;

/// <summary>What the heads of requests have in common in both versions of HTTP.</summary>
internal static class RequestLines
{
    /// <summary>Whether a body is the exception: no length is said then where there is none (RFC 9110 section 8.6).</summary>
    public static bool IsBodyUnusual(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsDelete(method);

    /// <summary>Whether a line is made anew for each connection, so that what a request has of that name is not sent.</summary>
    public static bool IsMadeHere(string name) => name.Length switch
    {
        0 => true,
        4 => Is(name, HeaderNames.Host),
        7 => Is(name, HeaderNames.Upgrade),
        10 => Is(name, HeaderNames.Connection),
        14 => Is(name, HeaderNames.ContentLength),
        17 => Is(name, HeaderNames.TransferEncoding),
        _ => false,
    } || name[0] == ':';

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
