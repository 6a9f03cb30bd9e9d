namespace Gateway.Streams;

/// <summary>Takes notice of what happened: access log and metrics. Called on the thread where it happens; must not block or keep the object.</summary>
internal interface IStreamSink
{
    /// <summary>A request has ended, its last byte is out. <paramref name="info"/> is reused after the call returns.</summary>
    void OnRequestCompleted(StreamInfo info);

    /// <summary>A TCP session has begun.</summary>
    void OnTcpOpened(StreamInfo info)
    {
    }

    /// <summary>Bytes were moved since the last call; several times in a session.</summary>
    void OnTcpBytes(StreamInfo info, long received, long sent)
    {
    }

    /// <summary>A TCP session has ended, or came to nothing.</summary>
    void OnTcpClosed(StreamInfo info)
    {
    }
}
