using System.Diagnostics;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Listeners;

/// <summary>
/// Reports requests that the HTTP server answers itself because it cannot parse them: they never reach the pipeline,
/// and without this neither log nor metrics would know of them.
/// </summary>
internal sealed class RejectedRequests(IStreamSink sink, TimeProvider time) : IObserver<KeyValuePair<string, object?>>
{
    private const string BadRequestEvent = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Listens to the server's events.</summary>
    public static IDisposable Subscribe(DiagnosticListener events, IStreamSink sink, TimeProvider time) =>
        events.Subscribe(new RejectedRequests(sink, time), static name => name == BadRequestEvent);

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key != BadRequestEvent || value.Value is not IFeatureCollection features ||
            features.Get<IBadRequestExceptionFeature>()?.Error is not BadHttpRequestException error)
        {
            return;
        }
        var info = new StreamInfo
        {
            StartTime = time.GetUtcNow(),
            StartTimestamp = time.GetTimestamp(),
            Connection = features.Get<DownstreamConnection>(),
            Protocol = features.Get<IHttpRequestFeature>()?.Protocol,
            ResponseCode = error.StatusCode,
            Flags = ResponseFlags.DownstreamProtocolError,
            ResponseCodeDetails = error.StatusCode == StatusCodes.Status431RequestHeaderFieldsTooLarge ? "http1.headers_too_large" : "http1.codec_error",
        };
        sink.OnRequestCompleted(info);
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }
}
