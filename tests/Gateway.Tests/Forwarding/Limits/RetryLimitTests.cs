using Gateway.Clusters;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Forwarding.Limits;

/// <summary><c>maxRetries</c> and <c>retryBudget</c>.</summary>
public sealed class RetryLimitTests
{
    private const string Retrying = "route: [{destination: {host: up.test}}]\n    retries: {attempts: 2, retryOn: '5xx'}";

    [Theory]
    [InlineData("connectionPool: {http: {maxRetries: 1}}")]
    [InlineData("retryBudget: {percent: 0, minRetryConcurrency: 1}")]
    public async Task A_retry_more_than_allowed_is_not_made_and_the_answer_at_hand_is_sent(string policy)
    {
        await using LimitedBackend backend = await LimitedBackend.StartAsync(eventLoops: false, policy, Retrying);
        // Somebody else's retry is under way.
        Assert.True(backend.Cluster.Breakers.TryBeginRetry(1));

        RawHttpResponse refused = await backend.SendAsync("/fail-refused");
        CompletedRequest completed = await backend.Front.CompletionAsync(request => request.Path == "/fail-refused");
        backend.Cluster.Breakers.EndRetry();
        RawHttpResponse tried = await backend.SendAsync("/fail-tried");

        Assert.Equal((503, "ok", "UO"), (refused.Status, refused.Text, completed.Flags));
        Assert.Equal(503, tried.Status);
        Assert.Equal((1, 3), (backend.Origin.Requests.Count(request => request.Target == "/fail-refused"), backend.Origin.Requests.Count(request => request.Target == "/fail-tried")));
        Assert.Equal("URX", (await backend.Front.CompletionAsync(request => request.Path == "/fail-tried")).Flags);
        await backend.NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(20, 3, 0, 3)]
    [InlineData(20, 3, 100, 20)]
    [InlineData(12.5, 0, 100, 12)]
    [InlineData(100, 3, 7, 7)]
    public void A_budget_is_a_share_of_the_requests_under_way(double percent, int least, int active, int allowed)
    {
        CircuitBreakers breakers = Make(new RetryBudgetConfig(percent, least, TimeSpan.Zero), new FakeTimeProvider());

        int granted = 0;
        while (granted < 1000 && breakers.TryBeginRetry(active))
            granted++;

        Assert.Equal(allowed, granted);
        breakers.EndRetry();
        Assert.True(breakers.TryBeginRetry(active));
    }

    [Fact]
    public void Requests_that_have_ended_count_for_the_interval()
    {
        var time = new FakeTimeProvider();
        CircuitBreakers breakers = Make(new RetryBudgetConfig(10, 0, TimeSpan.FromSeconds(10)), time);

        for (int i = 0; i < 100; i++)
            breakers.RequestEnded();
        Assert.Equal(11, breakers.MostRetries(activeRequests: 10));
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(11, breakers.MostRetries(activeRequests: 10));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, breakers.MostRetries(activeRequests: 10));
    }

    private static CircuitBreakers Make(RetryBudgetConfig budget, TimeProvider time) => new(
        new ClusterConfig { Name = "a", Host = "a", Port = 80, Identity = DestinationIdentity.Unknown, RetryBudget = budget }, time);
}
