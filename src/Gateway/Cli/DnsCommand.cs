using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Gateway.Cli;

/// <summary><c>gateway dns</c>: what a running gateway knows of the names that its destinations have.</summary>
internal static class DnsCommand
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        AdminClient admin = new(console);
        Option<string> output = OutputOption.Create();
        Argument<string?> name = new("NAME") { Description = "Only names that contain this.", Arity = ArgumentArity.ZeroOrOne };
        ExampleCommand command = new(
            "dns",
            "Show the names of destinations with their addresses, their age, and what went wrong.",
            "gateway dns",
            "gateway dns api.example.com --output json");
        admin.AddTo(command);
        command.Add(output);
        command.Add(name);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using JsonDocument? page = await admin.ReadAsync(parsed, "/dns", cancellationToken).ConfigureAwait(false);
            if (page is null)
                return ExitCode.Failure;
            string wanted = parsed.GetValue(name) ?? "";
            JsonElement[] names = [.. page.RootElement.EnumerateArray().Where(one => one.GetProperty("name").GetString()!.Contains(wanted, StringComparison.OrdinalIgnoreCase))];
            if (OutputOption.IsJson(parsed, output))
                JsonOutput.Write(console.Out, writer => WriteJson(writer, names));
            else
                WriteText(console.Out, names);
            return ExitCode.Success;
        });
        return command;
    }

    private static void WriteJson(Utf8JsonWriter writer, JsonElement[] names)
    {
        writer.WriteStartArray();
        foreach (JsonElement one in names)
            one.WriteTo(writer);
        writer.WriteEndArray();
    }

    private static void WriteText(TextWriter target, JsonElement[] names)
    {
        if (names.Length == 0)
            target.WriteLine("No names are looked up.");
        foreach (JsonElement one in names)
        {
            string state = one.GetProperty("stale").GetBoolean() ? "STALE" : one.GetProperty("addresses").GetArrayLength() == 0 ? "EMPTY" : "good";
            target.WriteLine($"{one.GetProperty("name").GetString()}  {state}, {one.GetProperty("detail").GetString()}");
            Line(target, "addresses", one.GetProperty("addresses"));
            Line(target, "by way of", one.GetProperty("aliases"));
            Line(target, "refused", one.GetProperty("refused"));
            target.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  age {Seconds(one, "ageSeconds")}, good for another {Seconds(one, "ttlLeftSeconds")}, looked up again in {Seconds(one, "nextInSeconds")}, {one.GetProperty("failures").GetInt32()} failures since"));
            foreach (JsonElement change in one.GetProperty("history").EnumerateArray())
                target.WriteLine($"  {change.GetProperty("time").GetString()}  {change.GetProperty("what").GetString()}");
        }
    }

    private static void Line(TextWriter target, string title, JsonElement values)
    {
        if (values.GetArrayLength() > 0)
            target.WriteLine($"  {title} {string.Join(", ", values.EnumerateArray().Select(value => value.GetString()))}");
    }

    private static string Seconds(JsonElement one, string property) =>
        one.GetProperty(property) is { ValueKind: JsonValueKind.Number } number ? $"{number.GetRawText()} s" : "-";
}
