using System.Globalization;
using System.Text;
using Gateway.Config;
using Gateway.Routing;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;

namespace Gateway.Http.Filters.LocalRateLimit;

/// <summary>
/// Refuses requests over a limit. Envoy asks last before its router, which also redirects, answers directly and answers
/// what has no route; here those are answered before faults and CORS are looked at, so there is one filter for them, and
/// one for what is forwarded.
/// </summary>
/// <param name="limits">The limits.</param>
/// <param name="forwards">Whether this is the one for requests that are forwarded.</param>
/// <param name="random">Draws requests where only a share is limited.</param>
internal sealed class LocalRateLimitFilter(LinkedRateLimits limits, bool forwards, Random random) : HttpFilter
{
    /// <summary>Body and details of a refusal.</summary>
    public const string Body = "local_rate_limited";

    private const int ResourceExhausted = 8;
    private const long NanosecondsPerSecond = 1_000_000_000;

    public override ValueTask<FilterResult> OnRequestAsync(RequestContext request)
    {
        if (request.Route?.Action is ForwardAction != forwards || limits.Find(request) is not { } entry)
            return ValueTask.FromResult(FilterResult.Continue);
        RateLimitNote note = request.RateLimits ??= new RateLimitNote();
        long now = Now(request.Time);
        if (entry.Envoy is { } envoy && IsRefused(envoy, entry.Actions, request, note, now))
            return RefuseAsync(request, envoy.Config.Settings);
        for (int i = 0; i < entry.Limits.Length; i++)
        {
            (AppliedLimit applied, LiveLimit live) = entry.Limits[i];
            if (!Covers(applied, request))
                continue;
            BucketAnswer answer = live.TakeLocal(request, now);
            // What is over the limit here is over that of all replicas.
            if (live.Redis is { } redis && answer.Allowed)
                return AskSharedAsync(request, note, entry, i, answer, redis);
            if (!Decide(live, answer, note))
                return RefuseAsync(request, answer);
        }
        return ValueTask.FromResult(FilterResult.Continue);
    }

    public override void OnResponse(RequestContext request)
    {
        if (request.RateLimits is { IsEmpty: false } note)
            Tell(note, request.Http.Response.Headers);
    }

    /// <summary>From the first shared limit on.</summary>
    private static async ValueTask<FilterResult> AskSharedAsync(
        RequestContext request, RateLimitNote note, LinkedRateLimits.Entry entry, int index, BucketAnswer answer, RedisLimiter? redis)
    {
        while (true)
        {
            LiveLimit live = entry.Limits[index].Live;
            if (redis is not null && answer.Allowed)
                answer = await redis.TakeAsync(live.SharedKey(request), live.Rate) ?? answer;
            if (!Decide(live, answer, note))
                return await RefuseAsync(request, answer);
            do
            {
                if (++index == entry.Limits.Length)
                    return FilterResult.Continue;
            }
            while (!Covers(entry.Limits[index].Applied, request));
            live = entry.Limits[index].Live;
            answer = live.TakeLocal(request, Now(request.Time));
            redis = live.Redis;
        }
    }

    private static bool Covers(AppliedLimit applied, RequestContext request) =>
        applied.Covers(request.Authority, request.Method, request.Path, request.Headers);

    /// <summary>Counts an answer and notes it for the response; false = the request is refused.</summary>
    private static bool Decide(LiveLimit live, BucketAnswer answer, RateLimitNote note)
    {
        bool isEnforced = !live.Config.DryRun;
        live.Stats.Count(answer.Allowed, isEnforced);
        if (!isEnforced)
            return true;
        note.Limits.Add(new(live.Config.Name, live.PolicyItem, answer.Remaining, Seconds(answer.FullNanoseconds)));
        return answer.Allowed;
    }

    private bool IsRefused(LiveEnvoyLimit envoy, EquatableArray<EquatableArray<EnvoyAction>> actions, RequestContext request, RateLimitNote note, long now)
    {
        EnvoyLimitSettings settings = envoy.Config.Settings;
        if (!settings.Enabled.Draw(random))
            return false;
        bool isAllowed = envoy.Take(request, actions, now, out EnvoyBucketConfig? bucket, out BucketAnswer answer);
        if (settings.TellsHeaders && bucket is not null)
            note.Envoy = (bucket.MaxTokens, answer.Remaining, Seconds(answer.Allowed ? answer.FullNanoseconds : answer.WaitNanoseconds));
        bool isEnforced = isAllowed || settings.Enforced.Draw(random);
        envoy.Stats.Count(isAllowed, isEnforced);
        if (isAllowed)
            return false;
        if (!isEnforced)
            Add(settings.RequestHeaders, request.Headers);
        return isEnforced;
    }

    private static async ValueTask<FilterResult> RefuseAsync(RequestContext request, EnvoyLimitSettings settings)
    {
        var headers = new HeaderDictionary();
        Add(settings.ResponseHeaders, headers);
        await LocalReply.SendAsync(
            request, settings.Status, Body, ResponseFlags.RateLimited, Body, headers, settings.IsResourceExhausted ? ResourceExhausted : null);
        return FilterResult.Answered;
    }

    private static async ValueTask<FilterResult> RefuseAsync(RequestContext request, BucketAnswer answer)
    {
        var headers = new HeaderDictionary { [HeaderNames.RetryAfter] = Math.Max(1, Seconds(answer.WaitNanoseconds)).ToString(CultureInfo.InvariantCulture) };
        await LocalReply.SendAsync(request, StatusCodes.Status429TooManyRequests, Body, ResponseFlags.RateLimited, Body, headers, grpcStatus: null);
        return FilterResult.Answered;
    }

    private static void Add(EquatableArray<EnvoyHeader> wanted, IHeaderDictionary headers)
    {
        foreach (EnvoyHeader header in wanted)
        {
            if (header.Appends)
                headers.Append(header.Name, header.Value);
            else
                headers[header.Name] = header.Value;
        }
    }

    private static void Tell(RateLimitNote note, IHeaderDictionary headers)
    {
        if (note.Envoy is { } bucket)
        {
            headers[HeaderNames.XRateLimitLimit] = bucket.Limit.ToString(CultureInfo.InvariantCulture);
            headers[HeaderNames.XRateLimitRemaining] = bucket.Remaining.ToString(CultureInfo.InvariantCulture);
            headers[HeaderNames.XRateLimitReset] = bucket.ResetSeconds.ToString(CultureInfo.InvariantCulture);
        }
        if (note.Limits.Count == 0)
            return;
        if (note.Limits.Count == 1)
        {
            headers[HeaderNames.RateLimitPolicy] = note.Limits[0].Policy;
            headers[HeaderNames.RateLimit] = StateOf(note.Limits[0]);
            return;
        }
        var policies = new StringBuilder();
        var states = new StringBuilder();
        foreach (RateLimitNote.Entry entry in note.Limits)
        {
            policies.Append(policies.Length == 0 ? "" : ", ").Append(entry.Policy);
            states.Append(states.Length == 0 ? "" : ", ").Append(StateOf(entry));
        }
        headers[HeaderNames.RateLimitPolicy] = policies.ToString();
        headers[HeaderNames.RateLimit] = states.ToString();
    }

    private static string StateOf(RateLimitNote.Entry entry) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{entry.Name}\";r={entry.Remaining};t={entry.ResetSeconds}");

    private static long Seconds(long nanoseconds) => (nanoseconds + NanosecondsPerSecond - 1) / NanosecondsPerSecond;

    private static long Now(TimeProvider time)
    {
        long frequency = time.TimestampFrequency;
        long now = time.GetTimestamp();
        return frequency == NanosecondsPerSecond ? now : (long)(now * ((double)NanosecondsPerSecond / frequency));
    }
}
