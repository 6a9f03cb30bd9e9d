using System.Collections.Concurrent;
using Gateway.Streams;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Listeners;

/// <summary>The open connections of one port, so that they can be asked to end.</summary>
internal sealed class OpenConnections
{
    private readonly ConcurrentDictionary<ConnectionContext, bool> _connections = new();
    private readonly Action<object?> _onClosed;
    private readonly ConnectionCount _all;
    private int _count;
    private long _total;

    /// <summary>Makes an empty set that counts itself in <paramref name="all"/> too.</summary>
    public OpenConnections(ConnectionCount all)
    {
        _all = all;
        _onClosed = connection => Remove((ConnectionContext)connection!);
    }

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many there have been.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Takes a connection in; it leaves by itself when its socket is closed.</summary>
    public void Add(ConnectionContext connection)
    {
        Interlocked.Increment(ref _total);
        Interlocked.Increment(ref _count);
        _all.Increment();
        _connections[connection] = true;
        connection.ConnectionClosed.UnsafeRegister(_onClosed, connection);
    }

    /// <summary>Whether the server has not taken all of them yet.</summary>
    public bool AnyOpening => Count > 0 && _connections.Keys.Any(static connection => connection.Features.Get<IConnectionLifetimeNotificationFeature>() is null);

    /// <summary>Asks the connections that <paramref name="which"/> selects to end after their requests under way. Asking again does no harm.</summary>
    /// <param name="which">Selects.</param>
    /// <param name="abortsOpening">Whether those that the server has not taken yet are ended; they cannot be asked.</param>
    public void RequestClose(Func<DownstreamConnection?, bool> which, bool abortsOpening)
    {
        foreach (ConnectionContext connection in Select(which))
        {
            // Set by the server once it has taken the connection.
            if (connection.Features.Get<IConnectionLifetimeNotificationFeature>() is { } lifetime)
                lifetime.RequestClose();
            else if (abortsOpening)
                connection.Abort(new ConnectionAbortedException("The port or its TLS settings are gone."));
        }
    }

    /// <summary>Whether <paramref name="which"/> selects any.</summary>
    public bool Any(Func<DownstreamConnection?, bool> which) => Count > 0 && Select(which).Any();

    /// <summary>Ends the connections that <paramref name="which"/> selects at once.</summary>
    public void Abort(Func<DownstreamConnection?, bool> which)
    {
        foreach (ConnectionContext connection in Select(which))
            connection.Abort(new ConnectionAbortedException("The drain time is over."));
    }

    private void Remove(ConnectionContext connection)
    {
        if (!_connections.TryRemove(connection, out _))
            return;
        Interlocked.Decrement(ref _count);
        _all.Decrement();
    }

    private IEnumerable<ConnectionContext> Select(Func<DownstreamConnection?, bool> which)
    {
        foreach (ConnectionContext connection in _connections.Keys)
        {
            if (which(connection.Features.Get<DownstreamConnection>()))
                yield return connection;
        }
    }
}
