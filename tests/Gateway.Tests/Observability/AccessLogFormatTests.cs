using System.Net;
using System.Text;
using Gateway.Observability.AccessLogs;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Observability;

public sealed class AccessLogFormatTests
{
    [Fact]
    public void The_default_text_line_is_Istios()
    {
        Assert.Equal(
            "[2016-04-15T20:17:00.310Z] \"GET /api?x=1 HTTP/1.1\" 503 UF,URX upstream_reset_before_response_started{connection_timeout} - "
            + "\"delayed connect error: Connection refused\" 12 91 35 7 \"203.0.113.9\" \"curl/8\" \"id-1\" \"shop.example.com\" \"10.0.0.5:8080\" "
            + "outbound|80|v1|shop.default.svc.cluster.local 10.0.0.1:40000 10.0.0.1:443 203.0.113.9:50000 shop.example.com main\n",
            Line(AccessLogFormat.DefaultText, Filled()));
    }

    [Fact]
    public void Missing_values_are_dashes_in_text()
    {
        StreamInfo info = new() { StartTime = new DateTimeOffset(2016, 4, 15, 20, 17, 0, 310, TimeSpan.Zero), Method = "GET", Path = "/", Protocol = "HTTP/2" };

        Assert.Equal(
            "[2016-04-15T20:17:00.310Z] \"GET / HTTP/2\" 0 - - - \"-\" 0 0 0 - \"-\" \"-\" \"-\" \"-\" \"-\" - - - - - -\n",
            Line(AccessLogFormat.DefaultText, info));
    }

    [Fact]
    public void The_default_JSON_line_has_Istios_keys_in_order_and_keeps_numbers()
    {
        Assert.Equal(
            "{\"authority\":\"shop.example.com\",\"bytes_received\":12,\"bytes_sent\":91,\"connection_termination_details\":null,"
            + "\"downstream_local_address\":\"10.0.0.1:443\",\"downstream_remote_address\":\"203.0.113.9:50000\",\"duration\":35,\"method\":\"GET\","
            + "\"path\":\"/api?x=1\",\"protocol\":\"HTTP/1.1\",\"request_id\":\"id-1\",\"requested_server_name\":\"shop.example.com\",\"response_code\":503,"
            + "\"response_code_details\":\"upstream_reset_before_response_started{connection_timeout}\",\"response_flags\":\"UF,URX\",\"route_name\":\"main\","
            + "\"start_time\":\"2016-04-15T20:17:00.310Z\",\"upstream_cluster\":\"outbound|80|v1|shop.default.svc.cluster.local\","
            + "\"upstream_host\":\"10.0.0.5:8080\",\"upstream_local_address\":\"10.0.0.1:40000\",\"upstream_service_time\":\"7\","
            + "\"upstream_transport_failure_reason\":\"delayed connect error: Connection refused\",\"user_agent\":\"curl/8\",\"x_forwarded_for\":\"203.0.113.9\"}\n",
            Line(AccessLogFormat.DefaultJson, Filled()));
    }

    [Theory]
    [InlineData("%RESPONSE_CODE%", "503")]
    [InlineData("100%% of %PROTOCOL%", "100% of HTTP/1.1")]
    [InlineData("%REQ(X-Custom)%", "one")]
    [InlineData("%REQ(X-Missing?X-Custom)%", "one")]
    [InlineData("%REQ(X-Missing?:METHOD)%", "GET")]
    [InlineData("%REQ(X-Missing)%", "-")]
    [InlineData("%REQ(:PATH):4%", "/api")]
    [InlineData("%RESP(Server)%", "backend")]
    [InlineData("%TRAILER(grpc-status)%", "0")]
    [InlineData("%RESP(:STATUS)%", "503")]
    [InlineData("%RESPONSE_FLAGS_LONG%", "UpstreamConnectionFailure,UpstreamRetryLimitExceeded")]
    [InlineData("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "203.0.113.9")]
    [InlineData("%DOWNSTREAM_LOCAL_PORT%", "443")]
    [InlineData("%START_TIME(%Y/%m/%dT%H:%M:%S.%3f %s)%", "2016/04/15T20:17:00.310 1460751420")]
    [InlineData("%START_TIME(%e %j %f %b)%", "15 106 310000000 Apr")]
    [InlineData("%DOWNSTREAM_TLS_VERSION%", "TLSv1.3")]
    [InlineData("%UPSTREAM_CLUSTER%", "outbound|80|v1|shop.default.svc.cluster.local")]
    [InlineData("grün %ROUTE_NAME%", "grün main")]
    public void Operators_of_custom_formats(string format, string expected)
    {
        List<string> problems = [];

        Assert.Equal(expected + "\n", Line(AccessLogFormatParser.ParseText(format, problems), Filled()));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("198.51.100.7", "198.51.100.7:0 198.51.100.7 0 203.0.113.9:50000 203.0.113.9 50000")]
    [InlineData("2001:db8::7", "[2001:db8::7]:0 2001:db8::7 0 203.0.113.9:50000 203.0.113.9 50000")]
    [InlineData("203.0.113.9", "203.0.113.9:50000 203.0.113.9 50000 203.0.113.9:50000 203.0.113.9 50000")]
    [InlineData(null, "203.0.113.9:50000 203.0.113.9 50000 203.0.113.9:50000 203.0.113.9 50000")]
    public void A_client_behind_trusted_proxies_has_no_port(string? client, string expected)
    {
        StreamInfo info = Filled();
        info.ClientAddress = client;
        AccessLogFormat format = AccessLogFormatParser.ParseText(
            "%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT% "
            + "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_DIRECT_REMOTE_PORT%",
            []);

        Assert.Equal(expected + "\n", Line(format, info));
    }

    [Theory]
    [InlineData("%FROBNICATE%", "FROBNICATE")]
    [InlineData("%REQ(X-Foo%", "never closed")]
    [InlineData("50% of", "never closed")]
    [InlineData("%REQ()%", "names no header")]
    [InlineData("%REQ(X):abc%", "length")]
    [InlineData("%START_TIME(%Q)%", "%START_TIME(%Q)%")]
    [InlineData("%DYNAMIC_METADATA(a:b)%", "has no value in this gateway")]
    public void What_cannot_be_printed_is_a_problem_and_a_dash(string format, string problem)
    {
        List<string> problems = [];

        AccessLogFormat parsed = AccessLogFormatParser.ParseText(format, problems);

        Assert.Contains(problem, Assert.Single(problems), StringComparison.Ordinal);
        Assert.EndsWith("\n", Line(parsed, Filled()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_custom_JSON_format_is_sorted_at_every_level_and_keeps_types()
    {
        List<string> problems = [];
        AccessLogFormat? format = AccessLogFormatParser.ParseJson(
            """{"z":"%RESPONSE_CODE%","a":{"y":"%REQ(X-None)%","b":"code \"%RESPONSE_CODE%\""},"n":5,"t":true}""", problems);

        Assert.Equal("{\"a\":{\"b\":\"code \\\"503\\\"\",\"y\":null},\"n\":5,\"t\":true,\"z\":503}\n", Line(format!, Filled()));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{")]
    public void A_JSON_format_that_is_none_is_a_problem(string format)
    {
        List<string> problems = [];

        Assert.Null(AccessLogFormatParser.ParseJson(format, problems));
        Assert.Single(problems);
    }

    [Theory]
    [InlineData("a\nb", "a\\x0ab", "a\\u000ab")]
    [InlineData("a\"b\\c", "a\\\"b\\\\c", "a\\\"b\\\\c")]
    [InlineData("\u001b[31m", "\\x1b[31m", "\\u001b[31m")]
    [InlineData("\u009b\u2028", "\\u009b\\u2028", "\\u009b\\u2028")]
    [InlineData("grün 🚀", "grün 🚀", "grün 🚀")]
    public void Text_of_clients_cannot_end_its_line_or_its_quotes(string userAgent, string text, string json)
    {
        StreamInfo info = new() { UserAgent = userAgent };

        Assert.Equal(text + "\n", Line(AccessLogFormatParser.ParseText("%REQ(USER-AGENT)%", []), info));
        Assert.Equal($"{{\"u\":\"{json}\"}}\n", Line(AccessLogFormatParser.ParseJson("""{"u":"%REQ(USER-AGENT)%"}""", [])!, info));
    }

    [Fact]
    public void Half_a_character_becomes_the_replacement_character() =>
        Assert.Equal("\ufffdx\n", Line(AccessLogFormatParser.ParseText("%REQ(USER-AGENT)%", []), new StreamInfo { UserAgent = new string([(char)0xd800, 'x']) }));

    [Fact]
    public void An_endless_value_is_cut_and_the_line_still_ends()
    {
        StreamInfo info = new() { UserAgent = new string('"', 100_000), Path = "/tail" };

        string line = Line(AccessLogFormatParser.ParseText("%REQ(USER-AGENT)% %REQ(:PATH)%", []), info);

        Assert.True(line.Length <= LogLine.MaxBytes);
        Assert.EndsWith("\n", line, StringComparison.Ordinal);
    }

    private static string Line(AccessLogFormat format, StreamInfo info)
    {
        LogLine line = new();
        try
        {
            AccessLogFormatter.Write(format, info, ref line);
            return Encoding.UTF8.GetString(line.Written);
        }
        finally
        {
            line.Dispose();
        }
    }

    private static StreamInfo Filled() => new()
    {
        StartTime = new DateTimeOffset(2016, 4, 15, 20, 17, 0, 310, TimeSpan.Zero),
        Duration = TimeSpan.FromMilliseconds(35.9),
        Method = "GET",
        Path = "/api?x=1",
        Protocol = "HTTP/1.1",
        ResponseCode = 503,
        Flags = ResponseFlags.UpstreamConnectionFailure | ResponseFlags.UpstreamRetryLimitExceeded,
        ResponseCodeDetails = "upstream_reset_before_response_started{connection_timeout}",
        UpstreamTransportFailureReason = "delayed connect error: Connection refused",
        BytesReceived = 12,
        BytesSent = 91,
        UpstreamServiceTimeMs = 7,
        ForwardedFor = "203.0.113.9",
        UserAgent = "curl/8",
        RequestId = "id-1",
        Authority = "shop.example.com",
        UpstreamHost = "10.0.0.5:8080",
        UpstreamCluster = "outbound|80|v1|shop.default.svc.cluster.local",
        UpstreamLocalAddress = "10.0.0.1:40000",
        RouteName = "main",
        RequestHeaders = new HeaderDictionary { ["x-custom"] = new(["one", "two"]) },
        ResponseHeaders = new HeaderDictionary { ["server"] = "backend" },
        ResponseTrailers = new HeaderDictionary { ["grpc-status"] = "0" },
        Connection = new DownstreamConnection
        {
            ListenerPort = 443,
            ListenerName = "0.0.0.0_443",
            FilterChainName = "https.443",
            FilterChainKey = "https.443",
            RemoteIp = "203.0.113.9",
            LocalIp = "10.0.0.1",
            TlsVersion = "TLSv1.3",
            IsTls = true,
            RequestedServerName = "shop.example.com",
            RemoteEndPoint = IPEndPoint.Parse("203.0.113.9:50000"),
            LocalEndPoint = IPEndPoint.Parse("10.0.0.1:443"),
            RemoteAddress = "203.0.113.9:50000",
            LocalAddress = "10.0.0.1:443",
        },
    };
}
