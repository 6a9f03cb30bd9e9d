using Gateway.Streams;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http;

/// <summary>What the server calls: contexts are reused from request to request.</summary>
internal sealed class RequestApplication(RequestPipeline pipeline, DrainSignal drain, IStreamSink sink, TimeProvider time) : IHttpApplication<RequestSlot>
{
    private readonly RequestContextPool _pool = new();

    public RequestSlot CreateContext(IFeatureCollection contextFeatures)
    {
        RequestSlot slot = contextFeatures is IHostContextContainer<RequestSlot> container
            ? container.HostContext ??= SlotOf(contextFeatures)
            : SlotOf(contextFeatures);
        RequestContext request = slot.Request ??= Take(slot.Connection);
        request.Begin(contextFeatures, slot.Connection);
        return slot;
    }

    public Task ProcessRequestAsync(RequestSlot context)
    {
        RequestContext request = context.Request!;
        drain.Tell(request);
        return pipeline.RunAsync(request);
    }

    public void DisposeContext(RequestSlot context, Exception? exception)
    {
        RequestContext request = context.Request!;
        StreamInfo info = request.Info;
        info.Duration = time.GetElapsedTime(info.StartTimestamp);
        info.RequestHeaders = request.Headers;
        info.ResponseHeaders = request.AnswerHeaders;
        // HTTP/1 clients get no trailers from us.
        info.ResponseTrailers = request.IsHttp1 ? null : request.Http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { Count: > 0 } trailers ? trailers : null;
        sink.OnRequestCompleted(info);
        bool isHttp1 = request.IsHttp1;
        request.End();
        // The slots of HTTP/2 are the server's to keep: it ends their streams on other threads, at any time.
        if (isHttp1 && context.Connection.Loop is { IsCurrent: true } loop && _pool.TryGive(loop, request))
            context.Request = null;
    }

    private static RequestSlot SlotOf(IFeatureCollection features) =>
        new(features.Get<DownstreamConnection>() ?? throw new InvalidOperationException("The connection did not come through a listener."));

    private RequestContext Take(DownstreamConnection connection) =>
        (connection.Loop is { IsCurrent: true } loop ? _pool.TryTake(loop) : null) ?? new RequestContext(time);
}
