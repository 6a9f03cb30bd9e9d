using System.Globalization;
using Gateway.Clusters;
using Gateway.Routing;
using Microsoft.AspNetCore.Http;

namespace Gateway.Forwarding;

/// <summary>The retries of one request: what is left of them, which endpoints were tried, how long to pause. Kept by the context.</summary>
internal sealed class RetryState(Random random)
{
    // The pause never grows beyond this many times its base.
    private const int MaxBackoffFactor = 10;

    private static readonly string[] SmallCounts = [.. Enumerable.Range(0, 17).Select(count => count.ToString(CultureInfo.InvariantCulture))];

    private readonly List<UpstreamEndpoint> _tried = [];
    private RetryPolicy? _policy;
    private bool _anythingSent;
    private bool _isUsedUp;
    private Cluster? _cluster;
    private bool _holdsRetry;

    /// <summary>Whether a byte of the request may have been sent.</summary>
    public bool AnythingSent => _anythingSent;

    /// <summary>Tries so far, the one under way included.</summary>
    public int Attempts { get; private set; }

    /// <summary>Whether a try failed in a way that would have been tried again, had there been tries left.</summary>
    public bool IsUsedUp => _isUsedUp;

    /// <summary>Whether a try was not repeated because as many retries were under way as the cluster allows.</summary>
    public bool IsOverflow { get; private set; }

    /// <summary>A request begins; <see cref="End"/> must follow.</summary>
    /// <param name="cluster">Where it goes.</param>
    /// <param name="policy">Its policy; null = nothing is tried again.</param>
    public void Begin(Cluster cluster, RetryPolicy? policy)
    {
        _cluster = cluster;
        _policy = policy;
        _anythingSent = _isUsedUp = IsOverflow = false;
        Attempts = 0;
        _tried.Clear();
    }

    /// <summary>
    /// Chooses the endpoint of the next try; endpoints tried before are passed over as often as the policy says, and then,
    /// unlike in Envoy, for any that was not tried: chance alone must not fail a request. Null = there is none.
    /// </summary>
    public UpstreamEndpoint? Choose(Cluster cluster, ulong? hash)
    {
        Attempts++;
        UpstreamEndpoint? endpoint = cluster.Pick(hash);
        if (_tried.Count == 0)
            return endpoint;
        // Istio lets Envoy leave out the priorities of every two tries.
        if (_policy!.RetryRemoteLocalities && _tried.Count >= 2 && cluster.PickUntried(_tried, elsewhere: _tried.Count & ~1) is { } remote)
            return remote;
        if (!_policy.AvoidPreviousHosts)
            return endpoint;
        for (int i = 0; i < _policy.HostSelectionRetryMaxAttempts && endpoint is not null && _tried.Contains(endpoint); i++)
            endpoint = cluster.Pick(hash, i + 1);
        return endpoint is not null && _tried.Contains(endpoint) ? cluster.PickUntried(_tried) ?? endpoint : endpoint;
    }

    /// <summary>Whether a response is to be thrown away and the request tried again.</summary>
    public bool WantsOtherThan(HttpResponse response, bool canRepeat)
    {
        _anythingSent = true;
        return _policy is not null && RetryVerdict.CoversResponse(_policy, response.StatusCode, response.Headers) && canRepeat && TakeOne();
    }

    /// <summary>Whether a try that ended without a response is to be repeated.</summary>
    public bool WantsAgain(UpstreamOutcomeKind kind, bool canRepeat)
    {
        _anythingSent |= kind is not (UpstreamOutcomeKind.ConnectFailure or UpstreamOutcomeKind.ConnectTimeout);
        return _policy is not null && RetryVerdict.CoversReset(_policy, kind, _anythingSent) && canRepeat && TakeOne();
    }

    /// <summary>Prepares the next try: notes the endpoint that failed and gives the pause before it.</summary>
    public TimeSpan Backoff(UpstreamEndpoint failed)
    {
        _tried.Add(failed);
        return Pause(_policy!.BackoffBase, Attempts, random);
    }

    /// <summary>The value of x-envoy-attempt-count.</summary>
    public string AttemptCount => Attempts < SmallCounts.Length ? SmallCounts[Attempts] : Attempts.ToString(CultureInfo.InvariantCulture);

    /// <summary>A random time in whole milliseconds, below the base doubled with each failed try, and below ten times the base.</summary>
    internal static TimeSpan Pause(TimeSpan backoffBase, int failedTries, Random random)
    {
        double start = Math.Max(1, backoffBase.TotalMilliseconds);
        double limit = Math.Min(start * Math.Pow(2, failedTries - 1), start * MaxBackoffFactor);
        return TimeSpan.FromMilliseconds(random.NextInt64((long)limit));
    }

    /// <summary>The request has ended.</summary>
    public void End()
    {
        ReleaseRetry();
        _cluster = null;
    }

    private bool TakeOne()
    {
        ReleaseRetry();
        if (Attempts > _policy!.Attempts)
        {
            _isUsedUp = true;
            return false;
        }
        _holdsRetry = _cluster!.Breakers.TryBeginRetry(_cluster.ActiveRequests);
        IsOverflow = !_holdsRetry;
        return _holdsRetry;
    }

    // A retry is under way until the outcome of its try is known.
    private void ReleaseRetry()
    {
        if (_holdsRetry)
            _cluster!.Breakers.EndRetry();
        _holdsRetry = false;
    }
}
