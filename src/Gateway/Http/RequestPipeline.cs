using Gateway.Streams;
using Gateway.Tls;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http;

/// <summary>
/// The way of one request, flat: (1) chain of the connection, (2) protocol checks, (3) target and path, (4) edge headers,
/// (5) authentication, (6) route, (7) authorization, (8) what the route answers by itself, (9) filters, of which the
/// router is the last. One async frame; the numbers are those of <c>docs/life-of-a-request.md</c>.
/// </summary>
/// <param name="currentChain">The connection's chain in the newest snapshot; null = it has none any more.</param>
/// <param name="denials">Remembers what a forward proxy refused.</param>
/// <param name="random">Draws destinations.</param>
/// <param name="logger">For faults of our own.</param>
internal sealed partial class RequestPipeline(Func<DownstreamConnection, FilterChain?> currentChain, EgressDenials denials, Random random, ILogger<RequestPipeline> logger)
{
    /// <summary>Takes a request to its end. Throws <see cref="BrokenResponseException"/> alone, for the server.</summary>
    public async Task RunAsync(RequestContext request)
    {
        try
        {
            ValueTask answer = Prepare(request);
            if (request.AnsweredLocally)
            {
                await answer;
                return;
            }
            // (5)
            foreach (HttpFilter filter in request.Chain!.Authentication)
            {
                if (await filter.OnRequestAsync(request) == FilterResult.Answered)
                    return;
            }
            // (6)
            RouteChoice.Choose(request, random);
            // (7)
            foreach (HttpFilter filter in request.Chain.Authorization)
            {
                if (await filter.OnRequestAsync(request) == FilterResult.Answered)
                    return;
            }
            // (8)
            answer = RouteChoice.Answer(request, denials);
            if (request.AnsweredLocally)
            {
                await answer;
                return;
            }
            // (9)
            foreach (HttpFilter filter in request.Chain.Filters)
            {
                if (await filter.OnRequestAsync(request) == FilterResult.Answered)
                    return;
            }
        }
        catch (BrokenResponseException)
        {
            throw;
        }
        catch (Exception e) when (request.Http.RequestAborted.IsCancellationRequested)
        {
            request.NoteClientGone();
            Log.ClientLeft(logger, e);
        }
        catch (BadHttpRequestException e)
        {
            Log.BadBody(logger, e);
            if (ClientBody.HasEnded(e))
                request.NoteClientGone();
            // The body broke the protocol while it was read.
            else
                await LocalReply.SendAsync(request, 400, "Bad Request", ResponseFlags.DownstreamProtocolError, "http1.codec_error", close: true);
        }
        catch (Exception e)
        {
            Log.Failed(logger, e);
            request.Info.Flags |= ResponseFlags.LocalReset;
            if (request.Http.Response.HasStarted)
                request.Http.Abort();
            else
                await LocalReply.SendAsync(request, 500, "", ResponseFlags.LocalReset, "internal_error", close: true);
        }
    }

    /// <summary>Steps 1 to 4. Whatever is answered here is answered through the returned task, with <see cref="RequestContext.AnsweredLocally"/> set.</summary>
    private ValueTask Prepare(RequestContext request)
    {
        // (1) A connection whose chain is gone is being drained; it keeps the chain it had, as in Envoy.
        DownstreamConnection connection = request.Connection;
        FilterChain? chain = currentChain(connection) ?? connection.LatestChain as FilterChain;
        if (chain is null)
            return LocalReply.SendAsync(request, 404, "", ResponseFlags.NoRouteFound, "route_not_found", close: true);
        request.Chain = chain;
        connection.LatestChain = chain;
        HttpSettings settings = chain.Settings;
        RequestHeaders headers = request.Headers;
        StreamInfo info = request.Info;

        // (2)
        string rawTarget = request.RawTarget;
        RequestTarget target = RequestTarget.Parse(rawTarget);
        // CONNECT names whom it wants in its target alone.
        bool isConnect = HttpMethods.IsConnect(request.Method) && CountedUpgrade.ProtocolOf(request.Http.Features) is null;
        request.Authority = info.Authority = isConnect ? rawTarget : target.Authority ?? headers[HeaderNames.Host].ToString();
        info.Path = target.Path.Length == 0 ? rawTarget : target.Path;
        info.UserAgent = First(headers[HeaderNames.UserAgent]);
        info.IsGrpc = IsGrpc(headers[HeaderNames.ContentType]);
        ProtocolFault? fault = request.IsHttp1
            ? ProtocolCheck.CheckHttp1(request, rawTarget, target, settings)
            : ProtocolCheck.CheckHttp2(headers);
        if (fault is not null)
            return Refuse(request, fault);
        if (ProtocolCheck.CheckCharacters(rawTarget, headers, out HeaderTraits traits) is { } unclean)
            return Refuse(request, unclean);
        if (ProtocolCheck.CheckAuthority(request.Authority) is { } badAuthority)
            return Refuse(request, badAuthority);
        if (chain.Siblings is { } siblings)
        {
            chain = request.Chain = siblings.Find(chain, request.Authority, out bool isMisdirected);
            if (isMisdirected)
                return LocalReply.SendAsync(request, 421, "", ResponseFlags.NoRouteFound, "misdirected_request");
        }

        // (3)
        // The server offers WebSocket over HTTP/2 and browsers take the offer; to routes it is a GET, as in Envoy.
        string? extended = HttpMethods.IsConnect(request.Method) ? CountedUpgrade.ProtocolOf(request.Http.Features) : null;
        if (extended is not null)
            request.Method = info.Method = HttpMethods.Get;
        if (!HttpMethods.IsConnect(request.Method))
        {
            if (target.Path.Length == 0)
                return Refuse(request, ProtocolCheck.NotAPath);
            if (!PathNormalizer.TryNormalize(target.Path, settings.PathNormalization, out string path, out string query))
                return Refuse(request, ProtocolCheck.BadPath);
            request.Path = path;
            request.Query = query;
        }

        // (4)
        string requestId = settings.SendRequestId ? RequestIds.Next() : "";
        EdgeResult edge = ApplyEdgeHeaders(request, settings, traits, requestId, out string ownForwardedFor);
        if (edge.BadConnectionHeader)
            return Refuse(request, ProtocolCheck.BadConnectionHeader);
        request.Upgrade = edge.Upgrade ?? extended;
        if (request.Upgrade is not null)
            CountedUpgrade.Attach(request.Http.Features, info);
        request.Scheme = info.Scheme = edge.Scheme;
        info.ClientAddress = edge.ClientAddress;
        info.ForwardedFor = (traits & HeaderTraits.Forwarded) == 0 ? ownForwardedFor : First(headers[HeaderNames.ForwardedFor]);
        info.RequestId = settings.SendRequestId ? requestId : First(headers[HeaderNames.RequestId]);
        return ValueTask.CompletedTask;
    }

    private static EdgeResult ApplyEdgeHeaders(
        RequestContext request, HttpSettings settings, HeaderTraits traits, string requestId, out string ownForwardedFor)
    {
        DownstreamConnection connection = request.Connection;
        if (connection.ClientCertificate is { } client)
            connection.ForwardedClientCertificate ??= ForwardedClientCertificate.Format(client, connection.ServerCertificate, settings.ClientCertDetails);
        var edge = new EdgeRequest
        {
            PeerIp = connection.RemoteIp,
            PeerIsLoopback = connection.RemoteIsLoopback,
            LocalIp = connection.LocalIp,
            IsTls = connection.IsTls,
            IsHttp1 = request.IsHttp1,
            ListenerPort = connection.ListenerPort,
            RequestId = requestId,
            ForwardedClientCertificate = connection.ForwardedClientCertificate,
        };
        ownForwardedFor = edge.ForwardedFor;
        return EdgeHeaders.Apply(request.Headers, edge, settings, traits);
    }

    private static ValueTask Refuse(RequestContext request, ProtocolFault fault) =>
        LocalReply.SendAsync(request, fault.Status, fault.Body, fault.Flags, fault.Details, close: fault.Status != 404);

    private static string? First(StringValues values) => values.Count == 0 ? null : values.ToString();

    // application/grpc and application/grpc+proto, but not application/grpc-web.
    internal static bool IsGrpc(string? contentType)
    {
        const string Grpc = "application/grpc";
        return contentType is not null && contentType.StartsWith(Grpc, StringComparison.OrdinalIgnoreCase) &&
            (contentType.Length == Grpc.Length || contentType[Grpc.Length] is '+' or ';' or ' ');
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "The client left before its request was done.")]
        public static partial void ClientLeft(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Debug, "The client's body breaks the protocol.")]
        public static partial void BadBody(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "A request failed for a reason that is our own fault.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
