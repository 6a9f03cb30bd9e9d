using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Acme;

/// <summary>An order as the authority has it (RFC 8555, section 7.1.3).</summary>
/// <param name="Url">Where it is.</param>
/// <param name="Status">pending, ready, processing, valid or invalid.</param>
/// <param name="Authorizations">What must be proven.</param>
/// <param name="Finalize">Where the request for the certificate goes.</param>
/// <param name="Certificate">Where the certificate is; null = not yet.</param>
/// <param name="Error">Why it is invalid; null = not said.</param>
internal sealed record AcmeOrder(Uri Url, string Status, IReadOnlyList<Uri> Authorizations, Uri? Finalize, Uri? Certificate, string? Error)
{
    /// <summary>Reads one.</summary>
    public static AcmeOrder Parse(Uri url, AcmeReply reply) => AcmeJson.Read(reply.Body, root => new AcmeOrder(
        url,
        AcmeJson.Text(root, "status") ?? "",
        [.. AcmeJson.Items(root, "authorizations").Select(item => AcmeJson.Url(item.GetString()))],
        AcmeJson.Text(root, "finalize") is { } finalize ? AcmeJson.Url(finalize) : null,
        AcmeJson.Text(root, "certificate") is { } certificate ? AcmeJson.Url(certificate) : null,
        root.TryGetProperty("error", out JsonElement error) ? AcmeJson.Problem(error) : null));
}

/// <summary>What must be proven of one name (section 7.1.4).</summary>
/// <param name="Url">Where it is.</param>
/// <param name="Name">The name.</param>
/// <param name="Status">pending, valid, invalid, deactivated, expired or revoked.</param>
/// <param name="Challenges">The ways to prove it.</param>
internal sealed record AcmeAuthorization(Uri Url, string Name, string Status, IReadOnlyList<AcmeChallenge> Challenges)
{
    /// <summary>Reads one.</summary>
    public static AcmeAuthorization Parse(Uri url, AcmeReply reply) => AcmeJson.Read(reply.Body, root => new AcmeAuthorization(
        url,
        root.TryGetProperty("identifier", out JsonElement name) ? AcmeJson.Text(name, "value") ?? "" : "",
        AcmeJson.Text(root, "status") ?? "",
        [.. AcmeJson.Items(root, "challenges").Where(item => AcmeJson.Text(item, "url") is not null).Select(item => new AcmeChallenge(
            AcmeJson.Text(item, "type") ?? "",
            AcmeJson.Url(AcmeJson.Text(item, "url")),
            AcmeJson.Text(item, "token") ?? "",
            item.TryGetProperty("error", out JsonElement error) ? AcmeJson.Problem(error) : null))]));
}

/// <summary>One way to prove control over a name (section 8).</summary>
/// <param name="Type">http-01, tls-alpn-01, ….</param>
/// <param name="Url">Where the authority is told to look.</param>
/// <param name="Token">What it will look for.</param>
/// <param name="Error">What it missed; null = nothing.</param>
internal sealed record AcmeChallenge(string Type, Uri Url, string Token, string? Error);

/// <summary>When a certificate should be replaced (RFC 9773).</summary>
/// <param name="Start">Begin of the window.</param>
/// <param name="End">Its end.</param>
/// <param name="AskAgain">When to ask again; null = not said.</param>
internal sealed record RenewalWindow(DateTimeOffset Start, DateTimeOffset End, TimeSpan? AskAgain);

/// <summary>Reads the authority's JSON; what does not fit is an <see cref="AcmeException"/>.</summary>
internal static class AcmeJson
{
    private const string ErrorPrefix = "urn:ietf:params:acme:error:";
    private const int LongestDetail = 500;

    /// <summary>Reads a whole answer.</summary>
    public static T Read<T>(ReadOnlyMemory<byte> json, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : throw new AcmeException("The authority's answer is no JSON object.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new AcmeException("The authority's answer cannot be read.");
        }
    }

    /// <summary>A text; null = it is not there.</summary>
    public static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A list; empty = it is not there.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];

    /// <summary>A URL that must be there.</summary>
    public static Uri Url(string? text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) ? uri : throw new AcmeException("The authority's answer lacks a URL.");

    /// <summary>A time that must be there.</summary>
    public static DateTimeOffset Time(JsonElement item, string name) =>
        DateTimeOffset.TryParse(Text(item, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : throw new AcmeException($"The authority's answer lacks the time {name}.");

    /// <summary>The type of a problem without its prefix.</summary>
    public static string ProblemType(JsonElement problem)
    {
        string type = Text(problem, "type") ?? "";
        return type.StartsWith(ErrorPrefix, StringComparison.Ordinal) ? type[ErrorPrefix.Length..] : type;
    }

    /// <summary>A problem (RFC 7807) for people.</summary>
    public static string Problem(JsonElement problem)
    {
        var text = new StringBuilder(ProblemType(problem));
        if (Text(problem, "detail") is { } detail)
            text.Append(": ").Append(detail);
        foreach (JsonElement part in Items(problem, "subproblems"))
            text.Append("; ").Append(Text(part, "detail"));
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
                text[i] = ' ';
        }
        return text.Length <= LongestDetail ? text.ToString() : text.ToString(0, LongestDetail) + "…";
    }
}
