namespace Gateway.Streams;

/// <summary>Takes notice of what happened: access log and metrics. Called on the thread that ended the request; must not block or keep the object.</summary>
internal interface IStreamSink
{
    /// <summary>A request has ended, its last byte is out. <paramref name="info"/> is reused after the call returns.</summary>
    void OnRequestCompleted(StreamInfo info);
}
