using Gateway.Snapshot;
using Gateway.Snapshot.Explanation;

namespace Gateway.Tests.Samples;

/// <summary>What the samples' READMEs promise, asked of the code that also routes traffic.</summary>
public sealed class SampleRequestsTests
{
    private const string Internal = "http://reviews.default.svc.cluster.local:9080/reviews/0";

    private static readonly GatewaySnapshot HttpBin = SampleFolder.Compile(SampleFolder.Documents("samples/httpbin")).Snapshot;
    private static readonly GatewaySnapshot BlueGreen = SampleFolder.Compile(SampleFolder.Documents("samples/blue-green")).Snapshot;
    private static readonly GatewaySnapshot BookinfoSample = Bookinfo("samples/bookinfo/reviews.yaml");

    [Theory]
    [InlineData("GET", "http://localhost:8080/productpage", "forward", "productpage.default.svc.cluster.local")]
    [InlineData("GET", "https://localhost:8443/productpage", "forward", "productpage.default.svc.cluster.local")]
    [InlineData("GET", "http://localhost:8080/static/bookinfo.css", "forward", "productpage.default.svc.cluster.local")]
    [InlineData("GET", "http://localhost:8080/api/v1/products/0/reviews", "forward", "productpage.default.svc.cluster.local")]
    [InlineData("GET", "http://localhost:8080/", "redirect", null)]
    [InlineData("GET", "http://localhost:8080/reviews/0", "not_found", null)]
    [InlineData("GET", "http://details.default.svc.cluster.local:9080/details/0", "forward", "details.default.svc.cluster.local")]
    [InlineData("GET", "http://ratings.default.svc.cluster.local:9080/ratings/0", "forward", "ratings.default.svc.cluster.local")]
    public void Bookinfo_goes_where_its_readme_says(string method, string url, string outcome, string? host)
    {
        Explanation explanation = Explain(BookinfoSample, method, url);

        Assert.Equal(outcome, explanation.Outcome);
        Assert.Equal(host, explanation.Destination?.Host);
    }

    [Theory]
    [InlineData("samples/bookinfo/reviews.yaml", "v1", "v2")]
    [InlineData("samples/bookinfo-try/all-v1.yaml", "v1", "v1")]
    [InlineData("samples/bookinfo-try/jason-v2.yaml", "v1", "v2")]
    [InlineData("samples/bookinfo-try/80-20.yaml", "v1=80 v2=20", "v1=80 v2=20")]
    [InlineData("samples/bookinfo-try/50-v3.yaml", "v1=50 v3=50", "v1=50 v3=50")]
    [InlineData("samples/bookinfo-try/all-v3.yaml", "v3", "v3")]
    public void The_reviews_go_by_user_and_weight(string routes, string everybody, string jason)
    {
        GatewaySnapshot snapshot = Bookinfo(routes);

        Assert.Equal(everybody, Shares(Explain(snapshot, "GET", Internal)));
        Assert.Equal(jason, Shares(Explain(snapshot, "GET", Internal, "end-user: jason")));
    }

    [Theory]
    [InlineData("GET", "/robots.txt", "", "local_reply 200")]
    [InlineData("GET", "/old/page", "", "redirect 301 http://httpbin.example.com:8080/anything/new")]
    [InlineData("GET", "/api/get", "x-debug: 1", "/get")]
    [InlineData("POST", "/x", "content-type: application/json", "/anything/x")]
    [InlineData("POST", "/x", "content-type: text/plain", "/x")]
    [InlineData("GET", "/x?write=true", "", "/anything/x?write=true")]
    [InlineData("GET", "/status/404", "", "/status/404")]
    public void Httpbin_does_what_its_readme_says(string method, string path, string header, string expected)
    {
        Explanation explanation = Explain(HttpBin, method, "http://httpbin.example.com:8080" + path, header);

        string actual = explanation.Outcome switch
        {
            "forward" => explanation.Upstream!.Path,
            "redirect" => $"redirect {explanation.Status} {explanation.Location}",
            _ => $"{explanation.Outcome} {explanation.Status}",
        };
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Httpbin_changes_headers_behind_the_api_prefix()
    {
        Explanation explanation = Explain(HttpBin, "GET", "http://httpbin.example.com:8080/api/get", "x-debug: 1");

        Assert.Contains(explanation.Upstream!.Headers, h => h.Key == "x-entered-by" && h.Value == "api");
        Assert.DoesNotContain(explanation.Upstream.Headers, h => h.Key == "x-debug");
        Assert.Contains(explanation.ResponseHeaders, h => h.Key == "x-served-from" && h.Value == "httpbin");
    }

    [Fact]
    public void Httpbin_leaves_a_read_only_writer_alone()
    {
        Explanation explanation = Explain(HttpBin, "POST", "http://httpbin.example.com:8080/x", "content-type: application/json", "x-read-only: 1");

        Assert.Equal("/x", explanation.Upstream?.Path);
    }

    [Theory]
    [InlineData("", "blue")]
    [InlineData("x-release: green", "green")]
    [InlineData("x-release: red", "blue")]
    public void Blue_serves_everybody_but_those_who_ask_for_green(string header, string release)
    {
        Explanation explanation = Explain(BlueGreen, "GET", "http://shop.example.com:8080/", header);

        Assert.Equal(release, explanation.Destination?.Subset);
        Assert.Equal(release == "blue" ? ["127.0.0.1:8181"] : ["127.0.0.1:8182"], explanation.Destination?.Endpoints);
    }

    [Fact]
    public void The_deployed_gateway_welcomes()
    {
        GatewaySnapshot snapshot = SampleFolder.Compile(
            SampleFolder.Documents("deploy/loadbalancer/base/config"), new GatewayIdentity { Namespace = "gateway" }).Snapshot;

        Explanation explanation = Explain(snapshot, "GET", "http://example.com/");

        Assert.Equal("local_reply", explanation.Outcome);
        Assert.Contains("The gateway is up", explanation.Body, StringComparison.Ordinal);
    }

    private static GatewaySnapshot Bookinfo(string reviews) =>
        SampleFolder.Compile(SampleFolder.Documents("samples/bookinfo", ("reviews.yaml", reviews)).Concat(SampleFolder.DemoDocuments())).Snapshot;

    internal static string Shares(Explanation explanation)
    {
        Assert.Equal("forward", explanation.Outcome);
        ExplainedDestination[] taken = [.. explanation.Weights.Where(w => w.Percent > 0)];
        return taken.Length > 1
            ? string.Join(' ', taken.Select(w => $"{w.Subset}={w.Percent}"))
            : explanation.Destination!.Subset;
    }

    private static Explanation Explain(GatewaySnapshot snapshot, string method, string url, params string[] headers)
    {
        IEnumerable<KeyValuePair<string, string>> pairs = headers.Where(h => h.Length > 0).Select(h => h.Split(": ")).Select(h => KeyValuePair.Create(h[0], h[1]));
        Assert.True(ExplainRequest.TryCreate(method, url, [.. pairs], out ExplainRequest? request));
        return RequestExplainer.Explain(snapshot, request!);
    }
}
