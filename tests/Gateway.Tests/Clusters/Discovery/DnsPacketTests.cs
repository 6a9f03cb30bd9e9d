using System.Net;
using Gateway.Clusters.Discovery;
using Gateway.Testing;
using static Gateway.Testing.ScriptedDnsQuery;

namespace Gateway.Tests.Clusters.Discovery;

/// <summary>What servers may answer: right, wrong and hostile.</summary>
public sealed class DnsPacketTests
{
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.7");
    private static readonly byte[] Asked = [0xc0, 12];

    // Some of what is broken is answered by waiting no longer.
    private static readonly TimeSpan Impatient = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task Chains_of_aliases_are_followed_and_the_shortest_ttl_counts()
    {
        DnsAnswer answer = await AskAsync(query => query.Reply(0,
        [
            Record(Asked, 5, 300, Encoded("one.test")),
            Record(Encoded("one.test"), 5, 20, Encoded("two.test")),
            Record(Encoded("two.test"), 1, 600, Address.GetAddressBytes()),
        ]));

        Assert.Equal((DnsOutcome.Found, TimeSpan.FromSeconds(20)), (answer.Outcome, answer.Ttl));
        Assert.Equal(["one.test", "two.test"], answer.Aliases.AsEnumerable());
    }

    [Fact]
    public async Task Addresses_of_names_that_were_not_asked_for_are_not_believed()
    {
        DnsAnswer answer = await AskAsync(query => query.Reply(0, [Record(Encoded("bank.test"), 1, 300, Address.GetAddressBytes())]));

        Assert.Equal(DnsOutcome.NotFound, answer.Outcome);
    }

    [Fact]
    public async Task Negative_answers_are_good_for_as_long_as_the_zone_says()
    {
        DnsAnswer noName = await AskAsync(query => query.Reply(3, [], [Record(Encoded("test"), 6, 900, Soa(30))]));
        DnsAnswer noData = await AskAsync(query => query.Reply(0, [], [Record(Encoded("test"), 6, 20, Soa(30))]));

        Assert.Equal((DnsOutcome.NotFound, TimeSpan.FromSeconds(30)), (noName.Outcome, noName.Ttl));
        Assert.Contains("NXDOMAIN", noName.Detail, StringComparison.Ordinal);
        Assert.Equal((DnsOutcome.NotFound, TimeSpan.FromSeconds(20)), (noData.Outcome, noData.Ttl));
        Assert.Contains("NODATA", noData.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_truncated_answer_is_asked_for_again_over_tcp()
    {
        IPAddress[] many = [.. Enumerable.Range(0, 500).Select(i => new IPAddress([10, 0, (byte)(i / 250), (byte)(i % 250)]))];
        await using var dns = new ScriptedDns(query => query.IsTcp ? query.Answer(60, many) : query.Reply(0, [], truncated: true));

        DnsAnswer answer = await AskAsync(dns.EndPoint);

        Assert.Equal((DnsOutcome.Found, 500), (answer.Outcome, answer.Addresses.Length));
        Assert.Equal((1, 1), (dns.UdpQueries, dns.TcpQueries));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(int.MinValue, 0)]
    [InlineData(-1, 0)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public async Task A_ttl_with_its_highest_bit_set_means_0(int ttl, int expected)
    {
        DnsAnswer answer = await AskAsync(query => query.Answer(ttl, Address));

        Assert.Equal(TimeSpan.FromSeconds(expected), answer.Ttl);
    }

    [Fact]
    public async Task A_server_that_fails_is_followed_by_the_next_and_asked_last_for_a_while()
    {
        await using var broken = new ScriptedDns(query => query.Reply(2, []));
        await using var silent = new ScriptedDns(_ => null);
        await using var good = new ScriptedDns(query => query.Answer(60, Address));
        using var resolver = new DnsResolver(Config(broken.EndPoint, silent.EndPoint, good.EndPoint), TimeProvider.System);

        Assert.Equal(DnsOutcome.Found, (await resolver.ResolveAsync("up.test.", new DnsHostOptions(), true, CancellationToken.None)).Outcome);
        Assert.Equal((1, 1), (broken.UdpQueries, silent.UdpQueries));
        Assert.Equal(DnsOutcome.Found, (await resolver.ResolveAsync("up.test.", new DnsHostOptions(), true, CancellationToken.None)).Outcome);

        Assert.Equal((1, 1, 2), (broken.UdpQueries, silent.UdpQueries, good.UdpQueries));
    }

    [Fact]
    public async Task Servers_of_a_name_are_asked_instead_of_the_systems()
    {
        await using var system = new ScriptedDns(query => query.Reply(3, []));
        await using var own = new ScriptedDns(query => query.Answer(60, Address));
        using var resolver = new DnsResolver(Config(system.EndPoint), TimeProvider.System);

        DnsAnswer answer = await resolver.ResolveAsync("up.test.", new DnsHostOptions { Servers = [own.EndPoint] }, true, CancellationToken.None);

        Assert.Equal((DnsOutcome.Found, 0), (answer.Outcome, system.UdpQueries));
    }

    [Fact]
    public async Task Both_families_are_asked_for_where_the_machine_has_both()
    {
        IPAddress six = IPAddress.Parse("2001:db8::7");
        await using var dns = new ScriptedDns(query => query.Answer(60, Address, six));
        using var resolver = new DnsResolver(Config(dns.EndPoint) with { HasIPv6 = true }, TimeProvider.System);

        Assert.Equal([Address, six], (await resolver.ResolveAsync("up.test.", new DnsHostOptions(), true, CancellationToken.None)).Addresses.AsEnumerable());
        Assert.Equal([six], (await resolver.ResolveAsync("up.test.", new DnsHostOptions { Family = DnsFamily.V6 }, true, CancellationToken.None)).Addresses.AsEnumerable());
    }

    public static TheoryData<string> Broken => [.. BrokenDnsAnswers.Kinds];

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_broken_answer_is_a_failure_with_a_reason_and_nothing_worse(string what)
    {
        DnsAnswer answer = await AskAsync(query => BrokenDnsAnswers.Make(what, query), Impatient);

        Assert.Equal((what, DnsOutcome.Failed), (what, answer.Outcome));
        Assert.NotEqual("", answer.Detail);
        Assert.Empty(answer.Addresses);
    }

    private static async Task<DnsAnswer> AskAsync(Func<ScriptedDnsQuery, byte[]?> reply, TimeSpan? patience = null)
    {
        await using var dns = new ScriptedDns(reply);
        return await AskAsync(dns.EndPoint, patience);
    }

    private static async Task<DnsAnswer> AskAsync(IPEndPoint server, TimeSpan? patience = null)
    {
        using var resolver = new DnsResolver(Config(server) with { QueryTimeout = patience ?? Eventually.Deadline }, TimeProvider.System);
        return await resolver.ResolveAsync("up.test.", new DnsHostOptions { Family = DnsFamily.V4 }, true, CancellationToken.None);
    }

    private static ResolverConfig Config(params IPEndPoint[] servers) =>
        new() { Servers = [.. servers], Attempts = 1, QueryTimeout = TimeSpan.FromSeconds(2) };
}
