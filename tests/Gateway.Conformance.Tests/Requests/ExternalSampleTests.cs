using System.Net;
using Gateway.Conformance.Tests.Cases;
using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>Istio's sample <c>external</c>, unchanged, behind a forward proxy.</summary>
public sealed class ExternalSampleTests
{
    private const string Sample = "../shared/istio/samples/external/github.yaml";

    private const string Proxy = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: proxy, annotations: {egress.gateway/forward-proxy: "true"}}
        spec:
          servers: [{port: {number: 3128, name: http, protocol: HTTP}, hosts: ["*"]}]
        """;

    /// <summary>Nothing is sent to real addresses: the name leads where it may not, and of addresses only those that are not listed are asked for.</summary>
    [SamplesTheory(Sample)]
    [InlineData("CONNECT github.com:443", 503, "DF", "127.0.0.1 is a loopback address")]
    [InlineData("CONNECT github.com:22", 403, "NR", "without port 22")]
    [InlineData("CONNECT gitlab.com:443", 403, "NR", "not registered")]
    [InlineData("CONNECT 140.82.112.3:443", 403, "NR", "not registered")]
    [InlineData("CONNECT 192.0.2.1:22", 403, "NR", "not registered")]
    public async Task What_the_sample_opens_is_looked_up_and_nothing_else_is(string request, int status, string flags, string reason)
    {
        await using var dns = new ScriptedDns(query => query.Answer(60, IPAddress.Loopback));
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline, dns: dns.EndPoint);
        Assert.Empty(await gateway.ApplyAsync(Proxy, await File.ReadAllTextAsync(Path.GetFullPath(Sample, CaseFolders.RepositoryRoot))));

        RawHttpResponse? answer = await RawHttpConnection.ExchangeAsync(gateway.Port(3128), $"{request} HTTP/1.1\r\nHost: x\r\n\r\n");

        CompletedRequest ended = await gateway.CompletionAsync(_ => true);
        Assert.Equal((status, flags), (answer?.Status, ended.Flags));
        Assert.Contains(reason, ended.Reason + answer!.Text, StringComparison.Ordinal);
    }
}
