using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Gateway.Transport;

namespace Gateway.Clusters;

/// <summary>Several addresses of one endpoint, in the order in which they are tried. Connects as RFC 8305 says.</summary>
/// <param name="addresses">Two or more.</param>
internal sealed class AddressList(ImmutableArray<EndPoint> addresses) : EndPoint
{
    /// <summary>The addresses.</summary>
    public ImmutableArray<EndPoint> Addresses => addresses;

    /// <summary>Connects a socket.</summary>
    public Task<Socket> ConnectAsync(TimeProvider time, CancellationToken cancellationToken) =>
        HappyEyeballs.ConnectAsync(addresses, OpenAsync, static late => late.Dispose(), time, cancellationToken);

    /// <summary>Connects on an event loop. Exceptions as <see cref="EventLoopConnector.ConnectAsync"/>'s.</summary>
    public async ValueTask<LoopSocket> ConnectAsync(EventLoop loop, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            LoopSocket socket = await HappyEyeballs.ConnectAsync(
                addresses,
                (address, ended) => EventLoopConnector.ConnectAsync(loop, address, limit, ended).AsTask(),
                late => loop.Scheduler.Schedule(static state => ((LoopSocket)state!).Close(reset: true), late),
                time, either.Token);
            await loop.SwitchAsync();
            return socket;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }

    public override bool Equals(object? comparand) => comparand is AddressList other && addresses.AsSpan().SequenceEqual(other.Addresses.AsSpan());

    public override int GetHashCode() => addresses[0].GetHashCode();

    public override string ToString() => string.Join(", ", addresses);

    private static async Task<Socket> OpenAsync(EndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Descriptors.ThrowIfLast(socket);
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
