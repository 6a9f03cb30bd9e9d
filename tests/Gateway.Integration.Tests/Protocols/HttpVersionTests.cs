using System.Net;
using System.Security.Cryptography;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Protocols;

/// <summary>What passes between all versions of HTTP; on every transport, with every client, whatever the environment says.</summary>
public abstract class HttpVersionTests(EchoFixture fixture)
{
    public static TheoryData<string, bool, string> Ways
    {
        get
        {
            var ways = new TheoryData<string, bool, string>();
            foreach (string client in (string[])["1.1", "2.0"])
            {
                foreach (bool tls in (bool[])[false, true])
                {
                    ways.Add(client, tls, "h1.test");
                    ways.Add(client, tls, "h2.test");
                }
            }
            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_request_passes_from_every_client_protocol_to_every_upstream_protocol(string client, bool tls, string host)
    {
        using HttpClient http = Client(client, tls, host);
        byte[] body = RandomNumberGenerator.GetBytes(100_000);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Post, Version.Parse(client), tls ? "https" : "http", host, "/a%2fb/c?q=%20&r=1");
        request.Content = new ByteArrayContent(body);
        request.Headers.Add("x-repeated", ["one", "two"]);
        request.Headers.Add("echo-header", "x-answer=yes");

        using HttpResponseMessage response = await http.SendAsync(request);
        var seen = EchoRequest.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("yes", Assert.Single(response.Headers.GetValues("x-answer")));
        Assert.Equal(host == "h1.test" ? "HTTP/1.1" : "HTTP/2", seen.Protocol);
        Assert.Equal(("POST", "/a%2fb/c?q=%20&r=1", host), (seen.Method, seen.Target, seen.Authority));
        Assert.Equal((body.Length, Convert.ToHexString(SHA256.HashData(body))), (seen.BodyBytes, seen.BodySha256));
        Assert.Equal("one, two", string.Join(", ", seen.Headers["x-repeated"].SelectMany(line => line.Split(", "))));
        Assert.Equal(tls ? "https" : "http", Assert.Single(seen.Headers["x-forwarded-proto"]));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Trailers_of_an_HTTP2_upstream_reach_the_client(string client)
    {
        using HttpClient http = Client(client, tls: true, "h2.test");
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, Version.Parse(client), "https", "h2.test", "/");
        request.Headers.Add("echo-trailer", "x-end=42");
        request.Headers.TE.ParseAdd("trailers");

        using HttpResponseMessage response = await http.SendAsync(request);

        // HTTP/1.1 clients get trailers only if the server beneath can send them; Kestrel cannot.
        if (client == "2.0")
            Assert.Equal("42", Assert.Single(response.TrailingHeaders.GetValues("x-end")));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("HEAD", "200")]
    [InlineData("GET", "204")]
    [InlineData("GET", "304")]
    [InlineData("DELETE", "404")]
    [InlineData("PATCH", "500")]
    [InlineData("BREW", "418")]
    public async Task Methods_and_statuses_pass_as_they_are(string method, string status)
    {
        using HttpClient http = Client("1.1", tls: false, "h1.test");
        using HttpRequestMessage request = TestHttpClient.Request(new HttpMethod(method), HttpVersion.Version11, "http", "h1.test", "/");
        request.Headers.Add("echo-status", status);

        using HttpResponseMessage response = await http.SendAsync(request);

        Assert.Equal(status, ((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Contains(fixture.Echo.Requests, seen => seen.Method == method);
    }

    private HttpClient Client(string version, bool tls, string host)
    {
        ClientTls? security = !tls ? null : version == "2.0" ? ClientTls.Http2(host) : ClientTls.Http1(host);
        return TestHttpClient.Create(fixture.Gateway.Port(tls ? 443 : 80), Version.Parse(version), security);
    }
}
