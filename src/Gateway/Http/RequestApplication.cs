using Gateway.Streams;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http;

/// <summary>What the server calls: one <see cref="RequestContext"/> per slot, reused from request to request.</summary>
internal sealed class RequestApplication(RequestPipeline pipeline, DrainSignal drain, IStreamSink sink, TimeProvider time) : IHttpApplication<RequestContext>
{
    public RequestContext CreateContext(IFeatureCollection contextFeatures)
    {
        RequestContext request;
        if (contextFeatures is IHostContextContainer<RequestContext> container)
            request = container.HostContext ??= new RequestContext(time);
        else
            request = new RequestContext(time);
        request.Begin(contextFeatures);
        return request;
    }

    public Task ProcessRequestAsync(RequestContext context)
    {
        drain.Tell(context);
        return pipeline.RunAsync(context);
    }

    public void DisposeContext(RequestContext context, Exception? exception)
    {
        StreamInfo info = context.Info;
        info.Duration = time.GetElapsedTime(info.StartTimestamp);
        info.RequestHeaders = context.Headers;
        info.ResponseHeaders = context.AnswerHeaders;
        // HTTP/1 clients get no trailers from us.
        info.ResponseTrailers = context.IsHttp1 ? null : context.Http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { Count: > 0 } trailers ? trailers : null;
        sink.OnRequestCompleted(info);
        context.End();
    }
}
