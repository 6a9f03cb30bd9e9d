using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;

namespace Gateway.Acme;

/// <summary>An answer of the authority.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Body">Its body.</param>
/// <param name="Location">Where what was asked for is; null = not said.</param>
/// <param name="Nonce">A fresh nonce; null = none came.</param>
/// <param name="RetryAfter">How long to wait; null = not said.</param>
/// <param name="Alternates">Other chains of a certificate.</param>
internal sealed record AcmeReply(int Status, byte[] Body, Uri? Location, string? Nonce, TimeSpan? RetryAfter, IReadOnlyList<Uri> Alternates);

/// <summary>HTTPS to one authority, trusted as the issuer says.</summary>
internal sealed class AcmeHttp : IDisposable
{
    private const int MaxBytes = 1024 * 1024;

    private readonly TimeProvider _time;
    private readonly OwnRequests _requests;

    /// <summary>Makes a client.</summary>
    /// <param name="caBundle">PEM certificates that the authority's must lead to; empty = those of the system.</param>
    /// <param name="resolver">Finds addresses.</param>
    /// <param name="timeout">How long an exchange may take.</param>
    /// <param name="time">The clock.</param>
    public AcmeHttp(string caBundle, DnsResolver resolver, TimeSpan timeout, TimeProvider time)
    {
        _time = time;
        _requests = new OwnRequests(resolver, timeout, time, new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = Policy(caBundle),
        });
    }

    /// <summary>Sends a request; <paramref name="body"/> null = GET (or HEAD).</summary>
    /// <exception cref="AcmeException">No answer came.</exception>
    public async Task<AcmeReply> SendAsync(HttpMethod method, Uri uri, byte[]? body, CancellationToken cancellationToken)
    {
        if (uri.Scheme != Uri.UriSchemeHttps)
            throw new AcmeException("The authority names a URL that is not https.");
        using var request = new HttpRequestMessage(method, uri);
        request.Headers.TryAddWithoutValidation("User-Agent", "Gateway (ACME)");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/jose+json");
        }
        try
        {
            return await _requests.SendAsync(request, MaxBytes, (response, content) => Reply(uri, response, content), cancellationToken);
        }
        catch (OwnRequestException e)
        {
            throw new AcmeException(e.Message);
        }
    }

    public void Dispose() => _requests.Dispose();

    private AcmeReply Reply(Uri uri, HttpResponseMessage response, byte[] body) => new(
        (int)response.StatusCode,
        body,
        response.Headers.Location is { } location && Uri.TryCreate(uri, location, out Uri? place) ? place : null,
        response.Headers.TryGetValues("Replay-Nonce", out IEnumerable<string>? nonces) ? nonces.First() : null,
        RetryAfter(response.Headers.RetryAfter),
        [.. Alternates(response, uri)]);

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        TimeSpan? wait = header?.Delta ?? (header?.Date is { } date ? date - _time.GetUtcNow() : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static IEnumerable<Uri> Alternates(HttpResponseMessage response, Uri uri)
    {
        if (!response.Headers.TryGetValues("Link", out IEnumerable<string>? links))
            yield break;
        foreach (string link in links.SelectMany(line => line.Split(',')))
        {
            int end = link.IndexOf('>', StringComparison.Ordinal);
            int start = link.IndexOf('<', StringComparison.Ordinal);
            if (start >= 0 && end > start && link.AsSpan(end).Contains("rel=\"alternate\"", StringComparison.Ordinal) && Uri.TryCreate(uri, link[(start + 1)..end], out Uri? alternate))
                yield return alternate;
        }
    }

    private static X509ChainPolicy Policy(string caBundle)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (caBundle.Length > 0)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.ImportFromPem(caBundle);
        }
        return policy;
    }
}
