using System.Globalization;
using System.Text;
using Gateway.Clusters.Http2;
using Gateway.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding.Http2;

/// <summary>Writes a request's head for HTTP/2.</summary>
internal static class Http2RequestHead
{
    private const int MethodGet = 2;
    private const int MethodPost = 3;
    private const int SchemeHttp = 6;
    private const int SchemeHttps = 7;

    /// <summary>Writes the head of a request into a block of its own.</summary>
    /// <param name="encoder">The connection's.</param>
    /// <param name="request">With its final headers, authority and path.</param>
    /// <param name="isTls">Whether the connection is TLS.</param>
    public static void Write(HpackEncoder encoder, RequestContext request, bool isTls)
    {
        encoder.Begin();
        if (HttpMethods.IsGet(request.Method))
            encoder.AddStatic(MethodGet);
        else if (HttpMethods.IsPost(request.Method))
            encoder.AddStatic(MethodPost);
        else
            encoder.Add(":method", request.Method);
        encoder.AddStatic(isTls ? SchemeHttps : SchemeHttp);
        if (request.Authority.Length > 0)
            encoder.Add(":authority", request.Authority);
        encoder.Add(":path", Target(request.Query.Length == 0 ? request.Path : string.Concat(request.Path, request.Query)));
        RequestHeaders headers = request.Headers;
        for (int i = 0; i < headers.Count; i++)
        {
            string name = headers.NameAt(i);
            if (!IsLeftOut(name))
                Write(encoder, name, headers.ValueAt(i));
        }

        // A length is said where a body is usual, so that nobody guesses (RFC 9110 section 8.6).
        long? length = request.HasBody ? request.Http.Request.ContentLength : RequestLines.IsBodyUnusual(request.Method) ? null : 0;
        if (length is not null)
            encoder.Add(HeaderNames.ContentLength, length == 0 ? "0" : length.Value.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Writes trailers into a block of their own.</summary>
    public static void WriteTrailers(HpackEncoder encoder, IHeaderDictionary trailers)
    {
        encoder.Begin();
        foreach (KeyValuePair<string, StringValues> trailer in trailers)
        {
            if (!IsLeftOut(trailer.Key))
                Write(encoder, trailer.Key, trailer.Value);
        }
    }

    private static void Write(HpackEncoder encoder, string name, StringValues values)
    {
        if (values.Count == 1)
            encoder.Add(name, values.ToString());
        else if (values.Count > 1)
            encoder.Add(name, string.Join(name.Equals("cookie", StringComparison.OrdinalIgnoreCase) ? "; " : ", ", (IEnumerable<string?>)values));
    }

    // A rewritten path can hold what the configuration's author wrote: everything but visible ASCII goes percent-encoded.
    private static string Target(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return text;
        var target = new StringBuilder(text.Length + 16);
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            if (b is >= (byte)'!' and <= (byte)'~')
                target.Append((char)b);
            else
                target.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return target.ToString();
    }

    // What is of a connection has no place in HTTP/2 (RFC 9113 section 8.2.2); the lengths are those of keep-alive and proxy-connection.
    private static bool IsLeftOut(string name) =>
        RequestLines.IsMadeHere(name) || (name.Length is 10 or 16 && HeaderTraitsOf.Name(name) == HeaderTraits.HopByHop);
}
