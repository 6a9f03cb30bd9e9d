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
    private DnsHosts? _hosts;
    private volatile ImmutableArray<ResolvedEndpoint>[] _published = [];

    public async ValueTask DisposeAsync()
    {
        _running.ForEach(one => one.Dispose());
        _hosts?.Dispose();
        await _dns.DisposeAsync();
    }

    [Fact]
    public async Task Strict_dns_publishes_every_address_and_follows_the_ttl()
    {
        _dns.Set("up.test", TimeSpan.FromSeconds(30), First, Second);
        await StartAsync(DiscoveryType.StrictDns, "up.test");
        Assert.Equal(["10.0.0.1:80", "10.0.0.2:80"], Authorities());

        _dns.Set("up.test", TimeSpan.FromSeconds(30), Second);
        _time.Advance(TimeSpan.FromSeconds(23));
        Assert.Equal(1, _dns.Queries("up.test"));
        await RefreshAsync(TimeSpan.FromSeconds(6));

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
        DnsHost host = Assert.Single(_hosts!.List);
        await Eventually.HoldsAsync(() => Advanced(TimeSpan.FromSeconds(12), () => host.State.Failures > 0), "the look-up fails");
        Assert.Equal(["10.0.0.1:80"], Authorities());
        Assert.Contains("SERVFAIL", host.State.Detail, StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => Advanced(TimeSpan.FromSeconds(1), () => host.IsStale), "the answer is past its time");

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
        using var resolver = new DnsResolver(new ResolverConfig { Servers = [_dns.EndPoint], SearchDomains = ["a.test", "b.test"], Ndots = 5 }, _time);

        DnsAnswer answer = await resolver.ResolveAsync("up", new DnsHostOptions(), true, CancellationToken.None);

        Assert.Equal([First], answer.Addresses.AsEnumerable());
        Assert.Equal(2, _dns.Queries("up.a.test"));
    }

    [Fact]
    public async Task One_name_is_asked_for_once_by_all_who_use_it_and_no_more_when_the_last_has_gone()
    {
        _dns.Set("up.test", TimeSpan.FromSeconds(10), First);
        using DnsHosts hosts = Hosts();
        DnsSubscription[] users = [.. Enumerable.Range(0, 50).Select(_ => hosts.Subscribe("up.test", new DnsHostOptions(), false, () => { }))];

        await users[0].Host.FirstLookUp;
        Assert.Equal(1, _dns.Queries("up.test"));
        Assert.Single(hosts.List);
        foreach (DnsSubscription user in users)
            user.Dispose();

        Assert.Empty(hosts.List);
    }

    [Fact]
    public async Task A_last_good_answer_is_given_up_when_it_has_been_stale_for_too_long()
    {
        _dns.Set("up.test", TimeSpan.FromSeconds(10), First);
        await StartAsync(new DnsHostOptions { StaleFor = TimeSpan.FromMinutes(5) }, DiscoveryType.StrictDns, "up.test");
        _dns.Fail("up.test");
        DnsHost host = Assert.Single(_hosts!.List);

        long start = _time.GetTimestamp();
        await Eventually.HoldsAsync(() => Advanced(TimeSpan.FromSeconds(5), () => host.State.Addresses.IsEmpty), "the addresses are given up");

        Assert.InRange(_time.GetElapsedTime(start), TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(400));
        Assert.Empty(Latest());
        Assert.Contains("given up", host.State.History[^1].What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Addresses_of_metadata_services_are_left_out_and_a_name_that_has_no_others_says_why()
    {
        _dns.Set("up.test", TimeSpan.FromSeconds(10), IPAddress.Parse("169.254.169.254"), First);
        _dns.Set("evil.test", TimeSpan.FromSeconds(10), IPAddress.Parse("169.254.169.254"));
        await StartAsync(DiscoveryType.StrictDns, "up.test", "evil.test");

        Assert.Equal(["10.0.0.1:80"], Authorities());
        Assert.Contains(_hosts!.List, host => host.State.Problem?.Contains("metadata service", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_cache_that_counts_down_is_not_asked_faster_and_faster()
    {
        // A resolver's cache hands out what is left of the zone's 100 seconds.
        DateTimeOffset end = _time.GetUtcNow() + TimeSpan.FromSeconds(100);
        int asked = 0;
        await using var dns = new ScriptedDns(query =>
        {
            Interlocked.Increment(ref asked);
            DateTimeOffset now = _time.GetUtcNow();
            if (now >= end)
                end = now + TimeSpan.FromSeconds(100);
            return query.Answer((int)Math.Ceiling((end - now).TotalSeconds), First);
        });
        using DnsHosts hosts = Hosts(dns.EndPoint);
        using DnsSubscription use = hosts.Subscribe("up.test", new DnsHostOptions(), false, () => { });
        await use.Host.FirstLookUp;

        for (int second = 0; second < 1000; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            // The look-up that is due goes over real sockets: its time stands still until it is done.
            await Eventually.HoldsAsync(() => Advanced(TimeSpan.FromMilliseconds(100), () => use.Host.State.NextAt > _time.GetTimestamp()), "it is asked again");
        }

        // 10 lives of the answer: once ahead of the end, once at it.
        Assert.InRange(asked, 10, 25);
    }

    [Fact]
    public async Task Queries_are_held_back_to_so_many_a_second_and_those_that_requests_wait_for_go_first()
    {
        using var limiter = new DnsRateLimiter(100, _time);
        List<string> order = [];
        List<Task> all = [];
        for (int i = 0; i < 25; i++)
            all.Add(GoAsync("other", urgent: false));
        for (int i = 0; i < 5; i++)
            all.Add(GoAsync("urgent", urgent: true));

        Assert.Equal(10, limiter.Sent);
        Assert.Equal(20, limiter.Waiting);
        _time.Advance(TimeSpan.FromMilliseconds(90));
        Assert.Equal(10, limiter.Sent);
        _time.Advance(TimeSpan.FromMilliseconds(20));
        Assert.Equal(20, limiter.Sent);
        await Eventually.HoldsAsync(() => all.Count(task => task.IsCompleted) == 20, "the second ten have gone");
        Assert.Equal(5, order.Count(one => one == "urgent"));
        _time.Advance(TimeSpan.FromMilliseconds(110));
        await Task.WhenAll(all);

        async Task GoAsync(string what, bool urgent)
        {
            await limiter.WaitAsync(urgent, CancellationToken.None);
            lock (order)
                order.Add(what);
        }
    }

    [Fact]
    public async Task In_no_second_more_queries_go_than_the_limit_and_in_no_tenth_more_than_its_tenth()
    {
        using var limiter = new DnsRateLimiter(100, _time);
        List<long> sent = [];
        List<Task> all = [.. Enumerable.Range(0, 350).Select(_ => GoAsync())];

        for (int step = 0; step < 400 && sent.Count < 350; step++)
            _time.Advance(TimeSpan.FromMilliseconds(10));
        await Task.WhenAll(all);

        for (int i = 0; i < sent.Count; i++)
        {
            Assert.True(i + 10 >= sent.Count || _time.GetElapsedTime(sent[i], sent[i + 10]) >= TimeSpan.FromMilliseconds(100), $"query {i + 10} comes too early");
            Assert.True(i + 100 >= sent.Count || _time.GetElapsedTime(sent[i], sent[i + 100]) >= TimeSpan.FromSeconds(1), $"query {i + 100} comes too early");
        }

        async Task GoAsync()
        {
            await limiter.WaitAsync(false, CancellationToken.None);
            lock (sent)
                sent.Add(_time.GetTimestamp());
        }
    }

    [Fact]
    public async Task A_query_that_is_given_up_leaves_its_place()
    {
        using var limiter = new DnsRateLimiter(1, _time);
        await limiter.WaitAsync(false, CancellationToken.None);
        using var gone = new CancellationTokenSource();
        Task waiting = limiter.WaitAsync(false, gone.Token).AsTask();

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, limiter.Waiting);
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

    private DnsHosts Hosts(IPEndPoint? server = null) =>
        new(new DnsResolver(new ResolverConfig { Servers = [server ?? _dns.EndPoint], QueriesPerSecond = 10_000 }, _time), _time, new Random(1));

    private Task StartAsync(DiscoveryType type, params string[] addresses) => StartAsync(new DnsHostOptions(), type, addresses);

    private async Task StartAsync(DnsHostOptions options, DiscoveryType type, params string[] addresses)
    {
        _hosts ??= Hosts();
        var discovery = new DnsDiscovery(
            type, [.. addresses.Select(address => new EndpointConfig { Address = address, Port = 80 })], options, _hosts, false,
            endpoints => _published = [.. _published, [.. endpoints]]);
        _running.Add(discovery);
        await discovery.FirstResolution;
        await Eventually.HoldsAsync(() => !Latest().IsEmpty, "the first answer is published");
    }

    private bool Advanced(TimeSpan step, Func<bool> condition)
    {
        if (condition())
            return true;
        _time.Advance(step);
        return false;
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
