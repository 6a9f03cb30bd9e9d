using System.Diagnostics;
using System.Net;
using System.Text;
using Gateway.Integration.Tests.Tools;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.RateLimits;

/// <summary>Limits that replicas share, with gateways as processes and a real Redis.</summary>
[Trait("Drives", "Program")]
public sealed class SharedRateLimitTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway").FullName;
    private EchoUpstream _echo = null!;

    public async Task InitializeAsync() => _echo = await EchoUpstream.StartAsync("a");

    public async Task DisposeAsync()
    {
        await _echo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [ToolFact("redis-server")]
    public async Task Two_replicas_hold_a_limit_of_100_a_second_together_within_a_tenth()
    {
        const int PerSecond = 100;
        await using ServerProcess redis = await Redis.StartAsync();
        await WriteAsync(redis.Address, $"{{name: shared, requests: {PerSecond}, burst: 50, scope: SHARED}}", "2s");
        await using GatewayProcess one = await GatewayProcess.StartAsync("run", "--config", _folder);
        await using GatewayProcess two = await GatewayProcess.StartAsync("run", "--config", _folder);
        int[] ports = [await one.PortAsync(80), await two.PortAsync(80)];
        await SharedAsync(one);
        await SharedAsync(two);

        await using var first = new SteadyLoad(ports[0], "a.test");
        await using var second = new SteadyLoad(ports[1], "a.test");
        // What was saved up is gone when the counting begins.
        await first.UntilAsync(_ => Passed(first) + Passed(second) > 100);
        int before = Passed(first) + Passed(second);
        long start = Stopwatch.GetTimestamp();
        await Eventually.HoldsAsync(() => Passed(first) + Passed(second) >= before + (4 * PerSecond), "four seconds' worth has passed");
        int passed = Passed(first) + Passed(second) - before;
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        int each = Math.Min(Passed(first), Passed(second));
        await first.StopAsync();
        await second.StopAsync();

        Assert.InRange(passed / seconds, PerSecond * 0.9, PerSecond * 1.1);
        Assert.True(each > 0, "both replicas let some pass");
        Assert.All(first.Failures.Concat(second.Failures), failure => Assert.StartsWith("TooManyRequests", failure, StringComparison.Ordinal));
    }

    [ToolFact("redis-server")]
    public async Task Without_Redis_each_replica_goes_on_by_itself_and_says_so_and_comes_back()
    {
        ServerProcess redis = await Redis.StartAsync(password: "secret-of-redis");
        try
        {
            await WriteAsync(redis.Address, "{name: shared, requests: 3, unit: DAY, key: [{source: HEADER, name: x-key}], scope: SHARED}", "2s", login: true);
            await using GatewayProcess gateway = await GatewayProcess.StartAsync("run", "--config", _folder);
            int port = await gateway.PortAsync(80);
            await SharedAsync(gateway);
            Assert.Equal("200 200 200 429", await AskFourTimesAsync(port, "a"));

            await redis.DisposeAsync();
            Assert.Equal("200 200 200 429", await AskFourTimesAsync(port, "b"));
            Assert.Contains("gateway_rate_limit_redis_up{address=\"" + redis.Address + "\"} 0", await gateway.MetricsAsync(), StringComparison.Ordinal);
            Assert.Contains("each replica counts for itself", gateway.Output, StringComparison.Ordinal);

            redis = await Redis.StartAsync(redis.Port, "secret-of-redis");
            await SharedAsync(gateway);
            Assert.DoesNotContain("secret-of-redis", gateway.Output, StringComparison.Ordinal);
        }
        finally
        {
            await redis.DisposeAsync();
        }
    }

    /// <summary>Waits until a gateway shares its limits.</summary>
    private static async Task SharedAsync(GatewayProcess gateway)
    {
        int port = await gateway.PortAsync(80);
        int key = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                long before = await AnsweredAsync(gateway);
                await AskAsync(port, $"warm-{key++}");
                return await AnsweredAsync(gateway) > before;
            },
            "Redis answers the gateway");
    }

    private static async Task<long> AnsweredAsync(GatewayProcess gateway)
    {
        string? line = (await gateway.MetricsAsync()).Split('\n')
            .FirstOrDefault(line => line.StartsWith("gateway_rate_limit_redis_requests_total", StringComparison.Ordinal) && line.Contains("success", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static int Passed(SteadyLoad load) => load.Answers.GetValueOrDefault("a");

    private static async Task<string> AskFourTimesAsync(int port, string key)
    {
        var answers = new List<int>();
        for (int i = 0; i < 4; i++)
            answers.Add(await AskAsync(port, key));
        return string.Join(' ', answers);
    }

    private static async Task<int> AskAsync(int port, string key)
    {
        using HttpClient client = TestHttpClient.Create(port, HttpVersion.Version11);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", "a.test", "/");
        request.Headers.Add("x-key", key);
        using HttpResponseMessage response = await client.SendAsync(request);
        return (int)response.StatusCode;
    }

    private async Task WriteAsync(string redis, string limit, string timeout, bool login = false)
    {
        string policy = $$"""
            apiVersion: gateway.internal/v1alpha1
            kind: RateLimitPolicy
            metadata: {name: shared, namespace: istio-system}
            spec:
              limits: [{{limit}}]
              redis: {address: "{{redis}}", timeout: {{timeout}}{{(login ? ", credentialName: login" : "")}}}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: login, namespace: istio-system}
            data: {password: {{Convert.ToBase64String(Encoding.UTF8.GetBytes("secret-of-redis"))}}}
            """;
        string all = string.Join("\n---\n", TestConfig.HttpGateway(), TestConfig.Backend("up.test", _echo), TestConfig.Route("a.test", "up.test"), policy);
        await File.WriteAllTextAsync(Path.Combine(_folder, "all.yaml"), all);
    }
}
