using System.Globalization;
using Gateway.Clusters;
using Gateway.Http;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding;

/// <summary>What happens to a response's head between the backend and the client, whatever client brought it.</summary>
internal static class UpstreamResponse
{
    /// <summary>The backend's status and headers are on the response: tells outlier detection.</summary>
    public static void Report(RequestContext request, Cluster cluster, UpstreamEndpoint endpoint)
    {
        HttpResponse response = request.Http.Response;
        string? grpcStatus = request.Info.IsGrpc && request.AnswerHeaders.TryGetValue(HeaderNames.GrpcStatus, out StringValues early) ? early.ToString() : null;
        OutlierReport.Answered(cluster, endpoint, response.StatusCode, grpcStatus);
    }

    /// <summary>The backend's status and headers are on the response: adds what is ours.</summary>
    /// <param name="request">The request.</param>
    /// <param name="status">The status to report.</param>
    public static void Finish(RequestContext request, int status)
    {
        StreamInfo info = request.Info;
        IHeaderDictionary headers = request.AnswerHeaders;
        info.ResponseCode = status;
        info.ResponseCodeDetails = "via_upstream";
        if (info.IsGrpc && headers.TryGetValue(HeaderNames.GrpcStatus, out StringValues grpcStatus))
            info.GrpcStatus = grpcStatus.ToString();
        HttpSettings settings = request.Chain!.Settings;
        // Left out when the answer came before the request had ended.
        if (request.RequestEndTimestamp != 0)
        {
            info.UpstreamServiceTimeMs = (long)request.Time.GetElapsedTime(request.RequestEndTimestamp).TotalMilliseconds;
            if (settings.SendEnvoyDebugHeaders)
                headers[HeaderNames.UpstreamServiceTime] = SmallNumbers.Text(info.UpstreamServiceTimeMs.Value);
        }
        if (request.MadeCookie is { } cookie)
            headers.Append(HeaderNames.SetCookie, cookie);
        HeaderOperator.ApplyToResponse(request.ResponseHeaders, headers, request.Headers, info);
        foreach (HttpFilter filter in request.Chain.Filters)
            filter.OnResponse(request);
        if (settings.ServerHeader is { } server)
            headers.Server = server;
    }

    /// <summary>Adds a line of the backend's. An empty value is a value, which ASP.NET's own Append takes for none.</summary>
    public static void Append(IHeaderDictionary headers, string name, StringValues values) =>
        headers[name] = headers.TryGetValue(name, out StringValues present) ? StringValues.Concat(present, values) : values;

    private static class SmallNumbers
    {
        private static readonly string[] Texts = [.. Enumerable.Range(0, 256).Select(n => n.ToString(CultureInfo.InvariantCulture))];

        public static string Text(long number) =>
            number is >= 0 and < 256 ? Texts[number] : number.ToString(CultureInfo.InvariantCulture);
    }
}
