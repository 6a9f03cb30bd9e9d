using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Gateway.Demo;

/// <summary>What a service answered: <see cref="Body"/> is null when it did not answer well.</summary>
internal sealed class ServiceAnswer(int status, JsonDocument? document) : IDisposable
{
    /// <summary>HTTP status; 0 = no answer at all.</summary>
    public int Status { get; } = status;

    /// <summary>The JSON object of a 200 answer, else null.</summary>
    public JsonElement? Body { get; } = document?.RootElement;

    /// <inheritdoc/>
    public void Dispose() => document?.Dispose();
}

/// <summary>
/// How the demo's services call each other: by name, through the gateway's internal port, as they would through a
/// sidecar in a mesh. So the VirtualServices for <c>reviews</c>, <c>ratings</c> and <c>details</c> decide who answers.
/// </summary>
/// <param name="gatewayPort">The internal port on 127.0.0.1, 0 = not bound; asked at each call, as the gateway may bind it late or anew.</param>
internal sealed class ServiceCaller(Func<int> gatewayPort) : IDisposable
{
    private const int ServicePort = 9080;
    private const int MaxAnswerBytes = 64 * 1024;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(3);

    // What a service must hand on so that one page view stays one trace.
    private static readonly string[] HandedOn =
        ["x-request-id", "traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"];

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = Deadline,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
    });

    /// <summary>Asks a service; never throws for what the service or the network does.</summary>
    /// <param name="service">Short name, e.g. <c>reviews</c>.</param>
    /// <param name="path">Path of the request.</param>
    /// <param name="endUser">Who is signed in; goes along as the header <c>end-user</c>, which routes may match.</param>
    /// <param name="caller">The request being served, whose trace headers are handed on.</param>
    public async Task<ServiceAnswer> GetAsync(string service, string path, string? endUser, HttpContext caller)
    {
        int port = gatewayPort();
        if (port == 0)
            return new ServiceAnswer(0, null);

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(caller.RequestAborted);
        deadline.CancelAfter(Deadline);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}{path}");
        request.Headers.Host = $"{service}.default.svc.cluster.local:{ServicePort.ToString(CultureInfo.InvariantCulture)}";
        if (endUser is not null)
            request.Headers.TryAddWithoutValidation("end-user", endUser);
        foreach (string name in HandedOn)
        {
            if (caller.Request.Headers.TryGetValue(name, out var value))
                request.Headers.TryAddWithoutValidation(name, (string?)value);
        }

        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, deadline.Token);
            if (response.StatusCode != HttpStatusCode.OK)
                return new ServiceAnswer((int)response.StatusCode, null);

            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, deadline.Token);
            await using Stream body = await response.Content.ReadAsStreamAsync(deadline.Token);
            return new ServiceAnswer((int)response.StatusCode, await JsonDocument.ParseAsync(body, default, deadline.Token));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or JsonException)
        {
            return new ServiceAnswer(0, null);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
