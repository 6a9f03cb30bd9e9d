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

    /// <inheritdoc/>
    public void OnTcpOpened(StreamInfo info)
    {
        foreach (IStreamSink sink in sinks)
            sink.OnTcpOpened(info);
    }

    /// <inheritdoc/>
    public void OnTcpBytes(StreamInfo info, long received, long sent)
    {
        foreach (IStreamSink sink in sinks)
            sink.OnTcpBytes(info, received, sent);
    }

    /// <inheritdoc/>
    public void OnTcpClosed(StreamInfo info)
    {
        foreach (IStreamSink sink in sinks)
            sink.OnTcpClosed(info);
    }
}
