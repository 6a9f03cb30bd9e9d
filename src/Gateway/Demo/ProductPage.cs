using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Gateway.Demo;

/// <summary>The only service a browser sees: the page, sign-in, static files and a small JSON API.</summary>
internal sealed class ProductPage(ServiceCaller services)
{
    private const string SessionCookie = "session";
    private const int MaxNameLength = 32;

    /// <summary>Answers one request.</summary>
    public Task ServeAsync(HttpContext context)
    {
        bool get = HttpMethods.IsGet(context.Request.Method);
        bool post = HttpMethods.IsPost(context.Request.Method);
        return context.Request.Path.Value switch
        {
            "/health" when get => JsonReply.WriteAsync(context, json => json.WriteString("status", "healthy")),
            "/productpage" when get => PageAsync(context),
            "/login" when post => LoginAsync(context),
            "/logout" when post => LogoutAsync(context),
            "/api/v1/products" when get => JsonReply.WriteAsync(context, WriteProducts),
            "/api/v1/products/0" when get => ForwardAsync(context, "details", "/details/0"),
            "/api/v1/products/0/reviews" when get => ForwardAsync(context, "reviews", "/reviews/0"),
            "/api/v1/products/0/ratings" when get => ForwardAsync(context, "ratings", "/ratings/0"),
            "/static/bookinfo.css" when get => StaticAsync(context, "bookinfo.css", "text/css"),
            "/static/bookinfo.js" when get => StaticAsync(context, "bookinfo.js", "text/javascript"),
            "/static/icon.svg" when get => StaticAsync(context, "icon.svg", "image/svg+xml"),
            _ => JsonReply.ErrorAsync(context, StatusCodes.Status404NotFound, "no such page"),
        };
    }

    private async Task PageAsync(HttpContext context)
    {
        string? user = SignedIn(context);
        Task<ServiceAnswer> detailsCall = services.GetAsync("details", "/details/0", user, context);
        using ServiceAnswer reviews = await services.GetAsync("reviews", "/reviews/0", user, context);
        using ServiceAnswer details = await detailsCall;

        await WriteAsync(context, "text/html; charset=utf-8", "no-store", ProductPageHtml.Render(Books.Comedy, user, details, reviews));
    }

    private static async Task LoginAsync(HttpContext context)
    {
        string name = "";
        if (context.Request.HasFormContentType)
        {
            try
            {
                IFormCollection form = await context.Request.ReadFormAsync(context.RequestAborted);
                name = form["username"].ToString().Trim();
            }
            catch (Exception e) when (e is InvalidDataException or BadHttpRequestException)
            {
                name = "";
            }
        }

        // Any password will do: this shows routing by user, not authentication.
        if (IsName(name))
            context.Response.Cookies.Append(SessionCookie, name, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/" });
        context.Response.Redirect("/productpage");
    }

    private static Task LogoutAsync(HttpContext context)
    {
        context.Response.Cookies.Delete(SessionCookie, new CookieOptions { Path = "/" });
        context.Response.Redirect("/productpage");
        return Task.CompletedTask;
    }

    private async Task ForwardAsync(HttpContext context, string service, string path)
    {
        using ServiceAnswer answer = await services.GetAsync(service, path, SignedIn(context), context);
        if (answer.Body is not { } body)
        {
            await JsonReply.ErrorAsync(context, StatusCodes.Status502BadGateway, $"{service} is currently unavailable");
            return;
        }

        await JsonReply.WriteAsync(context, json =>
        {
            foreach (JsonProperty property in body.EnumerateObject())
                property.WriteTo(json);
        });
    }

    private static void WriteProducts(Utf8JsonWriter json)
    {
        json.WriteStartArray("products");
        json.WriteStartObject();
        json.WriteNumber("id", Books.Comedy.Id);
        json.WriteString("title", Books.Comedy.Title);
        json.WriteString("summary", Books.Comedy.Summary);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static Task StaticAsync(HttpContext context, string name, string contentType) =>
        WriteAsync(context, contentType + "; charset=utf-8", "max-age=60", DemoResources.Page(name));

    private static async Task WriteAsync(HttpContext context, string contentType, string cacheControl, string text)
    {
        byte[] body = Encoding.UTF8.GetBytes(text);
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = cacheControl;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'";
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static string? SignedIn(HttpContext context) =>
        context.Request.Cookies.TryGetValue(SessionCookie, out string? name) && IsName(name) ? name : null;

    // The name becomes a header of other requests.
    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@');
}
