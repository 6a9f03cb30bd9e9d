using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Gateway.Http;
using Gateway.Streams;
using Gateway.Transport;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Forwarding;

/// <summary>The one place that turns what went wrong upstream into Envoy's status, flag, details and body.</summary>
internal static class UpstreamFailure
{
    private const long Http2RefusedStream = 7;

    private static readonly TimeSpan LastFlush = TimeSpan.FromSeconds(1);

    /// <summary>What kind of failure an attempt met.</summary>
    public static UpstreamOutcome Classify(ForwarderError error, Exception? exception) => error switch
    {
        ForwarderError.None => new UpstreamOutcome(UpstreamOutcomeKind.Done),
        ForwarderError.Request or ForwarderError.RequestTimedOut or ForwarderError.RequestCanceled => ClassifyBeforeResponse(exception),
        ForwarderError.RequestBodyClient => OfRequestBody(exception),
        ForwarderError.RequestBodyCanceled => new UpstreamOutcome(UpstreamOutcomeKind.RequestAborted),
        ForwarderError.RequestBodyDestination => ClassifyBeforeResponse(exception),
        ForwarderError.ResponseBodyCanceled or ForwarderError.ResponseBodyClient => new UpstreamOutcome(UpstreamOutcomeKind.ResponseNotTaken, exception?.Message),
        ForwarderError.ResponseHeaders => new UpstreamOutcome(UpstreamOutcomeKind.ResponseMalformed, exception?.Message),
        ForwarderError.ResponseBodyDestination when IsMalformed(exception) => new UpstreamOutcome(UpstreamOutcomeKind.ResponseMalformed, exception?.Message),
        ForwarderError.ResponseBodyDestination => new UpstreamOutcome(UpstreamOutcomeKind.ResponseAborted, exception?.Message),
        // An upgraded connection that breaks is an ended connection.
        ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeRequestDestination
            or ForwarderError.UpgradeResponseCanceled or ForwarderError.UpgradeResponseClient or ForwarderError.UpgradeResponseDestination
            or ForwarderError.UpgradeActivityTimeout => new UpstreamOutcome(UpstreamOutcomeKind.Done),
        _ => new UpstreamOutcome(UpstreamOutcomeKind.LocalReset, exception?.Message),
    };

    /// <summary>The client's body could not be read.</summary>
    public static UpstreamOutcome OfRequestBody(Exception? fault) =>
        new(ClientBody.IsMalformed(fault) ? UpstreamOutcomeKind.RequestAborted : UpstreamOutcomeKind.ResponseNotTaken);

    /// <summary>No connection, because of TLS.</summary>
    public static UpstreamOutcome OfTls(Exception e) => new(UpstreamOutcomeKind.ConnectFailure, $"TLS_error:|{e.Message}:TLS_error_end");

    /// <summary>The connection ended before an answer.</summary>
    /// <param name="alert">What TLS says of it; null = nothing.</param>
    public static UpstreamOutcome OfEnd(string? alert) => new(UpstreamOutcomeKind.ConnectionTermination, alert is null ? null : $"TLS_error:|{alert}:TLS_error_end");

    /// <summary>No connection, or none in time.</summary>
    public static UpstreamOutcome OfConnect(SocketException e) => e.SocketErrorCode == SocketError.TimedOut
        ? new UpstreamOutcome(UpstreamOutcomeKind.ConnectTimeout)
        : new UpstreamOutcome(UpstreamOutcomeKind.ConnectFailure, $"delayed connect error: {e.Message}");

    /// <summary>Answers the client, or, if an answer has begun, breaks it off: <see cref="BrokenResponseException"/>.</summary>
    public static ValueTask AnswerAsync(RequestContext request, UpstreamOutcome outcome, int attempts, bool retriesUsedUp)
    {
        HttpContext http = request.Http;
        StreamInfo info = request.Info;
        (ResponseFlags flag, int status, string reset) = Describe(outcome.Kind);
        info.UpstreamTransportFailureReason ??= outcome.Reason;
        if (outcome.Kind is UpstreamOutcomeKind.RouteTimeout or UpstreamOutcomeKind.TryTimeout)
            return AnswerTimeoutAsync(request, outcome.Kind, retriesUsedUp);
        if (outcome.Kind == UpstreamOutcomeKind.ResponseNotTaken ||
            (outcome.Kind is not (UpstreamOutcomeKind.ResponseAborted or UpstreamOutcomeKind.ResponseMalformed) && http.RequestAborted.IsCancellationRequested))
        {
            request.NoteClientGone();
            http.Abort();
            return ValueTask.CompletedTask;
        }
        if (http.Response.HasStarted)
        {
            info.Flags |= flag;
            info.ResponseCodeDetails = $"upstream_reset_after_response_started{{{Underscored(reset)}}}";
            return BreakOffAsync(request);
        }
        if (outcome.Kind == UpstreamOutcomeKind.RequestAborted)
            return LocalReply.SendAsync(request, 400, "Bad Request", flag, "http1.codec_error", close: true);
        if (retriesUsedUp)
            flag |= ResponseFlags.UpstreamRetryLimitExceeded;
        request.IsOverflow = outcome.Kind == UpstreamOutcomeKind.Overflow;
        string reason = outcome.Reason is null ? "" : $"|{Underscored(outcome.Reason)}";
        string prefix = attempts > 1 ? "retried and the latest reset reason" : "reset reason";
        return LocalReply.SendAsync(
            request,
            status,
            $"upstream connect error or disconnect/reset before headers. {prefix}: {reset}",
            flag,
            $"upstream_reset_before_response_started{{{Underscored(reset)}{reason}}}");
    }

    private static ValueTask AnswerTimeoutAsync(RequestContext request, UpstreamOutcomeKind kind, bool retriesUsedUp)
    {
        ResponseFlags flags = ResponseFlags.UpstreamRequestTimeout;
        if (retriesUsedUp)
            flags |= ResponseFlags.UpstreamRetryLimitExceeded;
        string details = kind == UpstreamOutcomeKind.RouteTimeout ? "response_timeout" : "upstream_per_try_timeout";
        if (!request.Http.Response.HasStarted)
            return LocalReply.SendAsync(request, 504, "upstream request timeout", flags, details);
        request.Info.Flags |= flags;
        request.Info.ResponseCodeDetails = details;
        return BreakOffAsync(request);
    }

    // Like Envoy, the client gets what came: the server sends nothing more that was not flushed.
    private static async ValueTask BreakOffAsync(RequestContext request)
    {
        using var deadline = new CancellationTokenSource(LastFlush, request.Time);
        try
        {
            await request.Http.Response.BodyWriter.FlushAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // A client that takes nothing is not waited for.
        }
        throw new BrokenResponseException();
    }

    private static (ResponseFlags Flag, int Status, string Reset) Describe(UpstreamOutcomeKind kind) => kind switch
    {
        UpstreamOutcomeKind.ConnectFailure => (ResponseFlags.UpstreamConnectionFailure, 503, "remote connection failure"),
        UpstreamOutcomeKind.ConnectTimeout => (ResponseFlags.UpstreamConnectionFailure, 503, "connection timeout"),
        UpstreamOutcomeKind.ConnectionTermination => (ResponseFlags.UpstreamConnectionTermination, 503, "connection termination"),
        UpstreamOutcomeKind.ResponseAborted => (ResponseFlags.UpstreamConnectionTermination, 503, "connection termination"),
        UpstreamOutcomeKind.RemoteReset => (ResponseFlags.UpstreamRemoteReset, 503, "remote reset"),
        UpstreamOutcomeKind.RemoteRefused => (ResponseFlags.UpstreamRemoteReset, 503, "remote refused stream reset"),
        UpstreamOutcomeKind.ProtocolError or UpstreamOutcomeKind.ResponseMalformed => (ResponseFlags.UpstreamProtocolError, 502, "protocol error"),
        UpstreamOutcomeKind.Overflow => (ResponseFlags.UpstreamOverflow, 503, "overflow"),
        UpstreamOutcomeKind.RequestAborted => (ResponseFlags.DownstreamProtocolError, 400, "local reset"),
        _ => (ResponseFlags.LocalReset, 503, "local reset"),
    };

    private static bool IsMalformed(Exception? exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse })
                return true;
        }
        return false;
    }

    private static UpstreamOutcome ClassifyBeforeResponse(Exception? exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case HttpProtocolException h2:
                    return new UpstreamOutcome(h2.ErrorCode == Http2RefusedStream ? UpstreamOutcomeKind.RemoteRefused : UpstreamOutcomeKind.RemoteReset);
                case HttpRequestException http when ClassifyHttp(http) is { } outcome:
                    return outcome;
                case AuthenticationException:
                    return OfTls(e);
                case SocketException or EndOfStreamException or IOException { InnerException: null }:
                    return OfEnd(null);
                case CryptographicException:
                    return OfEnd(TlsAlert.Find(e));
            }
        }
        // Whatever .NET's client does not name is still the backend's: ours come as cancellations.
        return exception is HttpRequestException ? OfEnd(null) : new UpstreamOutcome(UpstreamOutcomeKind.LocalReset, exception?.Message);
    }

    private static UpstreamOutcome? ClassifyHttp(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError => ClassifyConnect(e),
        HttpRequestError.SecureConnectionError =>
            new UpstreamOutcome(UpstreamOutcomeKind.ConnectFailure, $"TLS_error:|{(e.InnerException ?? e).Message}:TLS_error_end"),
        HttpRequestError.ResponseEnded => new UpstreamOutcome(UpstreamOutcomeKind.ConnectionTermination),
        HttpRequestError.InvalidResponse when EndBeneath(e) is { } end => end,
        HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.VersionNegotiationError
            or HttpRequestError.ExtendedConnectNotSupported => new UpstreamOutcome(UpstreamOutcomeKind.ProtocolError),
        HttpRequestError.HttpProtocolError when e.InnerException is not HttpProtocolException => new UpstreamOutcome(UpstreamOutcomeKind.ProtocolError),
        _ => null,
    };

    // A connection that ends before HTTP/2's first settings is an invalid response in .NET's words.
    private static UpstreamOutcome? EndBeneath(HttpRequestException fault)
    {
        for (Exception? e = fault.InnerException; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } or SocketException or EndOfStreamException:
                    return OfEnd(null);
                case CryptographicException:
                    return OfEnd(TlsAlert.Find(e));
            }
        }
        return null;
    }

    private static UpstreamOutcome ClassifyConnect(HttpRequestException e) => e.InnerException switch
    {
        SocketException socket => OfConnect(socket),
        _ => new UpstreamOutcome(UpstreamOutcomeKind.ConnectFailure),
    };

    private static string Underscored(string text) => text.Replace(' ', '_');
}
