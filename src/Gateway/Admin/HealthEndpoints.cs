using System.Text;
using Gateway.Observability;
using Microsoft.AspNetCore.Http;

namespace Gateway.Admin;

/// <summary>The health port and the metrics port: what a kubelet and a Prometheus ask.</summary>
internal static class HealthEndpoints
{
    /// <summary><c>/healthz/ready</c> and <c>/healthz/live</c>.</summary>
    public static RequestDelegate Health(Func<bool> isReady) => context =>
    {
        if (!AdminReply.IsRead(context))
            return AdminReply.MethodNotAllowed(context, "GET, HEAD");
        return context.Request.Path.Value switch
        {
            "/healthz/live" => AdminReply.Text(context, StatusCodes.Status200OK, "live\n"),
            "/healthz/ready" when isReady() => AdminReply.Text(context, StatusCodes.Status200OK, "ready\n"),
            "/healthz/ready" => AdminReply.Text(context, StatusCodes.Status503ServiceUnavailable, "not ready\n"),
            _ => AdminReply.Text(context, StatusCodes.Status404NotFound, "Try /healthz/ready or /healthz/live.\n"),
        };
    };

    /// <summary><c>/stats/prometheus</c>; also under <c>/metrics</c>, which scrapers ask by default.</summary>
    public static RequestDelegate Metrics(GatewayMetrics metrics) => async context =>
    {
        if (!AdminReply.IsRead(context))
        {
            await AdminReply.MethodNotAllowed(context, "GET, HEAD").ConfigureAwait(false);
        }
        else if (context.Request.Path.Value is "/stats/prometheus" or "/metrics")
        {
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            if (HttpMethods.IsGet(context.Request.Method))
                await metrics.WriteAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
        }
        else
        {
            await AdminReply.Text(context, StatusCodes.Status404NotFound, "Try /stats/prometheus.\n").ConfigureAwait(false);
        }
    };
}

/// <summary>Small answers.</summary>
internal static class AdminReply
{
    /// <summary>Whether the request only reads.</summary>
    public static bool IsRead(HttpContext context) => HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);

    /// <summary>Plain text.</summary>
    public static Task Text(HttpContext context, int status, string text) => Bytes(context, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    /// <summary>A body of a type.</summary>
    public static Task Bytes(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>405.</summary>
    public static Task MethodNotAllowed(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return Text(context, StatusCodes.Status405MethodNotAllowed, $"Only {allowed} here.\n");
    }
}
