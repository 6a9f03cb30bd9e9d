using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Snapshot;

namespace Gateway.Tests.Samples;

/// <summary>Every sample loads and compiles without a finding that a user would have to act on.</summary>
public sealed class SampleFilesTests
{
    [Theory]
    [InlineData("samples/httpbin", 1)]
    [InlineData("samples/blue-green", 1)]
    [InlineData("samples/bookinfo", 2)]
    [InlineData("samples/egress", 1)]
    public void A_sample_has_no_findings(string folder, int ports)
    {
        (GatewaySnapshot snapshot, var diagnostics) = SampleFolder.Compile(SampleFolder.Documents(folder));

        Assert.Empty(diagnostics.Where(d => d.Severity > Severity.Info));
        Assert.True(snapshot.Listeners.Length >= ports);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("samples/bookinfo-try/all-v1.yaml")]
    [InlineData("samples/bookinfo-try/jason-v2.yaml")]
    [InlineData("samples/bookinfo-try/80-20.yaml")]
    [InlineData("samples/bookinfo-try/50-v3.yaml")]
    [InlineData("samples/bookinfo-try/all-v3.yaml")]
    public void With_what_the_demo_adds_every_port_of_bookinfo_serves(string? reviews)
    {
        IEnumerable<ConfigDocument> files = reviews is null
            ? SampleFolder.Documents("samples/bookinfo")
            : SampleFolder.Documents("samples/bookinfo", ("reviews.yaml", reviews));

        (GatewaySnapshot snapshot, var diagnostics) = SampleFolder.Compile(files.Concat(SampleFolder.DemoDocuments()));

        Assert.Empty(diagnostics.Where(d => d.Severity > Severity.Info));
        Assert.Equal([8080, 8443, 9080], snapshot.Listeners.Select(l => l.Port).Order());
        Assert.Equal("127.0.0.1", snapshot.Listeners.Single(l => l.Port == 9080).Bind);
    }

    [Theory]
    [InlineData("samples/bookinfo-try/all-v1.yaml", "v1:4011")]
    [InlineData("samples/bookinfo-try/jason-v2.yaml", "v1:4011 v2:4012")]
    [InlineData("samples/bookinfo-try/80-20.yaml", "v1:4011 v2:4012")]
    [InlineData("samples/bookinfo-try/50-v3.yaml", "v1:4011 v3:4013")]
    [InlineData("samples/bookinfo-try/all-v3.yaml", "v3:4013")]
    public void Each_version_of_the_reviews_is_a_cluster_with_its_own_server(string routes, string clusters)
    {
        IEnumerable<ConfigDocument> files = SampleFolder.Documents("samples/bookinfo", ("reviews.yaml", routes)).Concat(SampleFolder.DemoDocuments());

        (GatewaySnapshot snapshot, _) = SampleFolder.Compile(files);

        IEnumerable<string> reviews = snapshot.Clusters.Where(c => c.Config.Host == "reviews.default.svc.cluster.local")
            .Select(c => $"{c.Config.Subset}:{c.Endpoints.Single().Port}");
        Assert.Equal(clusters, string.Join(' ', reviews.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void The_configuration_that_is_deployed_has_no_findings()
    {
        (GatewaySnapshot snapshot, var diagnostics) = SampleFolder.Compile(
            SampleFolder.Documents("deploy/loadbalancer/base/config"), new GatewayIdentity { Namespace = "gateway" });

        Assert.Empty(diagnostics.Where(d => d.Severity > Severity.Info));
        Assert.Equal([80], snapshot.Listeners.Select(l => l.Port));
    }
}
