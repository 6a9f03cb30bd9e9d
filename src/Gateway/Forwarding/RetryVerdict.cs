using Gateway.Http;
using Gateway.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding;

/// <summary>Whether a policy covers what happened. Pure.</summary>
internal static class RetryVerdict
{
    private const RetryConditions AnyReset = RetryConditions.Reset | RetryConditions.ServerError | RetryConditions.GatewayError;

    private const RetryConditions AnyGrpc = RetryConditions.GrpcCancelled | RetryConditions.GrpcDeadlineExceeded | RetryConditions.GrpcInternal
        | RetryConditions.GrpcResourceExhausted | RetryConditions.GrpcUnavailable;

    /// <summary>Whether a try without response headers is covered.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="kind">How the try ended.</param>
    /// <param name="anythingSent">Whether a byte of the request was sent, in this try or an earlier one.</param>
    public static bool CoversReset(RetryPolicy policy, UpstreamOutcomeKind kind, bool anythingSent)
    {
        RetryConditions conditions = policy.Conditions;
        bool isReset = kind is UpstreamOutcomeKind.ConnectFailure or UpstreamOutcomeKind.ConnectTimeout or UpstreamOutcomeKind.ConnectionTermination
            or UpstreamOutcomeKind.RemoteReset or UpstreamOutcomeKind.RemoteRefused or UpstreamOutcomeKind.ProtocolError
            or UpstreamOutcomeKind.LocalReset or UpstreamOutcomeKind.TryTimeout;
        if (!isReset)
            return false;
        return (conditions & AnyReset) != 0
            || ((conditions & RetryConditions.ResetBeforeRequest) != 0 && !anythingSent)
            || ((conditions & RetryConditions.RefusedStream) != 0 && kind == UpstreamOutcomeKind.RemoteRefused)
            || ((conditions & RetryConditions.ConnectFailure) != 0 && kind is UpstreamOutcomeKind.ConnectFailure or UpstreamOutcomeKind.ConnectTimeout);
    }

    /// <summary>Whether a response is covered, by its status and headers.</summary>
    public static bool CoversResponse(RetryPolicy policy, int status, IHeaderDictionary headers)
    {
        RetryConditions conditions = policy.Conditions;
        if (headers.ContainsKey(HeaderNames.RateLimited))
            return (conditions & RetryConditions.RateLimited) != 0;
        if (status >= 400 || (conditions & RetryConditions.StatusCodes) != 0)
        {
            if (((conditions & RetryConditions.ServerError) != 0 && status is >= 500 and < 600)
                || ((conditions & RetryConditions.GatewayError) != 0 && status is 502 or 503 or 504)
                || ((conditions & RetryConditions.RetriableClientError) != 0 && status == 409)
                || ((conditions & RetryConditions.StatusCodes) != 0 && Contains(policy, status)))
            {
                return true;
            }
        }
        return (conditions & AnyGrpc) != 0 && headers.TryGetValue(HeaderNames.GrpcStatus, out StringValues grpc) && (ConditionOf(grpc) & conditions) != 0;
    }

    /// <summary>Whether anything is covered beside failures that come before any byte of a body was sent.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="isHttp2">Whether the upstream can refuse streams.</param>
    /// <param name="isGrpc">Whether the request is gRPC, so that its status can be in the response headers.</param>
    public static bool NeedsBodyAgain(RetryPolicy policy, bool isHttp2, bool isGrpc)
    {
        RetryConditions conditions = policy.Conditions & ~(RetryConditions.ConnectFailure | RetryConditions.ResetBeforeRequest);
        if (!isHttp2)
            conditions &= ~RetryConditions.RefusedStream;
        if (!isGrpc)
            conditions &= ~AnyGrpc;
        if (policy.StatusCodes.IsEmpty)
            conditions &= ~RetryConditions.StatusCodes;
        return conditions != 0;
    }

    private static bool Contains(RetryPolicy policy, int status)
    {
        foreach (int code in policy.StatusCodes)
        {
            if (code == status)
                return true;
        }
        return false;
    }

    private static RetryConditions ConditionOf(StringValues grpcStatus) => grpcStatus.Count != 1 ? RetryConditions.None : grpcStatus[0] switch
    {
        "1" => RetryConditions.GrpcCancelled,
        "4" => RetryConditions.GrpcDeadlineExceeded,
        "8" => RetryConditions.GrpcResourceExhausted,
        "13" => RetryConditions.GrpcInternal,
        "14" => RetryConditions.GrpcUnavailable,
        _ => RetryConditions.None,
    };
}
