using System.Net;
using Microsoft.AspNetCore.Http;

namespace Gateway.Admin;

/// <summary>
/// Keeps web pages of others away from the admin port: a browser on the same machine can reach it, so a name that was
/// rebound to it (DNS rebinding) and requests made by pages of another origin are refused.
/// </summary>
internal static class AdminGuard
{
    /// <summary>Why a request is refused; null = it is not.</summary>
    public static string? Refusal(HttpRequest request)
    {
        string host = request.Host.Host;
        if (!IsOwnName(host))
            return "The Host header must be localhost or an IP address.";
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            return null;
        if (request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "none" or "same-origin"))
            return "Requests that change something must not come from another site.";
        string origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase)))
            return "Requests that change something must not come from another origin.";
        return null;
    }

    private static bool IsOwnName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Trim('[', ']'), out _);
}
