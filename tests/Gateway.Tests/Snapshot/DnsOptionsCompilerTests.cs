using Gateway.Clusters;
using Gateway.Clusters.Discovery;

namespace Gateway.Tests.Snapshot;

/// <summary>What a ServiceEntry's annotations say of its names.</summary>
public sealed class DnsOptionsCompilerTests
{
    [Fact]
    public void All_annotations_count()
    {
        DnsHostOptions options = Options("""
            egress.gateway/dns-min-ttl: 5s
            egress.gateway/dns-max-ttl: 2m
            egress.gateway/dns-refresh: 90s
            egress.gateway/dns-stale-for: 1h30m
            egress.gateway/dns-resolvers: "10.0.0.53, 10.0.0.54:5353, [2001:db8::53]:54"
            egress.gateway/dns-family: v6
            egress.gateway/allow-addresses: private, 127.0.0.0/8, 169.254.169.254
            """, out IReadOnlyList<string> findings);

        Assert.Empty(findings);
        Assert.Equal((5, 120, 90, 5400), (options.MinTtl.TotalSeconds, options.MaxTtl.TotalSeconds, options.RefreshRate.TotalSeconds, options.StaleFor.TotalSeconds));
        Assert.Equal(["10.0.0.53:53", "10.0.0.54:5353", "[2001:db8::53]:54"], options.Servers.Select(server => server.ToString()));
        Assert.Equal(DnsFamily.V6, options.Family);
        Assert.Equal(["127.0.0.0/8", "169.254.169.254/32"], options.Guard.Allowed.Select(network => network.ToString()));
        Assert.Equal(AddressClass.Public, options.Guard.Refused & AddressClass.Private);
    }

    [Fact]
    public void Without_annotations_the_documented_values_count()
    {
        DnsHostOptions options = Options("{}", out IReadOnlyList<string> findings);

        Assert.Empty(findings);
        Assert.Equal(
            new DnsHostOptions { MinTtl = TimeSpan.FromSeconds(1), MaxTtl = TimeSpan.FromHours(1), RefreshRate = TimeSpan.FromSeconds(60), StaleFor = TimeSpan.FromHours(24), Guard = AddressGuard.Registered },
            options);
    }

    [Theory]
    [InlineData("auto", 0)]
    [InlineData("v4", 1)]
    [InlineData("v6", 2)]
    [InlineData("all", 3)]
    public void Families_have_names(string text, int family) =>
        Assert.Equal((DnsFamily)family, Options($"egress.gateway/dns-family: {text}", out _).Family);

    [Theory]
    [InlineData("dns-min-ttl: soon")]
    [InlineData("dns-max-ttl: -1s")]
    [InlineData("dns-refresh: 0s")]
    [InlineData("dns-stale-for: \"5\"")]
    [InlineData("dns-resolvers: resolver.test")]
    [InlineData("dns-resolvers: 10.0.0.53:99999")]
    [InlineData("dns-family: ipv5")]
    [InlineData("allow-addresses: everything")]
    public void What_cannot_be_read_is_told_and_changes_nothing(string annotation)
    {
        DnsHostOptions options = Options("egress.gateway/" + annotation, out IReadOnlyList<string> findings);

        Assert.Contains(annotation.Split(':')[0], Assert.Single(findings), StringComparison.Ordinal);
        Assert.Equal(new DnsHostOptions(), options);
    }

    private static DnsHostOptions Options(string annotations, out IReadOnlyList<string> findings)
    {
        Compiled compiled = Compiled.From($$"""
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: up
              namespace: default
              annotations:
                {{annotations.ReplaceLineEndings("\n    ")}}
            spec:
              hosts: [up.test]
              resolution: DNS
              ports: [{number: 80, name: http, protocol: HTTP}]
            """ + "\n" + Compiled.HttpGateway() + Compiled.VirtualService("up", "up.test", Compiled.To("up.test")));
        findings = [.. compiled.Findings];
        ClusterConfig cluster = Assert.Single(compiled.Snapshot.Clusters).Config;
        return cluster.Dns;
    }
}
