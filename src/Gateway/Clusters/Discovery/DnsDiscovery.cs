using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Config;

namespace Gateway.Clusters.Discovery;

/// <summary>
/// Makes the endpoints of a DNS cluster of the names it is configured with, anew whenever one of them has other
/// addresses. Disposing it lets go of the names.
/// </summary>
internal sealed class DnsDiscovery : IDisposable
{
    private readonly DiscoveryType _type;
    private readonly EquatableArray<EndpointConfig> _endpoints;
    private readonly DnsFamily _family;
    private readonly Action<List<ResolvedEndpoint>> _publish;
    private readonly Dictionary<string, DnsSubscription> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _publishing = new();
    private bool _isReady;
    private bool _isDisposed;

    public DnsDiscovery(
        DiscoveryType type, EquatableArray<EndpointConfig> endpoints, DnsHostOptions options, DnsHosts hosts, bool urgent,
        Action<List<ResolvedEndpoint>> publish)
    {
        _type = type;
        _endpoints = endpoints;
        _family = options.Family;
        _publish = publish;
        foreach (EndpointConfig endpoint in endpoints)
        {
            if (ResolvedEndpoint.FromLiteral(endpoint) is null && !_names.ContainsKey(endpoint.Address))
                _names[endpoint.Address] = hosts.Subscribe(endpoint.Address, options, urgent, Publish);
        }
        FirstResolution = Task.WhenAll(_names.Values.Select(name => name.Host.FirstLookUp));
        _isReady = true;
        // A name that others use already has its addresses now.
        Publish();
    }

    /// <summary>Ends with the first look-up of every name, whatever it gave.</summary>
    public Task FirstResolution { get; }

    /// <summary>Why there are no endpoints, name by name; null = no name is the cause.</summary>
    public string? Problem
    {
        get
        {
            string[] problems = [.. _names.Values.Where(name => name.Host.State.Problem is not null).Select(name => $"{name.Host.Name}: {name.Host.State.Problem}")];
            return problems.Length == 0 ? null : string.Join("; ", problems);
        }
    }

    public void Dispose()
    {
        lock (_publishing)
            _isDisposed = true;
        foreach (DnsSubscription name in _names.Values)
            name.Dispose();
    }

    private void Publish()
    {
        lock (_publishing)
        {
            if (_isReady && !_isDisposed)
                _publish(Resolved());
        }
    }

    private List<ResolvedEndpoint> Resolved()
    {
        List<ResolvedEndpoint> resolved = [];
        foreach (EndpointConfig endpoint in _endpoints)
        {
            if (ResolvedEndpoint.FromLiteral(endpoint) is { } literal)
                resolved.Add(literal);
            else if (_type == DiscoveryType.LogicalDns)
                AddLogical(resolved, endpoint, _names[endpoint.Address].Host.State.Addresses);
            else
                AddStrict(resolved, endpoint, _names[endpoint.Address].Host.State.Addresses);
        }
        return [.. resolved.DistinctBy(endpoint => endpoint.Authority)];
    }

    /// <summary>The name stands for its addresses: connections stay when they change, new ones go to the newest.</summary>
    private static void AddLogical(List<ResolvedEndpoint> resolved, EndpointConfig endpoint, ImmutableArray<IPAddress> addresses)
    {
        if (addresses.IsEmpty)
            return;
        ResolvedEndpoint first = ResolvedEndpoint.FromAddress(addresses[0], endpoint.Port, endpoint.Weight);
        resolved.Add(first with
        {
            Place = endpoint.Place,
            Authority = string.Create(CultureInfo.InvariantCulture, $"{endpoint.Address.TrimEnd('.')}:{endpoint.Port}"),
            Others = [.. addresses.Skip(1).Select(address => (EndPoint)new IPEndPoint(address, endpoint.Port))],
        });
    }

    /// <summary>Each address is an endpoint; where one family is preferred, the other one's address of the same rank is its second way.</summary>
    private void AddStrict(List<ResolvedEndpoint> resolved, EndpointConfig endpoint, ImmutableArray<IPAddress> addresses)
    {
        IPAddress[] first = [.. addresses.Where(address => address.AddressFamily == AddressFamily.InterNetwork)];
        IPAddress[] second = [.. addresses.Where(address => address.AddressFamily == AddressFamily.InterNetworkV6)];
        if (_family != DnsFamily.Auto || first.Length == 0)
            (first, second) = ([.. addresses], []);
        for (int i = 0; i < first.Length; i++)
        {
            resolved.Add(ResolvedEndpoint.FromAddress(first[i], endpoint.Port, endpoint.Weight) with
            {
                Place = endpoint.Place,
                Others = second.Length == 0 ? [] : [new IPEndPoint(second[i % second.Length], endpoint.Port)],
            });
        }
    }
}
