using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Gateway.Config;

namespace Gateway.Clusters.Discovery;

/// <summary>
/// Keeps the endpoints of a DNS cluster up to date from a loop of its own: at the TTL of the answers, with jitter. A
/// look-up that fails keeps the addresses known before; an answer without addresses removes them. Disposing ends the loop.
/// </summary>
internal sealed class DnsDiscovery : IDisposable
{
    private static readonly TimeSpan MinRefresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxRefresh = TimeSpan.FromHours(1);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private const double JitterShare = 0.1;

    private readonly DiscoveryType _type;
    private readonly EquatableArray<EndpointConfig> _endpoints;
    private readonly DnsResolver _resolver;
    private readonly TimeSpan _refreshRate;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Action<List<ResolvedEndpoint>> _publish;
    private readonly Dictionary<string, ImmutableArray<IPAddress>> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();

    public DnsDiscovery(
        DiscoveryType type, EquatableArray<EndpointConfig> endpoints, DnsResolver resolver, TimeSpan refreshRate,
        TimeProvider time, Random random, Action<List<ResolvedEndpoint>> publish)
    {
        _type = type;
        _endpoints = endpoints;
        _resolver = resolver;
        _refreshRate = refreshRate;
        _time = time;
        _random = random;
        _publish = publish;
        _ = RunAsync(_stopping.Token);
    }

    /// <summary>Ends with the first look-up, whatever it gave.</summary>
    public Task FirstResolution => _first.Task;

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        TimeSpan retry = FirstRetry;
        try
        {
            while (true)
            {
                (bool again, TimeSpan ttl) = await RefreshAsync(stopping);
                _first.TrySetResult();
                TimeSpan pause = again ? retry : ttl;
                retry = again ? Min(retry * 2, _refreshRate) : FirstRetry;
                await Task.Delay(pause * (1 + (JitterShare * _random.NextDouble())), _time, stopping);
            }
        }
        catch (OperationCanceledException)
        {
            _first.TrySetResult();
        }
    }

    private async Task<(bool Again, TimeSpan Ttl)> RefreshAsync(CancellationToken stopping)
    {
        bool again = false;
        TimeSpan ttl = MaxRefresh;
        foreach (string name in Names())
        {
            DnsAnswer answer = await _resolver.ResolveAsync(name, stopping);
            // What is not there yet may be there soon: asked for again sooner than an answer that is good.
            again |= answer.Outcome != DnsOutcome.Found;
            if (answer.Outcome != DnsOutcome.Failed)
                _known[name] = answer.Addresses;
            TimeSpan good = answer.Ttl is { } said && said > TimeSpan.Zero ? said : _refreshRate;
            ttl = Min(ttl, good);
        }
        stopping.ThrowIfCancellationRequested();
        _publish(Resolved());
        return (again, ttl < MinRefresh ? MinRefresh : ttl);
    }

    private IEnumerable<string> Names()
    {
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (EndpointConfig endpoint in (IEnumerable<EndpointConfig>)_endpoints)
        {
            if (ResolvedEndpoint.FromLiteral(endpoint) is null && names.Add(endpoint.Address))
                yield return endpoint.Address;
        }
    }

    private List<ResolvedEndpoint> Resolved()
    {
        List<ResolvedEndpoint> resolved = [];
        foreach (EndpointConfig endpoint in _endpoints)
        {
            if (ResolvedEndpoint.FromLiteral(endpoint) is { } literal)
            {
                resolved.Add(literal);
                continue;
            }
            foreach (IPAddress address in _known.GetValueOrDefault(endpoint.Address, []))
            {
                ResolvedEndpoint one = ResolvedEndpoint.FromAddress(address, endpoint.Port, endpoint.Weight) with { Place = endpoint.Place };
                if (_type == DiscoveryType.LogicalDns)
                {
                    // The name stands for the address: connections stay when it changes, new ones go to the new one.
                    resolved.Add(one with { Authority = string.Create(CultureInfo.InvariantCulture, $"{endpoint.Address.TrimEnd('.')}:{endpoint.Port}") });
                    break;
                }
                resolved.Add(one);
            }
        }
        return [.. resolved.DistinctBy(endpoint => endpoint.Authority)];
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
