using System.Net;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Echo;
using Google.Protobuf;

namespace Gateway.Integration.Tests.Security;

/// <summary>CUSTOM policies with a real server that speaks envoy.service.auth.v3; its messages are made by Google's library.</summary>
public sealed class GrpcAuthorizationTests
{
    [Fact]
    public async Task The_server_sees_the_request()
    {
        byte[] seen = [];
        await using ExtAuthzBed bed = await ExtAuthzBed.GrpcAsync(check =>
        {
            seen = check;
            return Ok();
        }, "includeRequestBodyInCheck: {maxRequestBytes: 100, packAsBytes: true}");

        HttpResponseMessage response = await bed.SendAsync("/guarded/a?b=c", HttpMethod.Post, new ByteArrayContent([1, 0xff, 3]), ("x-two", "1, 2"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        byte[] attributes = One(seen, 1);
        byte[] socket = One(One(One(attributes, 1), 1), 1);
        Assert.Equal("127.0.0.1", Encoding.UTF8.GetString(One(socket, 2)));
        byte[] http = One(One(attributes, 4), 2);
        Assert.Equal(("POST", "/guarded/a?b=c", "shop.test", "http", "HTTP/1.1"),
            (Text(http, 2), Text(http, 4), Text(http, 5), Text(http, 6), Text(http, 10)));
        Assert.Equal([1, 0xff, 3], One(http, 12));
        Dictionary<string, string> headers = All(http, 3).ToDictionary(entry => Text(entry, 1), entry => Text(entry, 2));
        Assert.Equal(("1, 2", "POST", "/guarded/a?b=c", "shop.test", "false"), (headers["x-two"], headers[":method"], headers[":path"], headers[":authority"], headers["x-envoy-auth-partial-body"]));
        Assert.Equal(3, bed.Echo.Requests.Single().BodyBytes);
    }

    [Fact]
    public async Task An_allowing_answer_changes_headers_and_query()
    {
        await using ExtAuthzBed bed = await ExtAuthzBed.GrpcAsync(_ => ExtAuthzBed.Message(response =>
        {
            ExtAuthzBed.Field(response, 1, []);
            ExtAuthzBed.Field(response, 3, ExtAuthzBed.Message(ok =>
            {
                ExtAuthzBed.Field(ok, 2, Header("x-added", "a", append: null, action: 0));
                ExtAuthzBed.Field(ok, 2, Header("x-twice", "b", append: null, action: 0));
                ExtAuthzBed.Field(ok, 2, Header("x-old-set", "c", append: false, action: 0));
                ExtAuthzBed.Field(ok, 2, Header("x-old-append", "d", append: true, action: 0));
                ExtAuthzBed.Field(ok, 2, Header("x-old-append-none", "e", append: true, action: 0));
                ExtAuthzBed.Field(ok, 2, Header("x-if-absent", "f", append: null, action: 1));
                ExtAuthzBed.Field(ok, 2, Header("x-overwritten", "g", append: null, action: 2));
                ExtAuthzBed.Field(ok, 2, Header("x-only-there", "h", append: null, action: 3));
                ExtAuthzBed.Field(ok, 2, Header(":path", "/open", append: false, action: 0));
                ExtAuthzBed.Field(ok, 2, Header("host", "evil.test", append: false, action: 0));
                ExtAuthzBed.Field(ok, 5, "x-removed"u8.ToArray());
                ExtAuthzBed.Field(ok, 6, Header("x-response", "r", append: null, action: 0));
                ExtAuthzBed.Field(ok, 7, Pair("new", "1"));
                ExtAuthzBed.Field(ok, 7, Pair("b", "2"));
                ExtAuthzBed.Field(ok, 8, "gone"u8.ToArray());
            }));
        }));

        HttpResponseMessage response = await bed.SendAsync("/guarded?a=1&b=1&gone=x&b=3", headers:
            [("x-twice", "1"), ("x-old-set", "1"), ("x-old-append", "1"), ("x-if-absent", "1"), ("x-overwritten", "1"), ("x-removed", "1")]);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("r", response.Headers.GetValues("x-response").Single());
        EchoRequest echoed = bed.Echo.Requests.Single();
        Assert.Equal(("/guarded?a=1&b=2&new=1", "shop.test"), (echoed.Target, echoed.Authority));
        // .NET's client towards the backend writes the lines of a header as one.
        Assert.Equal("x-added=a x-if-absent=1 x-old-append=1, d x-old-set=c x-overwritten=g x-twice=1, b",
            string.Join(' ', echoed.Headers.Where(header => Array.Exists(["x-added", "x-twice", "x-old-set", "x-old-append", "x-old-append-none", "x-if-absent", "x-overwritten", "x-only-there", "x-removed"], name => name == header.Key))
                .OrderBy(header => header.Key, StringComparer.Ordinal).Select(header => $"{header.Key}={string.Join(',', header.Value)}")));
    }

    [Fact]
    public async Task A_denying_answer_has_its_status_headers_and_body()
    {
        await using ExtAuthzBed bed = await ExtAuthzBed.GrpcAsync(_ => Denied(denied =>
        {
            ExtAuthzBed.Field(denied, 1, Number(1, 429));
            ExtAuthzBed.Field(denied, 2, Header("x-why", "because", append: null, action: 0));
            ExtAuthzBed.Field(denied, 3, "slowly"u8.ToArray());
        }));

        HttpResponseMessage response = await bed.SendAsync();

        Assert.Equal((429, "slowly", "because"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.GetValues("x-why").Single()));
        CompletedRequest completed = await bed.Gateway.CompletionAsync(_ => true);
        Assert.Equal(("UAEX", "ext_authz_denied"), (completed.Flags, completed.Details));
        Assert.Empty(bed.Echo.Requests);
    }

    [Fact]
    public async Task A_denial_without_details_is_403()
    {
        await using ExtAuthzBed bed = await ExtAuthzBed.GrpcAsync(_ => ExtAuthzBed.Message(response => ExtAuthzBed.Field(response, 1, Number(1, 16))));

        Assert.Equal((403, ""), ((int)(await bed.SendAsync()).StatusCode, await (await bed.SendAsync()).Content.ReadAsStringAsync()));
    }

    public static TheoryData<string> Troubles => ["status", "garbage", "cut", "line break", "header name", "action", "query", "huge", "status 99", "negative length"];

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task An_answer_that_makes_no_sense_denies(string trouble)
    {
        await using ExtAuthzBed bed = await ExtAuthzBed.GrpcAsync(_ => Nonsense(trouble), "statusOnError: '503'", trouble == "status" ? 14 : 0);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await bed.SendAsync()).StatusCode);
        CompletedRequest completed = await bed.Gateway.CompletionAsync(_ => true);
        Assert.Equal(("UAEX", "ext_authz_error"), (completed.Flags, completed.Details));
        Assert.Empty(bed.Echo.Requests);
        Assert.Empty(bed.Gateway.Faults);
    }

    private static byte[] Nonsense(string trouble) => trouble switch
    {
        "garbage" => [0xff, 0xff, 0xff, 0xff],
        "cut" => [0x1a, 0x7f, 1],
        "negative length" => [0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        "line break" => Allowed(ok => ExtAuthzBed.Field(ok, 2, Header("x-a", "b\r\nx-admin: 1", append: null, action: 0))),
        "header name" => Allowed(ok => ExtAuthzBed.Field(ok, 6, Header("x a", "b", append: null, action: 0))),
        "action" => Allowed(ok => ExtAuthzBed.Field(ok, 2, Header("x-a", "b", append: null, action: 9))),
        "query" => Allowed(ok => ExtAuthzBed.Field(ok, 7, Pair("a", "1 HTTP/1.1\r\n"))),
        "huge" => new byte[2 * 1024 * 1024],
        "status 99" => Denied(denied => ExtAuthzBed.Field(denied, 1, Number(1, 99))),
        _ => Ok(),
    };

    private static byte[] Ok() => Allowed(_ => { });

    private static byte[] Allowed(Action<CodedOutputStream> write) => ExtAuthzBed.Message(response => ExtAuthzBed.Field(response, 3, ExtAuthzBed.Message(write)));

    private static byte[] Denied(Action<CodedOutputStream> write) => ExtAuthzBed.Message(response =>
    {
        ExtAuthzBed.Field(response, 1, Number(1, 7));
        ExtAuthzBed.Field(response, 2, ExtAuthzBed.Message(write));
    });

    private static byte[] Number(int field, int value) => ExtAuthzBed.Message(message =>
    {
        message.WriteTag(field, WireFormat.WireType.Varint);
        message.WriteInt32(value);
    });

    private static byte[] Header(string name, string value, bool? append, int action) => ExtAuthzBed.Message(option =>
    {
        ExtAuthzBed.Field(option, 1, Pair(name, value));
        if (append is { } isAppended)
            ExtAuthzBed.Field(option, 2, isAppended ? Number(1, 1) : []);
        option.WriteTag(3, WireFormat.WireType.Varint);
        option.WriteInt32(action);
    });

    private static byte[] Pair(string key, string value) => ExtAuthzBed.Message(pair =>
    {
        ExtAuthzBed.Field(pair, 1, Encoding.UTF8.GetBytes(key));
        ExtAuthzBed.Field(pair, 2, Encoding.UTF8.GetBytes(value));
    });

    private static List<byte[]> All(byte[] message, int field)
    {
        var values = new List<byte[]>();
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
                values.Add(input.ReadBytes().ToByteArray());
            else
                input.SkipLastField();
        }
        return values;
    }

    private static byte[] One(byte[] message, int field) => All(message, field).Single();

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(One(message, field));
}
