using Gateway.Streams;

namespace Gateway.Http;

/// <summary>What the server keeps of us between the requests of a connection, or of an HTTP/2 stream: hardly anything.</summary>
internal sealed class RequestSlot(DownstreamConnection connection)
{
    /// <summary>The client's connection; a slot never leaves it.</summary>
    public DownstreamConnection Connection => connection;

    /// <summary>The request under way. Between requests: kept for the next one, or null = given back for requests of other connections.</summary>
    public RequestContext? Request { get; set; }
}
