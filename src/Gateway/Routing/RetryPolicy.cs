using Gateway.Config;

namespace Gateway.Routing;

/// <summary>What is tried again, by Envoy's names.</summary>
[Flags]
internal enum RetryConditions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>connect-failure</c></summary>
    ConnectFailure = 1 << 0,

    /// <summary><c>refused-stream</c></summary>
    RefusedStream = 1 << 1,

    /// <summary><c>reset</c></summary>
    Reset = 1 << 2,

    /// <summary><c>reset-before-request</c></summary>
    ResetBeforeRequest = 1 << 3,

    /// <summary><c>5xx</c></summary>
    ServerError = 1 << 4,

    /// <summary><c>gateway-error</c></summary>
    GatewayError = 1 << 5,

    /// <summary><c>retriable-4xx</c></summary>
    RetriableClientError = 1 << 6,

    /// <summary><c>retriable-status-codes</c></summary>
    StatusCodes = 1 << 7,

    /// <summary><c>envoy-ratelimited</c></summary>
    RateLimited = 1 << 8,

    /// <summary><c>cancelled</c></summary>
    GrpcCancelled = 1 << 9,

    /// <summary><c>deadline-exceeded</c></summary>
    GrpcDeadlineExceeded = 1 << 10,

    /// <summary><c>internal</c></summary>
    GrpcInternal = 1 << 11,

    /// <summary><c>resource-exhausted</c></summary>
    GrpcResourceExhausted = 1 << 12,

    /// <summary><c>unavailable</c></summary>
    GrpcUnavailable = 1 << 13,
}

/// <summary>When and how often a request is tried again. Immutable and shared by all requests of a route.</summary>
internal sealed record RetryPolicy
{
    /// <summary>Further tries after the first; at least 1.</summary>
    public required int Attempts { get; init; }

    /// <summary>The conditions as configured, separated by commas, without the status codes.</summary>
    public required string RetryOn { get; init; }

    /// <summary>The conditions that are known.</summary>
    public required RetryConditions Conditions { get; init; }

    /// <summary>The statuses of <c>retriable-status-codes</c>.</summary>
    public EquatableArray<int> StatusCodes { get; init; }

    /// <summary>Limit for one try; zero = none but the route's.</summary>
    public TimeSpan PerTryTimeout { get; init; }

    /// <summary>The first pause is random below it; it doubles, up to ten times itself.</summary>
    public TimeSpan BackoffBase { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>Whether endpoints that were tried are passed over.</summary>
    public bool AvoidPreviousHosts { get; init; } = true;

    /// <summary>How often an endpoint that was tried is passed over before it is taken after all.</summary>
    public int HostSelectionRetryMaxAttempts { get; init; } = 5;

    /// <summary>Whether priorities that were tried are left out after every second try.</summary>
    public bool RetryRemoteLocalities { get; init; }
}
