using System.Collections.Immutable;
using System.Net;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;
using Gateway.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Clusters.Discovery;

public sealed class DnsDiscoveryTests : IAsyncDisposable
{
    private static readonly IPAddress First = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress Second = IPAddress.Parse("10.0.0.2");

    private readonly FakeDns _dns = new();
    private readonly FakeTimeProvider _time = new();
    private readonly List<IDisposable> _running = [];
    private volatile ImmutableArray<ResolvedEndpoint>[] _published = [];

    public async ValueTask DisposeAsync()
    {
        _running.ForEach(one => one.Dispose());
        await _dns.DisposeAsync();
    }

    [Fact]
    public async Task Strict_dns_publishes_every_address_and_follows_the_ttl()
    {
        _dns.Set("up.test", TimeSpan.FromSeconds(30), First, Second);
        await StartAsync(DiscoveryType.StrictDns, "up.test");
        Assert.Equal(["10.0.0.1:80", "10.0.0.2:80"], Authorities());

        _dns.Set("up.test", TimeSpan.FromSeconds(30), Second);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(1, _dns.Queries("up.test"));
        await RefreshAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(["10.0.0.2:80"], Authorities());
    }

    [Fact]
    public async Task Logical_dns_keeps_one_name_and_takes_the_newest_address()
    {
        _dns.Set("up.test", TimeSpan.FromSeconds(10), First, Second);
        await StartAsync(DiscoveryType.LogicalDns, "up.test");
        ResolvedEndpoint only = Assert.Single(Latest());
        Assert.Equal(("up.test:80", new IPEndPoint(First, 80)), (only.Authority, (IPEndPoint)only.EndPoint));

        _dns.Set("up.test", TimeSpan.FromSeconds(10), Second, First);
        await RefreshAsync(TimeSpan.FromSeconds(12));

        Assert.Equal(new IPEndPoint(Second, 80), Assert.Single(Latest()).EndPoint);
    }

    [Fact]
    public async Task A_failed_look_up_keeps_the_addresses_and_an_empty_answer_removes_them()
    {
        _dns.Set("up.test", TimeSpan.FromSeconds(10), First);
        await StartAsync(DiscoveryType.StrictDns, "up.test");

        _dns.Fail("up.test");
        await RefreshAsync(TimeSpan.FromSeconds(12));
        Assert.Equal(["10.0.0.1:80"], Authorities());

        _dns.Remove("up.test");
        await RefreshAsync(TimeSpan.FromSeconds(3));
        Assert.Empty(Latest());
    }

    [Fact]
    public async Task Names_of_several_endpoints_are_joined_with_literal_addresses()
    {
        _dns.Set("a.test", TimeSpan.FromSeconds(10), First);
        _dns.Set("b.test", TimeSpan.FromSeconds(10), Second);

        await StartAsync(DiscoveryType.StrictDns, "a.test", "b.test", "10.9.9.9");

        Assert.Equal(["10.0.0.1:80", "10.0.0.2:80", "10.9.9.9:80"], Authorities());
    }

    [Fact]
    public async Task Ipv6_addresses_serve_where_there_is_no_ipv4_one()
    {
        _dns.Set("six.test", TimeSpan.FromSeconds(10), IPAddress.Parse("2001:db8::1"));

        await StartAsync(DiscoveryType.StrictDns, "six.test");

        Assert.Equal(["[2001:db8::1]:80"], Authorities());
    }

    [Fact]
    public async Task Search_domains_are_tried_in_order()
    {
        _dns.Set("up.b.test", TimeSpan.FromSeconds(10), First);
        var resolver = new DnsResolver(new ResolverConfig { Servers = [_dns.EndPoint], SearchDomains = ["a.test", "b.test"], Ndots = 5 }, _time);

        DnsAnswer answer = await resolver.ResolveAsync("up", CancellationToken.None);

        Assert.Equal([First], answer.Addresses.AsEnumerable());
        Assert.Equal(2, _dns.Queries("up.a.test"));
    }

    [Fact]
    public async Task One_name_is_asked_for_once_while_its_answer_is_good()
    {
        _dns.Set("up.test", TimeSpan.FromSeconds(10), First);
        DnsResolver resolver = Resolver();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => resolver.ResolveAsync("up.test", CancellationToken.None)));
        Assert.Equal(1, _dns.Queries("up.test"));
        _time.Advance(TimeSpan.FromSeconds(11));
        await resolver.ResolveAsync("up.test", CancellationToken.None);

        Assert.Equal(2, _dns.Queries("up.test"));
    }

    [Fact]
    public void Resolv_conf_is_read_with_its_options()
    {
        ResolverConfig config = ResolverConfig.Parse("# c\nnameserver 10.1.1.1\nnameserver ::1\nnameserver nonsense\nsearch a.svc b.svc.\noptions ndots:5 timeout:1\n");

        Assert.Equal([new IPEndPoint(IPAddress.Parse("10.1.1.1"), 53), new IPEndPoint(IPAddress.IPv6Loopback, 53)], config.Servers.AsEnumerable());
        Assert.Equal(5, config.Ndots);
        Assert.Equal(["x.a.svc.", "x.b.svc.", "x."], config.Candidates("x"));
        Assert.Equal(["x."], config.Candidates("x."));
    }

    [Fact]
    public void The_hosts_file_wins_over_comments()
    {
        ImmutableDictionary<string, ImmutableArray<IPAddress>> names = HostsFile.Parse("127.0.0.1 localhost me # not.me\n::1\tlocalhost\nbad line\n");

        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback], names["LOCALHOST"].AsEnumerable());
        Assert.False(names.ContainsKey("not.me"));
    }

    private DnsResolver Resolver() => new(new ResolverConfig { Servers = [_dns.EndPoint] }, _time);

    private async Task StartAsync(DiscoveryType type, params string[] addresses)
    {
        var discovery = new DnsDiscovery(
            type, [.. addresses.Select(address => new EndpointConfig { Address = address, Port = 80 })], Resolver(), TimeSpan.FromSeconds(60), _time, new Random(1),
            endpoints => _published = [.. _published, [.. endpoints]]);
        _running.Add(discovery);
        await discovery.FirstResolution;
    }

    private async Task RefreshAsync(TimeSpan after)
    {
        int before = _published.Length;
        await Eventually.HoldsAsync(
            () =>
            {
                if (_published.Length == before)
                    _time.Advance(after);
                return _published.Length > before;
            },
            "the endpoints are looked up again");
    }

    private ImmutableArray<ResolvedEndpoint> Latest() => _published[^1];

    private IEnumerable<string> Authorities() => Latest().Select(endpoint => endpoint.Authority);
}
