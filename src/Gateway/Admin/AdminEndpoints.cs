using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Config.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Admin;

/// <summary>The admin port: looks into the running gateway and a few switches.</summary>
internal sealed class AdminEndpoints
{
    private const string Help = """
        Gateway admin

          GET  /config_dump    the configuration in force, without secrets
          GET  /diagnostics    the findings of the latest pass over the configuration
          GET  /listeners      traffic ports and their connections
          GET  /clusters       clusters and their endpoints
          GET  /certs          certificates, without private parts
          GET  /dns            names of destinations: addresses, age, failures, history
          GET  /egress/denied  what forward proxies have refused
          GET  /logging        log levels
          POST /logging?level=debug, /logging?CATEGORY=debug
          POST /quitquitquit   drain and end the process

        """;

    private static readonly JsonWriterOptions JsonFormat = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly AdminState _state;

    /// <summary>Makes the port's answers from <paramref name="state"/>.</summary>
    public AdminEndpoints(AdminState state) => _state = state;

    /// <summary>Answers a request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        if (AdminGuard.Refusal(context.Request) is { } refusal)
            return AdminReply.Text(context, StatusCodes.Status403Forbidden, refusal + "\n");
        bool isRead = AdminReply.IsRead(context);
        return context.Request.Path.Value switch
        {
            "/quitquitquit" => HttpMethods.IsPost(context.Request.Method) ? Quit(context) : AdminReply.MethodNotAllowed(context, "POST"),
            "/logging" when HttpMethods.IsPost(context.Request.Method) => SetLogging(context),
            "/logging" when isRead => Json(context, WriteLogging),
            string path when isRead => Read(context, path),
            _ => AdminReply.MethodNotAllowed(context, "GET, HEAD"),
        };
    }

    private Task Read(HttpContext context, string path) => path switch
    {
        "/" or "/help" => AdminReply.Text(context, StatusCodes.Status200OK, Help),
        "/config_dump" => Json(context, writer => ConfigDump.Write(writer, _state.Config())),
        "/diagnostics" => Json(context, WriteDiagnostics),
        "/listeners" => Json(context, writer => StatusJson.Listeners(writer, _state.Listeners())),
        "/clusters" => Json(context, writer => StatusJson.Clusters(writer, _state.Clusters())),
        "/dns" => Json(context, writer => EgressJson.Names(writer, _state.Names())),
        "/egress/denied" => Json(context, writer => EgressJson.Denials(writer, _state.Denials())),
        "/certs" => Json(context, writer => StatusJson.Certificates(writer, _state.Certificates())),
        _ => AdminReply.Text(context, StatusCodes.Status404NotFound, Help),
    };

    private Task Quit(HttpContext context)
    {
        context.Response.OnCompleted(() =>
        {
            _state.Quit();
            return Task.CompletedTask;
        });
        return AdminReply.Text(context, StatusCodes.Status200OK, "Draining.\n");
    }

    private Task SetLogging(HttpContext context)
    {
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in context.Request.Query)
        {
            if (!TryLevel(values.ToString(), out LogLevel level))
                return AdminReply.Text(context, StatusCodes.Status400BadRequest, "A level is one of: trace, debug, info, warning, error, critical, off.\n");
            if (name == "level")
                _state.Levels.Default = level;
            else if (name.Length > 200 || !_state.Levels.TrySet(name, level))
                return AdminReply.Text(context, StatusCodes.Status400BadRequest, "Too many categories, or too long a name.\n");
        }
        return Json(context, WriteLogging);
    }

    private void WriteLogging(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("level", NameOf(_state.Levels.Default));
        writer.WriteStartObject("categories");
        foreach ((string category, LogLevel level) in _state.Levels.Categories)
            writer.WriteString(category, NameOf(level));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteDiagnostics(Utf8JsonWriter writer)
    {
        ConfigStatus config = _state.Config();
        writer.WriteStartObject();
        writer.WriteNumber("generation", config.Generation);
        writer.WriteString("time", config.Time);
        writer.WriteBoolean("succeeded", config.Succeeded);
        DiagnosticJson.WriteArray(writer, "diagnostics", config.Diagnostics);
        writer.WriteEndObject();
    }

    private static Task Json(HttpContext context, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, JsonFormat))
            write(writer);
        buffer.Write("\n"u8);
        return AdminReply.Bytes(context, StatusCodes.Status200OK, "application/json", buffer.WrittenMemory);
    }

    private static bool TryLevel(string text, out LogLevel level)
    {
        // Envoy's names and .NET's.
        LogLevel? found = text.ToLowerInvariant() switch
        {
            "trace" => LogLevel.Trace,
            "debug" => LogLevel.Debug,
            "info" or "information" => LogLevel.Information,
            "warning" or "warn" => LogLevel.Warning,
            "error" => LogLevel.Error,
            "critical" => LogLevel.Critical,
            "off" or "none" => LogLevel.None,
            _ => null,
        };
        level = found ?? LogLevel.None;
        return found is not null;
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Information => "info",
        LogLevel.None => "off",
        _ => level.ToString().ToLowerInvariant(),
    };
}
