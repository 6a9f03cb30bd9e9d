using System.Buffers.Binary;
using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Integration.Tests.Security;

/// <summary>A gateway before an echo server with a CUSTOM policy for <c>/guarded*</c>, and an authorization server that the test writes.</summary>
internal sealed class ExtAuthzBed : IAsyncDisposable
{
    private readonly ScriptedHttpServer _authorizer;

    private ExtAuthzBed(ScriptedHttpServer authorizer, EchoUpstream echo, TestGateway gateway)
    {
        _authorizer = authorizer;
        Echo = echo;
        Gateway = gateway;
        Client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
    }

    public EchoUpstream Echo { get; }

    public TestGateway Gateway { get; }

    public HttpClient Client { get; }

    /// <summary>An authorization server that speaks HTTP.</summary>
    /// <param name="answer">The server.</param>
    /// <param name="settings">More of the provider, as a flow mapping without braces.</param>
    /// <param name="onEventLoops">The transport.</param>
    /// <param name="port">Port of the service; null = the server's.</param>
    public static async Task<ExtAuthzBed> HttpAsync(RequestDelegate answer, string settings = "failOpen: false", bool? onEventLoops = null, int? port = null) =>
        await StartAsync(await ScriptedHttpServer.StartAsync(answer), "envoyExtAuthzHttp", "HTTP", settings, onEventLoops, port);

    /// <summary>An authorization server that speaks gRPC.</summary>
    /// <param name="check">Makes a CheckResponse of a CheckRequest.</param>
    /// <param name="settings">More of the provider, as a flow mapping without braces.</param>
    /// <param name="status">The call's own status.</param>
    public static async Task<ExtAuthzBed> GrpcAsync(Func<byte[], byte[]> check, string settings = "failOpen: false", int status = 0) => await StartAsync(
        await ScriptedHttpServer.StartAsync(http => AnswerAsync(http, check, status), listen => listen.Protocols = HttpProtocols.Http2), "envoyExtAuthzGrpc", "GRPC", settings, false, null);

    /// <summary>Sends a request.</summary>
    public Task<HttpResponseMessage> SendAsync(string path = "/guarded", HttpMethod? method = null, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        HttpRequestMessage request = TestHttpClient.Request(method ?? HttpMethod.Get, HttpVersion.Version11, "http", "shop.test", path);
        request.Content = content;
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Gateway.DisposeAsync();
        await Echo.DisposeAsync();
        await _authorizer.DisposeAsync();
    }

    /// <summary>A policy that asks a provider.</summary>
    public static string Policy(string name, string provider) => $$$"""
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: {{{name}}}, namespace: istio-system}
        spec: {action: CUSTOM, provider: {name: {{{provider}}}}, rules: [{to: [{operation: {paths: ["/guarded*"]}}]}]}
        """;

    /// <summary>A message of protocol buffers.</summary>
    public static byte[] Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
            write(output);
        return bytes.ToArray();
    }

    /// <summary>Writes a message or text as a field.</summary>
    public static void Field(CodedOutputStream output, int number, byte[] value)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(value));
    }

    private static async Task<ExtAuthzBed> StartAsync(ScriptedHttpServer authorizer, string kind, string protocol, string settings, bool? onEventLoops, int? port)
    {
        EchoUpstream echo = await EchoUpstream.StartAsync();
        TestGateway gateway = await TestGateway.StartOnAsync(onEventLoops ?? OperatingSystem.IsLinux(),
            TestConfig.HttpGateway(),
            TestConfig.Backend("echo.test", echo),
            TestConfig.Backend("authz.test", protocol, port ?? authorizer.Port),
            TestConfig.Route("*", "echo.test"),
            Policy("ask", "authz"),
            $$"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: istio, namespace: istio-system}
            data:
              mesh: |
                extensionProviders:
                - name: authz
                  {{kind}}: {service: authz.test, port: 80, {{settings}}}
            """);
        return new ExtAuthzBed(authorizer, echo, gateway);
    }

    /// <summary>Answers a gRPC call with a CheckResponse.</summary>
    public static async Task AnswerAsync(HttpContext http, Func<byte[], byte[]> check, int status)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        byte[] framed = body.ToArray();
        bool isCall = http.Request is { Path.Value: "/envoy.service.auth.v3.Authorization/Check", ContentType: "application/grpc" }
            && framed[0] == 0 && BinaryPrimitives.ReadInt32BigEndian(framed.AsSpan(1)) == framed.Length - 5;
        byte[] answer = check(framed[5..]);
        http.Response.ContentType = "application/grpc";
        byte[] head = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), answer.Length);
        await http.Response.Body.WriteAsync(head);
        await http.Response.Body.WriteAsync(answer);
        http.Response.AppendTrailer("grpc-status", isCall ? status.ToString(System.Globalization.CultureInfo.InvariantCulture) : "12");
    }
}
