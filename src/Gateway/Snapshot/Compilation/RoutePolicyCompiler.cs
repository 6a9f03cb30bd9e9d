using System.Globalization;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Matching;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns the traffic policies of a rule (timeout, retries, fault …) into those of a forwarding action.</summary>
/// <param name="rule">The rule.</param>
/// <param name="context">The compilation.</param>
internal sealed class RoutePolicyCompiler(VirtualServiceRule rule, CompilationContext context)
{
    // By number.
    private static readonly string[] GrpcStatuses =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    private readonly List<RoutePolicyOrigin> _origins = [];

    /// <summary>Where the policies compiled so far were written.</summary>
    public EquatableArray<RoutePolicyOrigin> Origins => _origins.ToEquatableArray();

    /// <summary>The limit in time; zero = none.</summary>
    public TimeSpan Timeout()
    {
        if (rule.Rule.Timeout is not { } timeout)
            return TimeSpan.Zero;
        Note("timeout");
        return timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero;
    }

    /// <summary>What is tried again; null = nothing.</summary>
    /// <param name="meshDefault">The mesh's policy, for rules without one.</param>
    /// <param name="consistentHash">Whether the only destination chooses endpoints by hash.</param>
    public RetryPolicy? Retries(HttpRetry? meshDefault, bool consistentHash)
    {
        if (rule.Rule.Retries is not null)
            Note("retries");
        return RetryPolicyCompiler.Compile(rule.Rule.Retries ?? meshDefault, consistentHash);
    }

    /// <summary>The faults injected; null = none.</summary>
    public FaultPolicy? Fault()
    {
        if (rule.Rule.Fault is not { } fault)
            return null;
        Note("fault");
        Fraction delayShare = fault.Delay?.Percentage is { } share ? Fraction.FromPercent(share.Value ?? 0) : Fraction.FromPercent(fault.Delay?.Percent ?? 0);
        int? grpcStatus = fault.Abort?.GrpcStatus is { } name ? Array.IndexOf(GrpcStatuses, name) : null;
        bool aborts = fault.Abort?.HttpStatus is not null || grpcStatus >= 0;
        return new FaultPolicy
        {
            Delay = fault.Delay?.FixedDelay ?? TimeSpan.Zero,
            DelayShare = delayShare,
            AbortStatus = fault.Abort?.HttpStatus ?? 0,
            AbortGrpcStatus = grpcStatus,
            AbortShare = aborts ? Fraction.FromPercent(fault.Abort?.Percentage?.Value ?? 0) : default,
        };
    }

    /// <summary>What pages of other origins may ask; null = nothing is said about it.</summary>
    public CorsConfig? Cors()
    {
        if (rule.Rule.CorsPolicy is not { } cors)
            return null;
        Note("corsPolicy");
        var origins = new List<StringMatcher>();
        foreach (StringMatch match in cors.AllowOrigins)
        {
            if (context.Matchers.TryGet(match, ignoreCase: false, out StringMatcher matcher, out string error))
                origins.Add(matcher);
            else
                context.Report(DiagnosticCatalogue.BadRegex, rule.Origin, $"{rule.FieldPath}.corsPolicy.allowOrigins", $"The regular expression \"{match.Regex}\" cannot be compiled: {error} It allows no origin.", match.Node);
        }
        if (cors.AllowOrigins.IsEmpty)
        {
            foreach (string origin in cors.AllowOrigin)
                origins.Add(StringMatcher.Exact(origin));
        }
        return new CorsConfig
        {
            AllowOrigins = origins.ToEquatableArray(),
            AllowMethods = string.Join(',', cors.AllowMethods),
            AllowHeaders = string.Join(',', cors.AllowHeaders),
            ExposeHeaders = string.Join(',', cors.ExposeHeaders),
            MaxAge = cors.MaxAge is { } age ? ((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture) : "",
            AllowCredentials = cors.AllowCredentials ?? false,
            ForwardsUnmatchedPreflights = cors.UnmatchedPreflights != UnmatchedPreflights.Ignore,
        };
    }

    /// <summary>Who gets copies: <c>mirrors</c>, or the older <c>mirror</c> with its share.</summary>
    /// <param name="serverPort">The Gateway server's port.</param>
    public EquatableArray<MirrorPolicy> Mirrors(int serverPort)
    {
        var mirrors = new List<MirrorPolicy>();
        for (int i = 0; i < rule.Rule.Mirrors.Count; i++)
        {
            HttpMirrorPolicy mirror = rule.Rule.Mirrors[i];
            Fraction share = mirror.Percentage is { } percentage ? Fraction.FromPercent(percentage.Value ?? 0) : Fraction.All;
            AddMirror(mirrors, mirror.Destination, $"mirrors[{i}]", $"{rule.FieldPath}.mirrors[{i}].destination", share, serverPort);
        }
        if (mirrors.Count == 0 && rule.Rule.Mirror is { } single)
        {
            Fraction share = rule.Rule.MirrorPercentage is { } percentage ? Fraction.FromPercent(percentage.Value ?? 0)
                : (rule.Rule.MirrorPercent ?? rule.Rule.MirrorPercentSnake) is { } whole ? Fraction.FromPercent(whole)
                : Fraction.All;
            AddMirror(mirrors, single, "mirror", $"{rule.FieldPath}.mirror", share, serverPort);
        }
        return mirrors.ToEquatableArray();
    }

    private void AddMirror(List<MirrorPolicy> mirrors, Destination? destination, string field, string path, Fraction share, int serverPort)
    {
        if (destination is null || share.PerMillion == 0)
            return;
        Note(field);
        (string name, int index) = context.Clusters.Resolve(destination, rule, path, serverPort);
        mirrors.Add(new MirrorPolicy(name, index, share));
    }

    private void Note(string field)
    {
        string path = $"{rule.FieldPath}.{field}";
        _origins.Add(new RoutePolicyOrigin(field, new ConfigOrigin(rule.Origin.Id, rule.Origin.Document.Locate(path).Location, path)));
    }
}
