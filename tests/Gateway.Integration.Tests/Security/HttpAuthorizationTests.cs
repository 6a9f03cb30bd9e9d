using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Echo;
using Microsoft.AspNetCore.Http;

namespace Gateway.Integration.Tests.Security;

/// <summary>CUSTOM policies with a real server that speaks HTTP.</summary>
public sealed class HttpAuthorizationTests
{
    public static TheoryData<bool> Transports => OperatingSystem.IsLinux() ? [false, true] : [false];

    [Fact]
    public async Task The_server_sees_the_head_it_may_and_changes_headers_of_request_and_response()
    {
        string target = "";
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        await using ExtAuthzBed bed = await ExtAuthzBed.HttpAsync(http =>
        {
            target = $"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}";
            foreach (KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues> header in http.Request.Headers)
                seen[header.Key] = header.Value.ToString();
            http.Response.Headers["x-user"] = "from-server";
            http.Response.Headers["x-other"] = "not listed";
            http.Response.Headers["x-told"] = "yes";
            http.Response.Headers["x-envoy-auth-headers-to-remove"] = "x-secret, host";
            return Task.CompletedTask;
        }, "pathPrefix: /check, includeRequestHeadersInCheck: [x-one, x-pre-*, '*-post'], includeAdditionalHeadersInCheck: {x-added: more, x-one: mine}, headersToUpstreamOnAllow: [x-user], headersToDownstreamOnAllow: [x-told]");

        HttpResponseMessage response = await bed.SendAsync("/guarded/a%20b?q=1", headers:
            [("authorization", "Basic abc"), ("x-one", "1"), ("x-pre-a", "2"), ("a-post", "3"), ("x-not", "4"), ("x-user", "forged"), ("x-secret", "5")]);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("GET /check/guarded/a%20b?q=1", target);
        Assert.Equal(("shop.test", "Basic abc", "mine", "2", "3", "more", "0"),
            (seen["host"], seen["authorization"], seen["x-one"], seen["x-pre-a"], seen["a-post"], seen["x-added"], seen["content-length"]));
        Assert.DoesNotContain("x-not", seen.Keys);
        Assert.DoesNotContain("x-user", seen.Keys);
        EchoRequest echoed = bed.Echo.Requests.Single();
        Assert.Equal(["from-server"], echoed.Headers["x-user"]);
        Assert.Equal("shop.test", echoed.Authority);
        Assert.DoesNotContain("x-secret", echoed.Headers.Keys);
        Assert.DoesNotContain("x-other", echoed.Headers.Keys);
        Assert.Equal("yes", response.Headers.GetValues("x-told").Single());
    }

    [Theory]
    [InlineData("failOpen: true", true)]
    [InlineData("headersToDownstreamOnDeny: [x-why]", false)]
    public async Task A_denial_reaches_the_client_and_nothing_reaches_the_backend(string settings, bool all)
    {
        await using ExtAuthzBed bed = await ExtAuthzBed.HttpAsync(http =>
        {
            http.Response.StatusCode = 401;
            http.Response.ContentType = "application/json";
            http.Response.Headers["x-why"] = "because";
            http.Response.Headers["x-more"] = "more";
            http.Response.Headers.WWWAuthenticate = "Basic";
            return http.Response.WriteAsync("{}");
        }, settings);

        HttpResponseMessage response = await bed.SendAsync();

        Assert.Equal((HttpStatusCode.Unauthorized, "{}"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal(("because", "Basic", all), (response.Headers.GetValues("x-why").Single(), response.Headers.WwwAuthenticate.Single().Scheme, response.Headers.Contains("x-more")));
        Assert.Equal(all ? "application/json" : "text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.Empty(bed.Echo.Requests);
        CompletedRequest completed = await bed.Gateway.CompletionAsync(_ => true);
        Assert.Equal(("UAEX", "ext_authz_denied"), (completed.Flags, completed.Details));
    }

    [Fact]
    public async Task A_redirect_to_a_login_page_reaches_the_client()
    {
        await using ExtAuthzBed bed = await ExtAuthzBed.HttpAsync(http =>
        {
            http.Response.StatusCode = 302;
            http.Response.Headers.Location = "https://login.test/";
            http.Response.Headers.SetCookie = new[] { "a=1", "b=2" };
            return Task.CompletedTask;
        });

        HttpResponseMessage response = await bed.SendAsync();

        Assert.Equal((302, "https://login.test/"), ((int)response.StatusCode, response.Headers.Location!.ToString()));
        Assert.Equal(["a=1", "b=2"], response.Headers.GetValues("set-cookie"));
    }

    public static TheoryData<string> Troubles => ["500", "slow", "huge", "reset", "dead"];

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task Without_an_answer_requests_are_denied(string trouble)
    {
        await using ExtAuthzBed bed = await TroubledAsync(trouble, "statusOnError: '503'");

        HttpResponseMessage response = await bed.SendAsync();

        Assert.Equal((503, ""), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        CompletedRequest completed = await bed.Gateway.CompletionAsync(_ => true);
        Assert.Equal(("UAEX", "ext_authz_error"), (completed.Flags, completed.Details));
        Assert.Empty(bed.Echo.Requests);
        Assert.Empty(bed.Gateway.Faults);
    }

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task Without_an_answer_requests_pass_where_that_is_asked_for(string trouble)
    {
        await using ExtAuthzBed bed = await TroubledAsync(trouble, "failOpen: true");

        Assert.Equal(HttpStatusCode.OK, (await bed.SendAsync()).StatusCode);
    }

    [Fact]
    public async Task What_the_rules_do_not_match_is_not_asked_about()
    {
        int asked = 0;
        await using ExtAuthzBed bed = await ExtAuthzBed.HttpAsync(_ =>
        {
            Interlocked.Increment(ref asked);
            return Task.CompletedTask;
        });

        Assert.Equal(HttpStatusCode.OK, (await bed.SendAsync("/open")).StatusCode);
        Assert.Equal(0, asked);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task The_body_is_shown_to_the_server_and_reaches_the_backend_whole(bool onEventLoops)
    {
        string body = "", partial = "";
        await using ExtAuthzBed bed = await ExtAuthzBed.HttpAsync(async http =>
        {
            using var reader = new StreamReader(http.Request.Body);
            body = await reader.ReadToEndAsync();
            partial = http.Request.Headers["x-envoy-auth-partial-body"].ToString();
        }, "includeRequestBodyInCheck: {maxRequestBytes: 10, allowPartialMessage: true}", onEventLoops);

        foreach ((int length, string cut) in ((int, string)[])[(10, "false"), (11, "true"), (500_000, "true"), (1, "false")])
        {
            byte[] sent = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + i % 26))));
            foreach (bool chunked in (bool[])[false, true])
            {
                HttpContent content = chunked ? new StreamContent(new MemoryStream(sent)) : new ByteArrayContent(sent);
                content.Headers.ContentLength = chunked ? null : length;
                HttpResponseMessage response = await bed.SendAsync(method: HttpMethod.Post, content: content);

                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                Assert.Equal((Encoding.ASCII.GetString(sent, 0, Math.Min(10, length)), cut), (body, partial));
                EchoRequest echoed = bed.Echo.Requests.Last();
                Assert.Equal((length, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(sent))), (echoed.BodyBytes, echoed.BodySha256.ToUpperInvariant()));
            }
        }
        Assert.Empty(bed.Gateway.Faults);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_is_too_large_to_be_shown_is_refused(bool tellsLength)
    {
        await using ExtAuthzBed bed = await ExtAuthzBed.HttpAsync(_ => Task.CompletedTask, "includeRequestBodyInCheck: {maxRequestBytes: 10}");
        HttpContent content = tellsLength ? new ByteArrayContent(new byte[11]) : new StreamContent(new MemoryStream(new byte[11]));
        content.Headers.ContentLength = tellsLength ? 11 : null;

        HttpResponseMessage response = await bed.SendAsync(method: HttpMethod.Post, content: content);

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "Payload Too Large"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Empty(bed.Echo.Requests);
    }

    [Fact]
    public async Task All_providers_whose_rules_match_must_allow()
    {
        await using ExtAuthzBed bed = await ExtAuthzBed.HttpAsync(_ => Task.CompletedTask);
        await using ScriptedHttpServer second = await ScriptedHttpServer.StartAsync(http =>
        {
            http.Response.StatusCode = 403;
            return Task.CompletedTask;
        });
        await using ScriptedHttpServer first = await ScriptedHttpServer.StartAsync(_ => Task.CompletedTask);
        IReadOnlyList<string> errors = await bed.Gateway.ApplyAsync(
            TestConfig.HttpGateway(), TestConfig.Backend("echo.test", bed.Echo), TestConfig.Route("*", "echo.test"),
            TestConfig.Backend("first.test", "HTTP", first.Port), TestConfig.Backend("second.test", "HTTP", second.Port),
            ExtAuthzBed.Policy("one", "a"), ExtAuthzBed.Policy("two", "b"), """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: istio, namespace: istio-system}
            data:
              mesh: |
                extensionProviders:
                - {name: a, envoyExtAuthzHttp: {service: default/first.test, port: 80}}
                - {name: b, envoyExtAuthzHttp: {service: second.test, port: 80}}
            """);

        Assert.Empty(errors);
        Assert.Equal(HttpStatusCode.Forbidden, (await bed.SendAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await bed.SendAsync("/open")).StatusCode);
    }

    [Theory]
    [InlineData("{name: other, envoyExtAuthzHttp: {service: echo.test, port: 80}}")]
    [InlineData("{name: authz, envoyExtAuthzHttp: {service: unknown.test, port: 80}}")]
    [InlineData("{name: authz, envoyExtAuthzHttp: {service: other/echo.test, port: 80}}")]
    [InlineData("{name: authz, envoyExtAuthzHttp: {service: echo.test, port: 81, failOpen: true}}")]
    [InlineData("{name: authz, envoyExtAuthzHttp: {service: echo.test, port: 80, statusOnError: '299'}}")]
    [InlineData("{name: authz, envoyExtAuthzHttp: {service: echo.test, port: 80, pathPrefix: check}}")]
    [InlineData("{name: authz, envoyExtAuthzGrpc: {service: echo.test, port: 80, includeRequestBodyInCheck: {}}}")]
    [InlineData("{name: authz, envoyExtAuthzHttp: {service: echo.test, port: 80, headersToUpstreamOnAllow: ['*']}}")]
    [InlineData("{name: authz, envoyExtAuthzHttp: {service: twice.test, port: 80}}")]
    [InlineData("{name: authz, prometheus: {}}")]
    public async Task A_provider_that_cannot_be_asked_denies_what_the_rules_match(string provider)
    {
        await using ExtAuthzBed bed = await ExtAuthzBed.HttpAsync(_ => Task.CompletedTask);
        await bed.Gateway.ApplyAsync(
            TestConfig.HttpGateway(), TestConfig.Backend("echo.test", bed.Echo), TestConfig.Route("*", "echo.test"), ExtAuthzBed.Policy("ask", "authz"),
            TestConfig.Backend("twice.test", bed.Echo), TestConfig.Backend("twice.test", bed.Echo).Replace("namespace: default", "namespace: other", StringComparison.Ordinal),
            $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio, namespace: istio-system}}\ndata:\n  mesh: |\n    extensionProviders:\n    - {provider}\n");

        HttpResponseMessage response = await bed.SendAsync();

        Assert.Equal((HttpStatusCode.Forbidden, "RBAC: access denied"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        CompletedRequest completed = await bed.Gateway.CompletionAsync(_ => true);
        Assert.Equal("rbac_access_denied_matched_policy[istio-ext-authz-authz-ns[istio-system]-policy[ask]-rule[0]-deny-due-to-bad-CUSTOM-action]", completed.Details);
        Assert.Equal(HttpStatusCode.OK, (await bed.SendAsync("/open")).StatusCode);
    }

    [Theory]
    [InlineData("Login")]
    [InlineData("login_page")]
    [InlineData("-login")]
    public async Task A_provider_with_a_bad_name_denies_what_the_rules_match(string name)
    {
        await using ExtAuthzBed bed = await ExtAuthzBed.HttpAsync(_ => Task.CompletedTask);
        await bed.Gateway.ApplyAsync(
            TestConfig.HttpGateway(), TestConfig.Backend("echo.test", bed.Echo), TestConfig.Route("*", "echo.test"), ExtAuthzBed.Policy("ask", name),
            $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio, namespace: istio-system}}\ndata:\n  mesh: |\n    extensionProviders:\n    - {{name: {name}, envoyExtAuthzHttp: {{service: echo.test, port: 80}}}}\n");

        Assert.Equal(HttpStatusCode.Forbidden, (await bed.SendAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await bed.SendAsync("/open")).StatusCode);
    }

    private static async Task<ExtAuthzBed> TroubledAsync(string trouble, string settings)
    {
        int? port = null;
        if (trouble == "dead")
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        return await ExtAuthzBed.HttpAsync(async http =>
        {
            switch (trouble)
            {
                case "500":
                    http.Response.StatusCode = 500;
                    break;
                case "slow":
                    await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    break;
                case "huge":
                    await http.Response.Body.WriteAsync(new byte[1024 * 1024 + 1]);
                    break;
                default:
                    http.Abort();
                    break;
            }
        }, $"timeout: {(trouble == "slow" ? "0.2s" : "20s")}, {settings}", port: port);
    }
}
