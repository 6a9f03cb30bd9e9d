using System.Globalization;
using Gateway.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http;

/// <summary>How long a request and each of its tries may take; zero = no limit.</summary>
/// <param name="Route">From the complete request to the complete response, all tries together.</param>
/// <param name="PerTry">From the complete request, or the start of a later try, to the response headers.</param>
internal readonly record struct RequestTimeouts(TimeSpan Route, TimeSpan PerTry)
{
    private const int MaxGrpcDigits = 8;

    private static volatile Number _last = new(0, "0");

    /// <summary>Whether there is any limit.</summary>
    public bool Any => Route > TimeSpan.Zero || PerTry > TimeSpan.Zero;

    /// <summary>
    /// What applies to a request. Of a gRPC request the client's own <c>grpc-timeout</c> counts, up to the route's limit;
    /// a limit per try that is not shorter than the whole is none.
    /// </summary>
    public static RequestTimeouts Of(ForwardAction forward, IHeaderDictionary headers, bool isGrpc)
    {
        TimeSpan route = forward.Timeout;
        if (isGrpc && headers.TryGetValue(HeaderNames.GrpcTimeout, out StringValues sent) && ParseGrpc(sent.ToString()) is { } asked
            && asked > TimeSpan.Zero && (route == TimeSpan.Zero || asked < route))
        {
            route = asked;
        }
        TimeSpan perTry = forward.Retries?.PerTryTimeout ?? TimeSpan.Zero;
        return new RequestTimeouts(route, route > TimeSpan.Zero && perTry >= route ? TimeSpan.Zero : perTry);
    }

    /// <summary>Tells the upstream how long it has.</summary>
    /// <param name="headers">Request headers.</param>
    /// <param name="elapsed">What has gone since the request was complete.</param>
    /// <param name="settings">Whether Envoy's own headers are sent.</param>
    /// <param name="isGrpc">Whether <c>grpc-timeout</c> is rewritten.</param>
    public void Tell(IHeaderDictionary headers, TimeSpan elapsed, HttpSettings settings, bool isGrpc)
    {
        if (!Any)
            return;
        // 0 would say "no limit", so one that has just run out says 1.
        long milliseconds = Math.Max(1, (long)Left(elapsed).TotalMilliseconds);
        if (settings.SendEnvoyDebugHeaders)
            headers[HeaderNames.ExpectedTimeout] = Text(milliseconds);
        if (isGrpc)
            headers[HeaderNames.GrpcTimeout] = FormatGrpc(milliseconds);
    }

    /// <summary>Reads a <c>grpc-timeout</c>: up to eight digits and one of H M S m u n; null = none, or malformed.</summary>
    public static TimeSpan? ParseGrpc(string value)
    {
        if (value.Length is < 2 or > MaxGrpcDigits + 1 || !long.TryParse(value.AsSpan(0, value.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            return null;
        long? milliseconds = value[^1] switch
        {
            'H' => number * 3_600_000,
            'M' => number * 60_000,
            'S' => number * 1000,
            'm' => number,
            'u' => (number + 999) / 1000,
            'n' => (number + 999_999) / 1_000_000,
            _ => null,
        };
        return milliseconds is { } limit ? TimeSpan.FromMilliseconds(limit) : null;
    }

    // A first try has the whole time, so that most requests tell the same number.
    private static string Text(long milliseconds)
    {
        Number last = _last;
        if (last.Value != milliseconds)
            _last = last = new Number(milliseconds, milliseconds.ToString(CultureInfo.InvariantCulture));
        return last.Text;
    }

    private TimeSpan Left(TimeSpan elapsed)
    {
        if (Route == TimeSpan.Zero)
            return PerTry;
        TimeSpan left = Route - elapsed;
        return PerTry > TimeSpan.Zero && PerTry < left ? PerTry : left;
    }

    private static string FormatGrpc(long milliseconds)
    {
        const long MostDigits = 99_999_999;
        (long number, char unit) = milliseconds <= MostDigits ? (milliseconds, 'm')
            : milliseconds / 1000 <= MostDigits ? (milliseconds / 1000, 'S')
            : milliseconds / 60_000 <= MostDigits ? (milliseconds / 60_000, 'M')
            : (Math.Min(milliseconds / 3_600_000, MostDigits), 'H');
        return string.Create(CultureInfo.InvariantCulture, $"{number}{unit}");
    }

    private sealed record Number(long Value, string Text);
}
