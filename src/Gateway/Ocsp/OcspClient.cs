using System.Globalization;
using System.Net.Http.Headers;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;

namespace Gateway.Ocsp;

/// <summary>Asks OCSP responders (RFC 6960 appendix A).</summary>
internal sealed class OcspClient(DnsResolver resolver, TimeSpan timeout, TimeProvider time) : IDisposable
{
    /// <summary>Largest answer: it is shown in every handshake.</summary>
    public const int MaxBytes = 32 * 1024;

    private readonly OwnRequests _requests = new(resolver, timeout, time);

    /// <summary>Asks.</summary>
    /// <exception cref="OwnRequestException">No answer came.</exception>
    public async Task<byte[]> AskAsync(Uri responder, byte[] question, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, responder) { Content = new ByteArrayContent(question) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/ocsp-request");
        return await _requests.SendAsync(
            request, MaxBytes,
            (response, body) => response.IsSuccessStatusCode ? body : throw new OwnRequestException(string.Create(CultureInfo.InvariantCulture, $"{responder} answered with status {(int)response.StatusCode}.")),
            cancellationToken);
    }

    public void Dispose() => _requests.Dispose();
}
