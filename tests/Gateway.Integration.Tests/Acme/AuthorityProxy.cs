using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Integration.Tests.Acme;

/// <summary>
/// Stands in front of pebble under a name of its own, so that a test can let it fail, wait, or say what Debian's version does
/// not: renewal information (RFC 9773).
/// </summary>
internal sealed class AuthorityProxy : IAsyncDisposable
{
    private readonly TestCertificates _authority = new("Authority of a proxy " + Path.GetRandomFileName());
    private readonly TestCertificate _certificate;
    private readonly Uri _pebble;
    private readonly HttpClient _client = new(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true });
    private readonly ConcurrentQueue<(string Path, JsonElement? Payload)> _requests = [];
    private ScriptedHttpServer _server = null!;

    private AuthorityProxy(Pebble pebble)
    {
        _pebble = new Uri(pebble.Url);
        _certificate = _authority.IssueServer("127.0.0.1");
    }

    /// <summary>The directory.</summary>
    public string Url => $"https://127.0.0.1:{new Uri(_server.Url).Port}/dir";

    /// <summary>What <c>caBundle</c> says.</summary>
    public string CaBundle => Convert.ToBase64String(Encoding.ASCII.GetBytes(_authority.AuthorityPem));

    /// <summary>Answers requests itself: true = it has. Asked before pebble is.</summary>
    public Func<HttpContext, Task<bool>> Before { get; set; } = _ => Task.FromResult(false);

    /// <summary>Sees what pebble has answered before the client does.</summary>
    public Func<HttpContext, Task> After { get; set; } = _ => Task.CompletedTask;

    /// <summary>Says when a certificate, as RFC 9773 names it, should be renewed; null = the directory names no renewal information.</summary>
    public Func<string, (DateTimeOffset Start, DateTimeOffset End)>? Renewal { get; set; }

    /// <summary>Paths that were asked for, with what was signed.</summary>
    public IReadOnlyCollection<(string Path, JsonElement? Payload)> Requests => _requests;

    /// <summary>The orders that came here.</summary>
    public IReadOnlyList<JsonElement> Orders => [.. _requests.Where(request => request.Path == "/order-plz").Select(request => request.Payload!.Value)];

    /// <summary>Starts it; pebble may come later.</summary>
    public static async Task<AuthorityProxy> StartAsync(Pebble pebble)
    {
        var proxy = new AuthorityProxy(pebble);
        proxy._server = await ScriptedHttpServer.StartAsync(proxy.AnswerAsync, listen => listen.UseHttps(proxy._certificate.Certificate));
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _client.Dispose();
        _certificate.Dispose();
        _authority.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _requests.Enqueue((path, Payload(body.ToArray())));
        if (Renewal is { } renewal && path.StartsWith("/renewal/", StringComparison.Ordinal))
        {
            (DateTimeOffset start, DateTimeOffset end) = renewal(path["/renewal/".Length..]);
            context.Response.Headers.RetryAfter = "1";
            await context.Response.WriteAsync($$"""{"suggestedWindow": {"start": "{{start:O}}", "end": "{{end:O}}"} }""");
            return;
        }
        if (await Before(context))
            return;
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(_pebble, path));
        // Pebble makes its URLs of it.
        request.Headers.Host = context.Request.Host.Value;
        if (body.Length > 0)
            request.Content = new ByteArrayContent(body.ToArray()) { Headers = { ContentType = new("application/jose+json") } };
        using HttpResponseMessage response = await _client.SendAsync(request);
        await After(context);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (string name in (string[])["Replay-Nonce", "Location", "Link", "Retry-After"])
        {
            if (response.Headers.TryGetValues(name, out IEnumerable<string>? values))
                context.Response.Headers.Append(name, values.ToArray());
        }
        byte[] answer = await response.Content.ReadAsByteArrayAsync();
        if (path == "/dir" && Renewal is not null)
        {
            JsonNode directory = JsonNode.Parse(answer)!;
            directory["renewalInfo"] = $"https://{context.Request.Host}/renewal";
            answer = Encoding.UTF8.GetBytes(directory.ToJsonString());
        }
        if (response.StatusCode != HttpStatusCode.NoContent && context.Request.Method != "HEAD")
            await context.Response.Body.WriteAsync(answer);
    }

    private static JsonElement? Payload(byte[] body)
    {
        if (body.Length == 0)
            return null;
        using var signed = JsonDocument.Parse(body);
        string payload = signed.RootElement.GetProperty("payload").GetString()!;
        return payload.Length == 0 ? null : JsonDocument.Parse(Microsoft.IdentityModel.Tokens.Base64UrlEncoder.DecodeBytes(payload)).RootElement;
    }
}
