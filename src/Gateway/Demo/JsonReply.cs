using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Gateway.Demo;

/// <summary>Answers of the demo's services.</summary>
internal static class JsonReply
{
    /// <summary>Writes an answer with a JSON body.</summary>
    public static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        await using (writer.ConfigureAwait(false))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
    }

    /// <summary>An answer that says what went wrong.</summary>
    public static Task ErrorAsync(HttpContext context, int status, string error) =>
        WriteAsync(context, json => json.WriteString("error", error), status);
}
