using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Transport;

/// <summary>Binds addresses on the event loops, in the place of Kestrel's socket transport.</summary>
internal sealed class EventLoopTransportFactory(EventLoopGroup group) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <inheritdoc cref="EventLoopListener.Bind"/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(EventLoopListener.Bind(group, endpoint));

    /// <summary>Whether the address is one of a stream socket.</summary>
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint;
}
