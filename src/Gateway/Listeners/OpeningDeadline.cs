using Microsoft.AspNetCore.Connections;

namespace Gateway.Listeners;

/// <summary>Ends a connection that has not come so far as to be served within the time allowed.</summary>
internal sealed class OpeningDeadline : IDisposable
{
    private readonly CancellationTokenSource _source;

    public OpeningDeadline(ConnectionContext connection, TimeSpan limit, TimeProvider time)
    {
        _source = new CancellationTokenSource(limit, time);
        _source.Token.UnsafeRegister(
            static state => ((ConnectionContext)state!).Abort(new ConnectionAbortedException("The client did not open its connection in time.")),
            connection);
    }

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The connection was opened in time.</summary>
    public void Dispose() => _source.Dispose();
}
