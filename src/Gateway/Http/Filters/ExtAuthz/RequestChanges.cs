using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Filters.ExtAuthz;

/// <summary>
/// Does to headers and query what an answer asks for. Host, pseudo headers and those of the framing stay: what was
/// authorized is what is routed and forwarded.
/// </summary>
internal static class RequestChanges
{
    private static readonly System.Buffers.SearchValues<char> TokenCharacters =
        System.Buffers.SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Whether all that an answer asks for can be done without breaking a message apart.</summary>
    public static bool IsClean(AuthorizationAnswer answer) =>
        answer.RequestHeaders.TrueForAll(IsClean) && answer.ResponseHeaders.TrueForAll(IsClean) && answer.DenialHeaders.TrueForAll(IsClean)
        && answer.QuerySet.TrueForAll(pair => pair.Key.Length > 0 && IsQueryText(pair.Key) && !pair.Key.Contains('=', StringComparison.Ordinal) && IsQueryText(pair.Value));

    /// <summary>Changes the request.</summary>
    public static void Apply(AuthorizationAnswer answer, RequestContext request)
    {
        RequestHeaders headers = request.Headers;
        foreach (HeaderChange change in answer.RequestHeaders)
            Apply(change, headers);
        foreach (string name in answer.RemovedHeaders)
        {
            if (!IsFixed(name))
                headers.Remove(name);
        }
        foreach (string key in answer.QueryRemoved)
            request.Query = WithParameter(request.Query, key, null);
        foreach ((string key, string value) in answer.QuerySet)
            request.Query = WithParameter(request.Query, key, value);
    }

    /// <summary>Changes one header.</summary>
    public static void Apply(HeaderChange change, IHeaderDictionary headers)
    {
        if (IsFixed(change.Name))
            return;
        bool exists = headers.TryGetValue(change.Name, out StringValues values) && values.Count > 0;
        switch (change.Action)
        {
            case HeaderAction.AddIfAbsent when exists:
            case HeaderAction.OverwriteIfExists or HeaderAction.AppendIfExists when !exists:
                return;
            case HeaderAction.Append or HeaderAction.AppendIfExists when exists:
                headers[change.Name] = StringValues.Concat(values, change.Value);
                return;
            default:
                headers[change.Name] = change.Value;
                return;
        }
    }

    /// <summary>Headers that nobody but the gateway sets.</summary>
    public static bool IsFixed(string name) =>
        name.Length == 0 || name[0] == ':' || Is(name, HeaderNames.Host) || Is(name, HeaderNames.ContentLength) || Is(name, HeaderNames.TransferEncoding)
        || Is(name, HeaderNames.Connection) || Is(name, HeaderNames.Upgrade) || Is(name, HeaderNames.KeepAlive) || Is(name, HeaderNames.ProxyConnection);

    /// <summary>A query with a parameter set (in its first place, or at the end) or, without a value, removed.</summary>
    public static string WithParameter(string query, string key, string? value)
    {
        var parts = new List<string>();
        bool isSet = value is null;
        foreach (string part in query.Length > 1 ? query[1..].Split('&') : [])
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (!(equals < 0 ? part : part[..equals]).Equals(key, StringComparison.Ordinal))
            {
                parts.Add(part);
            }
            else if (!isSet)
            {
                parts.Add($"{key}={value}");
                isSet = true;
            }
        }
        if (!isSet)
            parts.Add($"{key}={value}");
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }

    private static bool IsClean(HeaderChange change)
    {
        ReadOnlySpan<char> name = change.Name.StartsWith(':') ? change.Name.AsSpan(1) : change.Name;
        return !name.IsEmpty && !name.ContainsAnyExcept(TokenCharacters) && !change.Value.AsSpan().ContainsAny('\r', '\n', '\0');
    }

    private static bool IsQueryText(string text) => !text.AsSpan().ContainsAnyExceptInRange('!', '~') && !text.AsSpan().ContainsAny('&', '#');

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
