using System.Net;
using Gateway.Http;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Http;

public sealed class HeaderValueFormatterTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("100%%", "100%")]
    [InlineData("a%", "a%")]
    [InlineData("%lower%", "%lower%")]
    [InlineData("%REQ(x-a)%", "one")]
    [InlineData("%REQ(X-Missing?x-a)%", "one")]
    [InlineData("%REQ(x-a):2%", "on")]
    [InlineData("[%REQ(x-missing)%]", "[-]")]
    [InlineData("%REQ(x-missing)%", "")]
    [InlineData("%REQ(:METHOD)% %REQ(:PATH)%", "GET /p?q")]
    [InlineData("%REQ(:AUTHORITY)%", "a.test")]
    [InlineData("%PROTOCOL%", "HTTP/1.1")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS%", "203.0.113.9:4711")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "203.0.113.9")]
    [InlineData("%DOWNSTREAM_LOCAL_PORT%", "80")]
    [InlineData("%START_TIME%", "2026-11-22T20:30:40.050Z")]
    [InlineData("%START_TIME(%Y/%m/%d %s)%", "2026/11/22 1795379440")]
    [InlineData("%START_TIME(%s.%3f)%", "1795379440.050")]
    [InlineData("%RESP(x-r)%", "answer")]
    [InlineData("%ROUTE_NAME%-%UPSTREAM_CLUSTER%", "r-outbound|80||a")]
    public void Operators_are_replaced(string value, string expected)
    {
        StreamInfo info = Info();

        string text = HeaderValueFormatter.Format(
            HeaderValueFormatter.Parse(value), info, new HeaderDictionary { ["x-a"] = "one" }, new HeaderDictionary { ["x-r"] = "answer" });

        Assert.Equal(expected, text);
    }

    [Fact]
    public void A_value_without_operators_is_a_literal() => Assert.Equal("x%y", HeaderValueFormatter.Parse("x%%y").Literal);

    private static StreamInfo Info() => new()
    {
        Method = "GET", Path = "/p?q", Authority = "a.test", Protocol = "HTTP/1.1", RouteName = "r", UpstreamCluster = "outbound|80||a",
        StartTime = new DateTimeOffset(2026, 11, 22, 20, 30, 40, 50, TimeSpan.Zero),
        Connection = new DownstreamConnection
        {
            ListenerPort = 80, ListenerName = "l", FilterChainName = "c", FilterChainKey = "l/c", IsTls = false,
            RemoteEndPoint = new IPEndPoint(IPAddress.Parse("203.0.113.9"), 4711), LocalEndPoint = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 80),
            RemoteAddress = "203.0.113.9:4711", LocalAddress = "10.0.0.1:80", RemoteIp = "203.0.113.9", LocalIp = "10.0.0.1",
        },
    };
}
