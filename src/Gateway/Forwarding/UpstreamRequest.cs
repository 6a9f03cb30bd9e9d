using System.Net;
using System.Net.Http.Headers;
using Gateway.Clusters;
using Gateway.Forwarding.Http1;
using Gateway.Forwarding.Http2;
using Gateway.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Forwarding;

/// <summary>
/// One attempt, and the seam behind which the means of forwarding differ: our own clients on the event loop that holds
/// the client's connection, and for all they do not do YARP's forwarder, whose transformer this object is: headers
/// go out and come back exactly as the gateway has them. One per request context.
/// </summary>
internal sealed class UpstreamRequest : HttpTransformer
{
    // No idle timeout: Istio's gateways have none by default.
    private static readonly ForwarderRequestConfig Http1 = new()
    {
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static readonly ForwarderRequestConfig Http2 = Http1 with { Version = HttpVersion.Version20 };
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly RequestContext _request;
    private readonly IHttpForwarder _forwarder;
    private readonly RouterState _state;
    private readonly bool _ownClient;
    private Http1Exchange? _http1;
    private Http2Exchange? _http2;
    private UpstreamEndpoint _endpoint = null!;
    private Cluster _cluster = null!;
    private HandlerTicket? _ticket;
    private string _origin = "";
    private bool _refused;
    private bool _switchedUnasked;

    public UpstreamRequest(RequestContext request, IHttpForwarder forwarder, RouterState state, bool ownClient)
    {
        _request = request;
        _forwarder = forwarder;
        _state = state;
        _ownClient = ownClient;
    }

    /// <summary>Whether requests to a cluster are sent by a client that never leaves the loop of the client's connection.</summary>
    public bool StaysOnLoop(Cluster cluster) => _ownClient && (Http1Exchange.CanSend(_request, cluster, _state) || Http2Exchange.CanSend(_request, cluster));

    /// <summary>Sends the request to an endpoint and the answer to the client.</summary>
    public ValueTask<UpstreamOutcome> SendAsync(Cluster cluster, UpstreamEndpoint endpoint)
    {
        _endpoint = endpoint;
        _cluster = cluster;
        _request.Info.UpstreamHost = endpoint.Address;
        if (!_ownClient)
            return ForwardAsync(cluster, endpoint);
        if (Http1Exchange.CanSend(_request, cluster, _state))
            return (_http1 ??= new Http1Exchange(_request, _state)).SendAsync(cluster, endpoint);
        return Http2Exchange.CanSend(_request, cluster) ? (_http2 ??= new Http2Exchange(_request, _state)).SendAsync(cluster, endpoint) : ForwardAsync(cluster, endpoint);
    }

    private async ValueTask<UpstreamOutcome> ForwardAsync(Cluster cluster, UpstreamEndpoint endpoint)
    {
        UpstreamProtocol protocol = cluster.ProtocolFor(_request.ClientProtocol);
        if (!cluster.NeedsTickets)
            return await ForwardAsync(cluster, endpoint, protocol);
        HandlerTicket? ticket = HandlerTicket.TryBegin(
            cluster, endpoint, _request.Connection.RemoteEndPoint, _request.Connection.LocalEndPoint, protocol == UpstreamProtocol.Http2);
        if (ticket is null)
            return new UpstreamOutcome(UpstreamOutcomeKind.Overflow);
        HandlerTicket.Current = _ticket = ticket;
        try
        {
            return await ForwardAsync(cluster, endpoint, protocol);
        }
        finally
        {
            _ticket = null;
            ticket.End();
        }
    }

    private async ValueTask<UpstreamOutcome> ForwardAsync(Cluster cluster, UpstreamEndpoint endpoint, UpstreamProtocol protocol)
    {
        HttpContext http = _request.Http;
        _request.CountResponseBody();
        _origin = cluster.OriginOf(endpoint, _ticket);
        _refused = false;
        _switchedUnasked = false;
        ForwarderRequestConfig config = protocol == UpstreamProtocol.Http2 ? Http2 : Http1;
        ForwarderError error = await SendAsync(http, cluster, config);
        if (_refused)
        {
            http.Features.Set<IForwarderErrorFeature>(null);
            return new UpstreamOutcome(UpstreamOutcomeKind.Refused);
        }
        if (_switchedUnasked)
        {
            http.Features.Set<IForwarderErrorFeature>(null);
            return new UpstreamOutcome(UpstreamOutcomeKind.ProtocolError);
        }
        if (error == ForwarderError.None)
            return default;
        Exception? exception = http.Features.Get<IForwarderErrorFeature>()?.Exception;
        http.Features.Set<IForwarderErrorFeature>(null);
        return UpstreamFailure.Classify(error, exception);
    }

    private async ValueTask<ForwarderError> SendAsync(HttpContext http, Cluster cluster, ForwarderRequestConfig config)
    {
        // A connection that has changed its protocol has no response to be completed.
        if (_request.Upgrade is not null)
            return await _forwarder.SendAsync(http, _origin, cluster.Client, config, this, _state.Token);
        _request.HoldResponse();
        try
        {
            return await _forwarder.SendAsync(http, _origin, cluster.Client, config, this, _state.Token);
        }
        finally
        {
            _request.ReleaseResponse();
        }
    }

    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        // The forwarder has already put Connection and Upgrade on a request that changes protocols.
        foreach (KeyValuePair<string, StringValues> header in httpContext.Request.Headers)
        {
            string name = header.Key;
            // A request without a body gets the length its method needs from the client.
            if (!IsMadeElsewhere(name) && !(proxyRequest.Content is null && Is(name, HeaderNames.ContentLength)))
                Copy(proxyRequest, name, header.Value);
        }
        proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.Host, _request.Authority);
        if (_ticket is not null)
            proxyRequest.Options.Set(HandlerTicket.Key, _ticket);
        proxyRequest.RequestUri = new Uri(string.Concat(_origin, _request.Path, _request.Query), AsWritten);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
            return false;
        HttpResponse response = httpContext.Response;
        bool switching = proxyResponse.StatusCode == HttpStatusCode.SwitchingProtocols;
        // A client that did not ask would take what follows for answers to its requests.
        if (switching && _request.Upgrade is null)
        {
            _switchedUnasked = true;
            return false;
        }
        bool upgraded = switching && _request.IsHttp1;
        Copy(proxyResponse.Headers, response.Headers, upgraded);
        Copy(proxyResponse.Content.Headers, response.Headers, upgraded);
        UpstreamResponse.Report(_request, _cluster, _endpoint);
        if (!_state.Accepts(response))
        {
            _refused = true;
            return false;
        }
        // The forwarder accepts an extended CONNECT with 200.
        UpstreamResponse.Finish(_request, switching && !upgraded ? StatusCodes.Status200OK : response.StatusCode);
        if (!switching && HasBody(proxyResponse))
            await SendHeadFirstAsync(response, proxyResponse, cancellationToken);
        return true;
    }

    private bool HasBody(HttpResponseMessage response) =>
        !HttpMethods.IsHead(_request.Method) && response.Content.Headers.ContentLength != 0 &&
        response.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.NotModified);

    // The forwarder keeps the head until there is something of the body, and forgets it if nothing comes. What has a
    // body for sure is begun here; HTTP/2 alone may end with its head, which gRPC's clients must be told in one.
    private static async ValueTask SendHeadFirstAsync(HttpResponse response, HttpResponseMessage upstream, CancellationToken cancellationToken)
    {
        if (upstream.Version.Major < 2)
            await response.StartAsync(cancellationToken);
        try
        {
            Stream body = await upstream.Content.ReadAsStreamAsync(cancellationToken);
            ValueTask<int> first = body.ReadAsync(Memory<byte>.Empty, cancellationToken);
            if (!first.IsCompletedSuccessfully)
            {
                await response.StartAsync(cancellationToken);
                if (!first.IsCompleted)
                    await response.BodyWriter.FlushAsync(cancellationToken);
            }
            await first;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or HttpRequestException)
        {
            // The forwarder will find the same and tell it.
        }
    }

    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        // Envoy drops trailers on HTTP/1, in both directions.
        if (_request.IsHttp1 || proxyResponse.Version.Major < 2)
            return ValueTask.CompletedTask;
        foreach (KeyValuePair<string, HeaderStringValues> trailer in proxyResponse.TrailingHeaders.NonValidated)
        {
            StringValues values = Join(trailer.Value);
            httpContext.Response.AppendTrailer(trailer.Key, values);
            if (_request.Info.IsGrpc && trailer.Key.Equals(HeaderNames.GrpcStatus, StringComparison.OrdinalIgnoreCase))
                _request.Info.GrpcStatus = values.ToString();
        }
        return ValueTask.CompletedTask;
    }

    private static void Copy(HttpRequestMessage target, string name, StringValues values)
    {
        if (TryAdd(target.Headers, name, values))
            return;
        // Headers about a body (content-type) are kept even where there is none; the forwarder allows only its own
        // empty content for that.
        if (target.Content is null)
            RequestTransform.AddHeader(new RequestTransformContext { ProxyRequest = target }, name, values);
        else
            TryAdd(target.Content.Headers, name, values);
    }

    internal static bool TryAdd(HttpHeaders headers, string name, StringValues values) => values.Count == 1
        ? headers.TryAddWithoutValidation(name, values[0])
        : headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);

    private static void Copy(HttpHeaders source, IHeaderDictionary target, bool upgraded)
    {
        foreach (KeyValuePair<string, HeaderStringValues> header in source.NonValidated)
        {
            if (!IsHopByHop(header.Key, upgraded))
                UpstreamResponse.Append(target, header.Key, Join(header.Value));
        }
    }

    private static StringValues Join(HeaderStringValues values)
    {
        if (values.Count == 1)
            return values.ToString();
        string[] array = new string[values.Count];
        int i = 0;
        foreach (string value in values)
            array[i++] = value;
        return array;
    }

    internal static bool IsMadeElsewhere(string name) =>
        name.Length > 0 && (name[0] == ':' ||
        Is(name, HeaderNames.Host) || Is(name, HeaderNames.Connection) || Is(name, HeaderNames.Upgrade) || Is(name, HeaderNames.TransferEncoding));

    private static bool IsHopByHop(string name, bool upgraded) =>
        Is(name, HeaderNames.TransferEncoding) || Is(name, HeaderNames.KeepAlive) || Is(name, HeaderNames.ProxyConnection) ||
        (!upgraded && (Is(name, HeaderNames.Connection) || Is(name, HeaderNames.Upgrade)));

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
