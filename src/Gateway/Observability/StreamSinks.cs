using Gateway.Streams;

namespace Gateway.Observability;

/// <summary>Hands every ended request to several sinks in order.</summary>
internal sealed class StreamSinks(params IStreamSink[] sinks) : IStreamSink
{
    /// <inheritdoc/>
    public void OnRequestCompleted(StreamInfo info)
    {
        foreach (IStreamSink sink in sinks)
            sink.OnRequestCompleted(info);
    }
}
