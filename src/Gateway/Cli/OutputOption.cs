using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Cli;

/// <summary>The option <c>--output text|json</c>.</summary>
internal static class OutputOption
{
    /// <summary>Makes the option.</summary>
    public static Option<string> Create()
    {
        Option<string> option = new("--output", "-o")
        {
            Description = "How the result is printed.",
            HelpName = "text|json",
            DefaultValueFactory = _ => "text",
        };
        option.AcceptOnlyFromAmong("text", "json");
        return option;
    }

    /// <summary>Whether JSON was asked for.</summary>
    public static bool IsJson(ParseResult parsed, Option<string> option) => parsed.GetValue(option) == "json";
}

/// <summary>JSON results.</summary>
internal static class JsonOutput
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one indented value and a line end.</summary>
    public static void Write(TextWriter target, Action<Utf8JsonWriter> write)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, Options))
            write(writer);
        target.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)));
    }
}
