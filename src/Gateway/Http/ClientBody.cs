using Microsoft.AspNetCore.Http;

namespace Gateway.Http;

/// <summary>What a failure to read a client's body says of the client.</summary>
internal static class ClientBody
{
    // The server tells its reasons apart by their texts alone.
    private const string UnexpectedEnd = "Unexpected end of request content.";

    /// <summary>Whether the client ended its side in the middle: it has gone, and did not speak nonsense.</summary>
    public static bool HasEnded(BadHttpRequestException fault) => fault.Message == UnexpectedEnd;

    /// <summary>Whether the client's body broke the protocol; everything else that can happen is its departure.</summary>
    public static bool IsMalformed(Exception? fault)
    {
        for (Exception? e = fault; e is not null; e = e.InnerException)
        {
            if (e is BadHttpRequestException bad)
                return !HasEnded(bad);
        }
        return false;
    }
}
