using Gateway.Forwarding;
using Gateway.Http;
using Gateway.Routing;
using Gateway.Snapshot.Compilation;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Forwarding;

public sealed class RetryStateTests
{
    [Theory]
    [InlineData(1, 25)]
    [InlineData(2, 50)]
    [InlineData(3, 100)]
    [InlineData(4, 200)]
    [InlineData(5, 250)]
    [InlineData(90, 250)]
    public void Pauses_are_random_below_a_limit_that_doubles_up_to_ten_times_the_base(int failedTries, int limit)
    {
        var random = new Random(7);
        double[] pauses = [.. Enumerable.Range(0, 5000).Select(_ => RetryState.Pause(TimeSpan.FromMilliseconds(25), failedTries, random).TotalMilliseconds)];

        Assert.Equal(0, pauses.Min());
        Assert.Equal(limit - 1, pauses.Max());
    }

    [Fact]
    public void A_policy_of_the_mesh_is_read_as_one_of_a_rule()
    {
        Assert.Same(RetryPolicyCompiler.Default, RetryPolicyCompiler.Compile(null, consistentHash: false));
        Assert.Null(RetryPolicyCompiler.Compile(new() { Attempts = 0 }, consistentHash: false));
        Assert.Null(RetryPolicyCompiler.Compile(new(), consistentHash: false));
    }

    [Theory]
    [InlineData("connect-failure", UpstreamOutcomeKind.ConnectTimeout, true, true)]
    [InlineData("connect-failure", UpstreamOutcomeKind.ConnectionTermination, true, false)]
    [InlineData("refused-stream", UpstreamOutcomeKind.RemoteRefused, true, true)]
    [InlineData("refused-stream", UpstreamOutcomeKind.RemoteReset, true, false)]
    [InlineData("reset", UpstreamOutcomeKind.TryTimeout, true, true)]
    [InlineData("reset", UpstreamOutcomeKind.RouteTimeout, true, false)]
    [InlineData("reset-before-request", UpstreamOutcomeKind.ConnectFailure, false, true)]
    [InlineData("reset-before-request", UpstreamOutcomeKind.ConnectFailure, true, false)]
    [InlineData("5xx", UpstreamOutcomeKind.RemoteReset, true, true)]
    [InlineData("gateway-error", UpstreamOutcomeKind.ProtocolError, true, true)]
    [InlineData("503,retriable-4xx", UpstreamOutcomeKind.ConnectFailure, false, false)]
    [InlineData("reset", UpstreamOutcomeKind.RequestAborted, false, false)]
    public void A_failure_is_covered_as_Envoy_has_it(string retryOn, object kind, bool anythingSent, bool covered) =>
        Assert.Equal(covered, RetryVerdict.CoversReset(Policy(retryOn), (UpstreamOutcomeKind)kind, anythingSent));

    [Theory]
    [InlineData("cancelled", "1", true)]
    [InlineData("deadline-exceeded", "4", true)]
    [InlineData("resource-exhausted", "8", true)]
    [InlineData("internal", "13", true)]
    [InlineData("unavailable", "14", true)]
    [InlineData("unavailable", "13", false)]
    [InlineData("5xx", "14", false)]
    public void A_grpc_status_in_the_headers_is_covered_by_its_name(string retryOn, string status, bool covered)
    {
        var headers = new HeaderDictionary { [HeaderNames.GrpcStatus] = status };
        Assert.Equal(covered, RetryVerdict.CoversResponse(Policy(retryOn), 200, headers));
    }

    [Theory]
    [InlineData("5xx", false)]
    [InlineData("503", false)]
    [InlineData("envoy-ratelimited", true)]
    public void A_rate_limited_response_is_left_to_one_policy(string retryOn, bool covered)
    {
        var headers = new HeaderDictionary { [HeaderNames.RateLimited] = "true" };
        Assert.Equal(covered, RetryVerdict.CoversResponse(Policy(retryOn), 503, headers));
    }

    private static RetryPolicy Policy(string retryOn) => RetryPolicyCompiler.Compile(new() { Attempts = 1, RetryOn = retryOn }, consistentHash: false)!;
}
