using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Config.Diagnostics;
using Gateway.Tcp;
using Gateway.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Gateway.Listeners;

/// <summary>
/// The set of bound ports. A change goes in three steps, so that the snapshot can be swapped between them:
/// <see cref="BindAsync"/> binds what is new, <see cref="Activate"/> makes it accept and updates what stays,
/// <see cref="RetireAsync"/> closes and drains what is gone. Called by one publisher at a time; <see cref="EndAsync"/> at any time.
/// </summary>
internal sealed partial class ListenerManager(
    PortBinding binding, ConnectionLimits limits, IConnectionListenerFactory transport, ConnectionHandoff handoff, TcpProxy tcp,
    TlsAlpnChallenges challenges, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    // What an aborted connection may take to be gone.
    private static readonly TimeSpan AbortLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ClosingGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AbortPollInterval = TimeSpan.FromMilliseconds(20);

    private readonly ILogger _logger = loggers.CreateLogger<ListenerManager>();
    private readonly ConnectionCount _count = new();
    private ImmutableDictionary<string, ActiveListener> _listeners = ImmutableDictionary<string, ActiveListener>.Empty;
    private readonly CancellationTokenSource _ended = new();
    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);
    private ImmutableArray<Task> _retiring = [];
    private volatile bool _hasEnded;

    /// <summary>The bound ports by listener name.</summary>
    public ImmutableDictionary<string, ActiveListener> Current => Volatile.Read(ref _listeners);

    /// <summary>Open connections over all ports, those of closed ports included.</summary>
    public int OpenConnectionCount => _count.Value;

    /// <summary>The address bound for a configured port; null = it is not bound.</summary>
    public IPEndPoint? EndPointOf(int configuredPort)
    {
        foreach (ActiveListener listener in Current.Values)
        {
            if (listener.Config.Port == configuredPort)
                return listener.EndPoint as IPEndPoint;
        }
        return null;
    }

    /// <summary>Binds the ports that are not bound yet, without accepting.</summary>
    /// <returns>The ports that could not be bound; calling again tries them again.</returns>
    public async Task<ImmutableArray<Diagnostic>> BindAsync(
        ImmutableArray<ListenerConfig> configs, Func<DownstreamTlsConfig, DownstreamTlsContext?> contexts, CancellationToken cancellationToken)
    {
        var findings = ImmutableArray.CreateBuilder<Diagnostic>();
        foreach (ListenerConfig config in configs)
        {
            if (_hasEnded || Current.ContainsKey(config.Name))
                continue;
            string? problem = null;
            if (binding.EndPointFor(config) is not { } endPoint)
            {
                problem = $"\"{config.Bind}\" is not an address.";
            }
            else
            {
                try
                {
                    IConnectionListener socket = await transport.BindAsync(endPoint, cancellationToken);
                    var listener = new ActiveListener(config, new ListenerChains(config, contexts), socket, handoff, tcp, challenges, _count, limits, time, _logger, _ended.Token);
                    ImmutableInterlocked.TryAdd(ref _listeners, config.Name, listener);
                    if (_failed.Remove(config.Name))
                        LogBoundAtLast(_logger, config.Name, socket.EndPoint);
                }
                catch (Exception e) when (e is SocketException or IOException or InvalidOperationException)
                {
                    problem = string.Create(CultureInfo.InvariantCulture, $"{endPoint} cannot be bound: {e.Message}");
                }
            }
            if (problem is not null)
            {
                DiagnosticDescriptor descriptor = DiagnosticCatalogue.PortUnavailable;
                findings.Add(new Diagnostic(descriptor.Code, descriptor.Severity, $"Listener {config.Name}: {problem}",
                    config.Origin?.Location ?? SourceLocation.None, config.Origin?.Resource, config.Origin?.FieldPath ?? ""));
                _failed.Add(config.Name);
            }
        }
        // The end may have come between the look and the binding.
        if (_hasEnded)
            await RetireAsync([]);
        return findings.ToImmutable();
    }

    /// <summary>Gives every bound port its new chains and lets it accept.</summary>
    public void Activate(ImmutableArray<ListenerConfig> configs, Func<DownstreamTlsConfig, DownstreamTlsContext?> contexts)
    {
        foreach (ListenerConfig config in configs)
        {
            if (!Current.TryGetValue(config.Name, out ActiveListener? listener))
                continue;
            listener.Update(config, new ListenerChains(config, contexts));
            listener.StartAccepting();
        }
    }

    /// <summary>
    /// Closes all ports for good, whatever is published from now on, and waits a moment for connections that are only opening:
    /// when the server stops it takes no more.
    /// </summary>
    public async Task EndAsync(CancellationToken hurry)
    {
        _hasEnded = true;
        ActiveListener[] ending = [.. Current.Values];
        await RetireAsync([]);
        await Task.WhenAll(ending.Select(listener => listener.OpenedAsync(hurry)));
    }

    /// <summary>Closes the ports that <paramref name="configs"/> does not name and drains their connections.</summary>
    public async Task RetireAsync(ImmutableArray<ListenerConfig> configs)
    {
        foreach (string name in Current.Keys)
        {
            if (configs.Any(config => config.Name == name) || !ImmutableInterlocked.TryRemove(ref _listeners, name, out ActiveListener? listener))
                continue;
            await listener.StopAcceptingAsync();
            ImmutableInterlocked.Update(ref _retiring, static (tasks, task) => [.. tasks.Where(one => !one.IsCompleted), task], RunOutAsync(listener));
        }
    }

    /// <summary>Waits until no connection is open or <paramref name="hurry"/> fires.</summary>
    public async Task RunDryAsync(CancellationToken hurry)
    {
        while (_count.Value > 0 && !hurry.IsCancellationRequested)
            await Task.Delay(AbortPollInterval, time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Closes all ports and aborts what is still open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await RetireAsync([]);
        await Task.WhenAll(_retiring);
        _ended.Dispose();
    }

    [LoggerMessage(1, LogLevel.Information, "Listening: {Listener} at {EndPoint}, which could not be bound before.")]
    private static partial void LogBoundAtLast(ILogger logger, string listener, EndPoint endPoint);

    private async Task RunOutAsync(ActiveListener listener)
    {
        await listener.DrainAsync(static _ => true, _ended.Token);
        long start = time.GetTimestamp();
        while (listener.Open.Count > 0 && time.GetElapsedTime(start) < AbortLimit)
            await Task.Delay(AbortPollInterval, time);
        // A connection counts as closed as soon as its client has closed; what still writes to it needs the memory pool.
        await Task.Delay(ClosingGrace, time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await listener.DisposeAsync();
    }
}
