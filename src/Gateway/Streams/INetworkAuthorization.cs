namespace Gateway.Streams;

/// <summary>Whether a connection may pass whose bytes are carried without being looked into.</summary>
internal interface INetworkAuthorization
{
    /// <summary>Null = it passes; else Envoy's connection_termination_details of the denial.</summary>
    string? Denied(DownstreamConnection connection);
}
