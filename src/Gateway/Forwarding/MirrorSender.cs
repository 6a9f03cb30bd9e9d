using System.Net;
using Gateway.Clusters;
using Gateway.Config;
using Gateway.Http;
using Gateway.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding;

/// <summary>
/// Sends copies of requests, as many at a time as the limit allows, and throws their answers away. Nothing of it reaches
/// the caller: not an error, not a delay. Thread-safe.
/// </summary>
/// <param name="options">Limits.</param>
/// <param name="time">For the deadline of a copy.</param>
internal sealed class MirrorSender(MirrorOptions options, TimeProvider time)
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private int _underWay;
    private long _sent;
    private long _dropped;
    private long _failed;

    /// <summary>Copies that were begun.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Copies that were not begun, as too many were under way, or given up, as their destination was too slow for the body.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Copies that got no complete answer.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Begins the copies of a request whose head is ready for upstream; null = there are none.</summary>
    public MirroredRequest? Begin(RequestContext request, EquatableArray<MirrorPolicy> mirrors, TimeSpan timeout)
    {
        if (request.Upgrade is not null || HttpMethods.IsConnect(request.Method))
            return null;
        MirroredRequest? mirrored = null;
        foreach (MirrorPolicy mirror in mirrors)
        {
            if (mirror.ClusterIndex < 0 || !mirror.Share.Draw(options.Random))
                continue;
            Cluster cluster = request.Chain!.Clusters[mirror.ClusterIndex];
            if (cluster.Pick(request.Hash) is not { } endpoint)
                continue;
            if (Interlocked.Increment(ref _underWay) > options.MaxConcurrent)
            {
                Interlocked.Decrement(ref _underWay);
                Interlocked.Increment(ref _dropped);
                continue;
            }
            Interlocked.Increment(ref _sent);
            MirrorBody? body = request.HasBody ? new MirrorBody(options.MaxBehindBytes, request.Http.Request.ContentLength) : null;
            var limit = new CancellationTokenSource(timeout > TimeSpan.Zero && timeout < options.Deadline ? timeout : options.Deadline, time);
            (mirrored ??= new MirroredRequest(request)).Add(body, limit);
            UpstreamProtocol protocol = cluster.ProtocolFor(request.ClientProtocol);
            HandlerTicket? ticket = cluster.NeedsTickets
                ? HandlerTicket.TryBegin(cluster, endpoint, request.Connection.RemoteEndPoint, request.Connection.LocalEndPoint, protocol == UpstreamProtocol.Http2)
                : null;
            _ = RunAsync(Copy(request, cluster, endpoint, protocol, ticket, body), cluster, endpoint, ticket, body, limit);
        }
        mirrored?.Attach();
        return mirrored;
    }

    private static HttpRequestMessage Copy(
        RequestContext request, Cluster cluster, UpstreamEndpoint endpoint, UpstreamProtocol protocol, HandlerTicket? ticket, MirrorBody? body)
    {
        bool isHttp2 = protocol == UpstreamProtocol.Http2;
        var copy = new HttpRequestMessage(
            HttpMethod.Parse(request.Method), new Uri(string.Concat(cluster.OriginOf(endpoint, ticket), request.Path, request.Query), AsWritten))
        {
            Version = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        if (ticket is not null)
            copy.Options.Set(HandlerTicket.Key, ticket);
        foreach (KeyValuePair<string, StringValues> header in request.Headers)
        {
            if (UpstreamRequest.IsMadeElsewhere(header.Key) || IsLeftOut(header.Key))
                continue;
            if (!UpstreamRequest.TryAdd(copy.Headers, header.Key, header.Value) && body is not null)
                UpstreamRequest.TryAdd(body.Headers, header.Key, header.Value);
        }
        string forwardedFor = request.Headers[HeaderNames.ForwardedFor].ToString();
        copy.Headers.TryAddWithoutValidation(HeaderNames.ForwardedFor, forwardedFor.Length > 0 ? $"{forwardedFor},{request.Connection.LocalIp}" : request.Connection.LocalIp);
        copy.Headers.TryAddWithoutValidation(HeaderNames.Internal, "true");
        copy.Headers.TryAddWithoutValidation(HeaderNames.Host, request.Authority);
        return copy;
    }

    // The copy has its own; nobody waits for a 100.
    private static bool IsLeftOut(string name) =>
        name.Equals(HeaderNames.ForwardedFor, StringComparison.OrdinalIgnoreCase) || name.Equals(HeaderNames.Internal, StringComparison.OrdinalIgnoreCase)
        || name.Equals(HeaderNames.Expect, StringComparison.OrdinalIgnoreCase) || name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase);

    private async Task RunAsync(HttpRequestMessage copy, Cluster cluster, UpstreamEndpoint endpoint, HandlerTicket? ticket, MirrorBody? body, CancellationTokenSource limit)
    {
        bool isRefused = cluster.NeedsTickets && ticket is null;
        if (isRefused || !cluster.TryBegin())
        {
            ticket?.End();
            Interlocked.Increment(ref _dropped);
            copy.Dispose();
            limit.Dispose();
            Interlocked.Decrement(ref _underWay);
            return;
        }
        endpoint.Begin();
        HandlerTicket.Current = ticket;
        try
        {
            using HttpResponseMessage response = await cluster.Client.SendAsync(copy, limit.Token);
            await response.Content.CopyToAsync(Stream.Null, limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            Interlocked.Increment(ref body is { IsTooSlow: true } ? ref _dropped : ref _failed);
        }
        finally
        {
            copy.Dispose();
            ticket?.End();
            endpoint.End();
            cluster.End();
            limit.Dispose();
            Interlocked.Decrement(ref _underWay);
        }
    }
}

/// <summary>Limits of the copies.</summary>
/// <param name="Random">Draws the requests that are copied.</param>
internal sealed record MirrorOptions(Random Random)
{
    /// <summary>Copies at a time, over all routes.</summary>
    public int MaxConcurrent { get; init; } = 1024;

    /// <summary>So much of a body a copy may be behind; then it is given up.</summary>
    public int MaxBehindBytes { get; init; } = 1024 * 1024;

    /// <summary>How long a copy may take where the route has no shorter limit.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(15);
}
