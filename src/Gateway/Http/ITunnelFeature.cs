namespace Gateway.Http;

/// <summary>Of a connection that a CONNECT request over HTTP/1.1 may take over: from then on it carries bytes, and the server is done with it.</summary>
internal interface ITunnelFeature
{
    /// <summary>Answers the request with success and gives the connection as a stream; leaving the stream open ends the connection with the request.</summary>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="IOException">The client has gone.</exception>
    ValueTask<Stream> AcceptAsync(CancellationToken cancellationToken);
}
