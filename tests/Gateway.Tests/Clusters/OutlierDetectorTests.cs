using System.Net;
using Gateway.Clusters;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Clusters;

public sealed class OutlierDetectorTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly EndpointSet _set = new(
        [.. Enumerable.Range(1, 4).Select(i => new UpstreamEndpoint(new IPEndPoint(IPAddress.Loopback, i), $"127.0.0.1:{i}"))], [1, 1, 1, 1]);

    private OutlierDetector? _detector;
    private int _changes;

    private UpstreamEndpoint First => _set.Endpoints[0];

    public void Dispose() => _detector?.Dispose();

    [Theory]
    [InlineData(5u, 0u, 500, 5)]
    [InlineData(0u, 3u, 502, 3)]
    [InlineData(0u, 3u, 500, 0)]
    [InlineData(5u, 3u, 503, 3)]
    [InlineData(0u, 0u, 503, 0)]
    [InlineData(5u, 3u, 404, 0)]
    public void Errors_in_a_row_eject_at_the_threshold(uint serverErrors, uint gatewayErrors, int status, int ejectedAfter)
    {
        OutlierDetector detector = Start(new OutlierConfig { Consecutive5xx = serverErrors, ConsecutiveGateway = gatewayErrors, MaxEjectionPercent = 100 });

        for (int i = 1; i <= 10; i++)
        {
            detector.ReportStatus(First, status, status);
            Assert.Equal(ejectedAfter > 0 && i >= ejectedAfter, First.Outlier.IsEjected);
        }
        Assert.Equal(ejectedAfter > 0 ? 1 : 0, _changes);
    }

    [Theory]
    [InlineData(429, 429, true)]
    [InlineData(503, 503, false)]
    [InlineData(200, 503, false)]
    public void Named_statuses_are_the_errors_and_no_others(int status, int standsFor, bool isEjected)
    {
        OutlierDetector detector = Start(new OutlierConfig { Consecutive5xx = 2, ConsecutiveGateway = 1, ErrorCodes = [429, 404], MaxEjectionPercent = 100 });

        detector.ReportStatus(First, status, standsFor);
        detector.ReportStatus(First, status, standsFor);

        Assert.Equal(isEjected, First.Outlier.IsEjected);
    }

    [Fact]
    public void A_good_answer_begins_the_row_anew()
    {
        OutlierDetector detector = Start(new OutlierConfig { Consecutive5xx = 2, MaxEjectionPercent = 100 });

        foreach (int status in new[] { 500, 200, 500, 404, 500 })
            detector.ReportStatus(First, status, status);

        Assert.False(First.Outlier.IsEjected);
    }

    [Theory]
    [InlineData(10, 0)]
    [InlineData(25, 1)]
    [InlineData(60, 2)]
    [InlineData(100, 4)]
    public void No_more_than_the_share_is_out(int percent, int ejected)
    {
        OutlierDetector detector = Start(new OutlierConfig { Consecutive5xx = 1, MaxEjectionPercent = percent });

        foreach (UpstreamEndpoint endpoint in _set.Endpoints)
            detector.ReportStatus(endpoint, 500, 500);

        Assert.Equal(4 - ejected, _set.Available().Count);
    }

    [Fact]
    public void Each_ejection_is_longer_and_health_makes_them_shorter_again()
    {
        OutlierDetector detector = Start(new OutlierConfig { Consecutive5xx = 1, MaxEjectionPercent = 100 });

        Assert.Equal(30, SecondsOut(detector));
        Assert.Equal(60, SecondsOut(detector));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(60, SecondsOut(detector));
    }

    [Fact]
    public void Failures_to_connect_count_as_gateway_errors_or_apart()
    {
        OutlierDetector joined = Start(new OutlierConfig { Consecutive5xx = 0, ConsecutiveGateway = 2, MaxEjectionPercent = 100 });
        joined.ReportFailure(First, timedOut: false);
        joined.ReportFailure(First, timedOut: true);
        Assert.True(First.Outlier.IsEjected);

        OutlierDetector split = Start(new OutlierConfig { Consecutive5xx = 1, ConsecutiveLocalOrigin = 2, SplitsLocalOrigin = true, MaxEjectionPercent = 100 });
        UpstreamEndpoint second = _set.Endpoints[1];
        split.ReportFailure(second, timedOut: false);
        split.ReportStatus(second, 200, 200);
        split.ReportFailure(second, timedOut: false);
        Assert.False(second.Outlier.IsEjected);
        split.ReportFailure(second, timedOut: false);
        Assert.Equal("consecutiveLocalOriginFailures", second.Outlier.Reason);
    }

    private OutlierDetector Start(OutlierConfig config)
    {
        _detector?.Dispose();
        return _detector = new OutlierDetector(config, _time, () => _set, () => _changes++);
    }

    private int SecondsOut(OutlierDetector detector)
    {
        detector.ReportStatus(First, 500, 500);
        Assert.True(First.Outlier.IsEjected);
        int seconds = 0;
        for (; First.Outlier.IsEjected; seconds += 10)
            _time.Advance(TimeSpan.FromSeconds(10));
        return seconds;
    }
}
