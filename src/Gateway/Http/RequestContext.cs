using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Gateway.Clusters;
using Gateway.Config;
using Gateway.Matching;
using Gateway.Routing;
using Gateway.Streams;
using Gateway.Transport;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http;

/// <summary>
/// One request under way: the HTTP objects, what is known of it, and what was decided. Used by one request
/// after the other, never by two at once: of any HTTP/1 connection of a loop, elsewhere of one slot of the server.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The counted bodies hold nothing of their own; they only stand before the server's streams.")]
internal sealed class RequestContext
{
    private const int FirstPeek = 4096;

    private readonly RequestHeaders _headers = new();
    private readonly CountedRequestBody _requestBody;
    private readonly CountedResponseBody _responseBody;
    private readonly HeldLifetime _lifetime = new();

    public RequestContext(TimeProvider time)
    {
        Time = time;
        _requestBody = new CountedRequestBody(this);
        _responseBody = new CountedResponseBody(Info);
    }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>ASP.NET's view of the request and its answer.</summary>
    public DefaultHttpContext Http { get; } = new();

    /// <summary>What logs and metrics will read.</summary>
    public StreamInfo Info { get; } = new();

    /// <summary>The client's connection.</summary>
    public DownstreamConnection Connection { get; private set; } = null!;

    /// <summary>The chain the request was given; fixed for its life, whatever happens to the configuration.</summary>
    public FilterChain? Chain { get; set; }

    /// <summary>Request headers; the object of <see cref="Http"/>, without the way to it.</summary>
    public RequestHeaders Headers => _headers;

    /// <summary>Response headers; the object of <see cref="Http"/>, without the way to it.</summary>
    public IHeaderDictionary AnswerHeaders { get; private set; } = null!;

    /// <summary>Target of the request line or <c>:path</c>, as sent.</summary>
    public string RawTarget { get; private set; } = "";

    /// <summary>Method, as sent.</summary>
    public string Method { get; set; } = "";

    /// <summary><c>http</c> or <c>https</c> by which the route was chosen.</summary>
    public string Scheme { get; set; } = "";

    /// <summary>The authority the client sent.</summary>
    public string Authority { get; set; } = "";

    /// <summary>Normalized path.</summary>
    public string Path { get; set; } = "";

    /// <summary>Query with its <c>?</c>, or empty.</summary>
    public string Query { get; set; } = "";

    /// <summary>The protocol the client wants to change to (<c>websocket</c>); null = none.</summary>
    public string? Upgrade { get; set; }

    /// <summary>Whether the client wants a tunnel (CONNECT), not an answer.</summary>
    public bool IsTunnel => Upgrade is null && HttpMethods.IsConnect(Method);

    /// <summary>Whether the client speaks HTTP/1.x.</summary>
    public bool IsHttp1 { get; private set; }

    /// <summary>What the client speaks, where the upstream is to be spoken to alike.</summary>
    public UpstreamProtocol ClientProtocol => IsHttp1 ? UpstreamProtocol.Http1 : UpstreamProtocol.Http2;

    /// <summary>The route; null until one was chosen.</summary>
    public Route? Route { get; set; }

    /// <summary>What the route table said; a redirect to https is no route.</summary>
    public RouteDecision Decision { get; set; }

    /// <summary>Claims of the valid token, after the filter that checks tokens; null = there is none.</summary>
    public ClaimValue? Claims { get; set; }

    /// <summary>Kept by authorization from one request to the next; nobody else looks into it.</summary>
    public object? AuthorizationState { get; set; }

    /// <summary>Changes of the response that authorization asks for; null = none. Nobody else looks into it.</summary>
    public object? AuthorizedResponse { get; set; }

    /// <summary>The destination drawn from the route; null unless it forwards.</summary>
    public WeightedCluster? Destination { get; set; }

    /// <summary>The live cluster of <see cref="Destination"/>; null = it does not exist (503 NC).</summary>
    public Cluster? Cluster { get; set; }

    /// <summary>Whether a circuit breaker refused it, which the answer tells.</summary>
    public bool IsOverflow { get; set; }

    /// <summary>By what the request finds its endpoint; null = by nothing of its own.</summary>
    public ulong? Hash { get; set; }

    /// <summary>A cookie that binds the client to its endpoint, to be set with the answer of the upstream; null = none.</summary>
    public string? MadeCookie { get; set; }

    /// <summary>Response header operations of the route; applied to whatever is answered once a route was found.</summary>
    public EquatableArray<HeaderOperations> ResponseHeaders { get; set; }

    /// <summary>Whether a body comes with the request.</summary>
    public bool HasBody { get; private set; }

    /// <summary>The body as the server reads it; null = there is none. Whoever reads it, and not the request's stream, tells <see cref="NoteReceived"/>.</summary>
    public PipeReader? BodyReader { get; private set; }

    /// <summary>When the request was received completely, <see cref="TimeProvider.GetTimestamp"/>; 0 = not yet.</summary>
    public long RequestEndTimestamp { get; private set; }

    /// <summary>Told when the request has come in completely; null = nobody.</summary>
    public IRequestEndObserver? EndObserver { get; set; }

    /// <summary>Kept by the router from one request to the next; nobody else looks into it.</summary>
    public object? RouterState { get; set; }

    /// <summary>What rate limits said, for the response; null until one was first asked.</summary>
    public RateLimitNote? RateLimits { get; set; }

    /// <summary>The origin that a CORS policy allows, to be told in the response; null = none.</summary>
    public string? AllowedOrigin { get; set; }

    /// <summary>Whether the answer was made by the gateway itself.</summary>
    public bool AnsweredLocally { get; set; }

    /// <summary>Whether the request has come in completely.</summary>
    public bool IsRequestComplete => !HasBody || RequestEndTimestamp != 0;

    /// <summary>Makes it ready for the next request.</summary>
    public void Begin(IFeatureCollection features, DownstreamConnection connection)
    {
        Http.Initialize(features);
        Connection = connection;
        Info.Connection = Connection;
        Info.StartTime = Time.GetUtcNow();
        Info.StartTimestamp = Time.GetTimestamp();
        // The server's own features are one object; asking the collection for them by type costs ten times a cast.
        IHttpRequestFeature request = features as IHttpRequestFeature ?? features.GetRequiredFeature<IHttpRequestFeature>();
        _headers.CopyFrom(request.Headers);
        request.Headers = _headers;
        AnswerHeaders = (features as IHttpResponseFeature ?? features.GetRequiredFeature<IHttpResponseFeature>()).Headers;
        RawTarget = request.RawTarget;
        Method = request.Method;
        string protocol = request.Protocol;
        IsHttp1 = protocol.StartsWith("HTTP/1", StringComparison.Ordinal);
        Info.Method = Method;
        Info.Protocol = protocol;
        HasBody = (features as IHttpRequestBodyDetectionFeature ?? features.Get<IHttpRequestBodyDetectionFeature>())?.CanHaveBody ?? true;
        if (HasBody)
        {
            // Before the stream is replaced: afterwards the server would read through the replacement.
            BodyReader = features.Get<IRequestBodyPipeFeature>()?.Reader;
            _requestBody.Attach(Http);
        }
        else
            RequestEndTimestamp = Info.StartTimestamp;
    }

    /// <summary>Reads the beginning of the body and leaves the body as if nobody had.</summary>
    /// <param name="max">Most bytes to read.</param>
    /// <param name="cancellationToken">Ends the wait for the client.</param>
    /// <returns>The beginning; fewer bytes than <paramref name="max"/> are the whole body.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> PeekBodyAsync(int max, CancellationToken cancellationToken)
    {
        Stream source = _requestBody.Inner;
        byte[] bytes = new byte[Math.Min(max, FirstPeek)];
        int count = 0;
        bool ended = false;
        while (count < max && !ended)
        {
            if (count == bytes.Length)
                Array.Resize(ref bytes, (int)Math.Min(max, bytes.Length * 2L));
            int read = await source.ReadAsync(bytes.AsMemory(count), cancellationToken);
            count += read;
            ended = read == 0;
        }
        var replay = new ReplayedBody(bytes.AsMemory(0, count), ended ? null : source);
        _requestBody.Inner = replay;
        BodyReader = PipeReader.Create(replay, new StreamPipeReaderOptions(leaveOpen: true));
        // Reading has asked the client to go on.
        Http.Request.Headers.Remove(HeaderNames.Expect);
        return bytes.AsMemory(0, count);
    }

    /// <summary>Counts what is written to the response's stream; for those who do not count themselves.</summary>
    public void CountResponseBody() => _responseBody.Attach(Http.Features);

    /// <summary>From here to <see cref="ReleaseResponse"/> nobody can break the response off.</summary>
    public void HoldResponse() => _lifetime.Hold(Http.Features);

    /// <summary>Ends what <see cref="HoldResponse"/> began.</summary>
    public void ReleaseResponse() => _lifetime.Release(Http.Features);

    /// <summary>The client has gone before its request was done: with its connection, or, on HTTP/2, by ending the stream alone.</summary>
    public void NoteClientGone()
    {
        // The server ends a connection's streams before it says that the connection has ended.
        bool connectionLives = !IsHttp1 && Http.Features.Get<IConnectionLifetimeFeature>() is { ConnectionClosed.IsCancellationRequested: false }
            && Http.Features.Get<IEventLoopFeature>() is not { HasEnded: true };
        Info.Flags |= connectionLives ? ResponseFlags.DownstreamRemoteReset : ResponseFlags.DownstreamConnectionTermination;
        Info.ResponseCodeDetails = connectionLives ? "http2.remote_reset" : "downstream_remote_disconnect";
    }

    /// <summary>The last byte of the body was read.</summary>
    public void CompleteRequest()
    {
        if (RequestEndTimestamp != 0)
            return;
        RequestEndTimestamp = Time.GetTimestamp();
        EndObserver?.OnRequestComplete();
    }

    /// <summary>Body bytes came in.</summary>
    public void NoteReceived(long count, bool ended)
    {
        Info.BytesReceived += count;
        if (ended)
            CompleteRequest();
    }

    /// <summary>Lets go of everything the request held.</summary>
    public void End()
    {
        Info.Reset();
        _requestBody.Detach();
        _responseBody.Detach();
        Http.Uninitialize();
        Connection = null!;
        _headers.Clear();
        AnswerHeaders = null!;
        Chain = null;
        Route = null;
        Decision = default;
        Claims = null;
        AuthorizedResponse = null;
        Destination = null;
        Cluster = null;
        BodyReader = null;
        Hash = null;
        IsOverflow = false;
        MadeCookie = null;
        ResponseHeaders = default;
        Upgrade = null;
        RequestEndTimestamp = 0;
        EndObserver = null;
        AllowedOrigin = null;
        RateLimits?.Clear();
        AnsweredLocally = false;
        Method = RawTarget = Scheme = Authority = Path = Query = "";
    }
}
