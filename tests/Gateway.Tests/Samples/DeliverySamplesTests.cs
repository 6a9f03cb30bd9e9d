using System.Text.RegularExpressions;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Routing;
using Gateway.Snapshot;
using Gateway.Snapshot.Explanation;
using Gateway.Tests.Architecture;

namespace Gateway.Tests.Samples;

/// <summary>Every step of docs/delivery.md loads without a finding and does what the page says.</summary>
public sealed partial class DeliverySamplesTests
{
    private const string Reviews = "http://reviews.default.svc.cluster.local:9080/reviews/0";

    [Theory]
    [InlineData("blue-green/1-preview.yaml", "v1", "v2")]
    [InlineData("blue-green/2-switch.yaml", "v2", "v2")]
    [InlineData("blue-green/3-back.yaml", "v1", "v1")]
    [InlineData("rolling/1-25.yaml", "v1=75 v3=25", "v1=75 v3=25")]
    [InlineData("rolling/2-50.yaml", "v1=50 v3=50", "v1=50 v3=50")]
    [InlineData("rolling/3-75.yaml", "v1=25 v3=75", "v1=25 v3=75")]
    [InlineData("rolling/4-100.yaml", "v3", "v3")]
    [InlineData("canary/1-testers.yaml", "v1", "v3")]
    [InlineData("canary/2-5.yaml", "v1=95 v3=5", "v3")]
    [InlineData("canary/3-25.yaml", "v1=75 v3=25", "v3")]
    [InlineData("canary/4-50.yaml", "v1=50 v3=50", "v3")]
    [InlineData("canary/5-all.yaml", "v3", "v3")]
    [InlineData("canary/0-back.yaml", "v1", "v1")]
    public void A_step_sends_everybody_and_jason_where_the_page_says(string file, string everybody, string jason)
    {
        GatewaySnapshot snapshot = Compile("samples/delivery/" + file);

        Assert.Equal(everybody, Shares(snapshot));
        Assert.Equal(jason, Shares(snapshot, ("end-user", "jason")));
    }

    [Theory]
    [InlineData("user-agent", "Mozilla/5.0 (iPhone; CPU)", "", "v2")]
    [InlineData("user-agent", "curl/8", "", "v1")]
    [InlineData("user-agent", "curl/8", "?experiment=b", "v2")]
    [InlineData("user-agent", "curl/8", "?experiment=a", "v1")]
    public void The_experiment_goes_by_what_a_request_is(string header, string value, string query, string subset) =>
        Assert.Equal(subset, Shares(Compile("samples/delivery/canary/ab.yaml"), (header, value), query));

    [Fact]
    public void The_canarys_rule_makes_the_split_follow_the_user()
    {
        IEnumerable<ConfigDocument> files = SampleFolder
            .Documents("samples/bookinfo", ("reviews.yaml", "samples/delivery/canary/3-25.yaml"), ("destination-rules.yaml", "samples/delivery/canary/sticky.yaml"))
            .Concat(SampleFolder.DemoDocuments());
        GatewaySnapshot snapshot = SampleFolder.Compile(files).Snapshot;

        ForwardAction[] splits = [.. Forwards(snapshot).Where(forward => forward.Destinations.Count == 2)];

        Assert.NotEmpty(splits);
        Assert.All(splits, split => Assert.True(split.SplitsByHash));
    }

    [Fact]
    public void The_page_names_every_file_and_no_other()
    {
        string[] named = [.. FileName().Matches(SourceTree.Read("docs/delivery.md")).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal)];

        Assert.Equal(SourceTree.Files("samples/delivery", ".yaml").Select(file => file.Path).Order(StringComparer.Ordinal), named);
    }

    private static IEnumerable<ForwardAction> Forwards(GatewaySnapshot snapshot) => snapshot.Listeners
        .SelectMany(listener => listener.FilterChains)
        .SelectMany(chain => chain.Routes.VirtualHosts)
        .SelectMany(host => Enumerable.Range(0, host.Routes.Count).Select(i => host.Routes[i].Action))
        .OfType<ForwardAction>();

    private static GatewaySnapshot Compile(string reviews)
    {
        (GatewaySnapshot snapshot, var findings) = SampleFolder.Compile(SampleFolder.Documents("samples/bookinfo", ("reviews.yaml", reviews)).Concat(SampleFolder.DemoDocuments()));
        Assert.Empty(findings.Where(finding => finding.Severity > Severity.Info));
        return snapshot;
    }

    private static string Shares(GatewaySnapshot snapshot, (string Name, string Value)? header = null, string query = "")
    {
        KeyValuePair<string, string>[] headers = header is { } one ? [KeyValuePair.Create(one.Name, one.Value)] : [];
        Assert.True(ExplainRequest.TryCreate("GET", Reviews + query, headers, out ExplainRequest? request));
        return SampleRequestsTests.Shares(RequestExplainer.Explain(snapshot, request!));
    }

    [GeneratedRegex(@"samples/delivery/[a-z0-9/-]+\.yaml")]
    private static partial Regex FileName();
}
