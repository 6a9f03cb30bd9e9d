using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Gateway.Cli;

/// <summary><c>gateway certs</c>: the certificates of a gateway that runs, asked for at its admin port.</summary>
internal static class CertsCommand
{
    private const int MaxBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        Option<string> output = OutputOption.Create();
        Option<string> admin = new("--admin-address")
        {
            Description = "Where the admin port of the gateway listens: ADDRESS:PORT, or PORT (on 127.0.0.1).",
            HelpName = "ADDRESS:PORT",
            DefaultValueFactory = _ => "127.0.0.1:15000",
        };
        admin.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && (!OptionTexts.TryEndPoint(text, IPAddress.Loopback, out IPEndPoint? endPoint) || endPoint is null))
                result.AddError($"--admin-address '{text}': write ADDRESS:PORT with an IP address, or PORT.");
        });
        ExampleCommand command = new(
            "certs",
            "Print the certificates of a gateway that runs: names, issuer, end, next renewal, latest error.",
            "gateway certs",
            "gateway certs --admin-address 127.0.0.1:15001 --output json");
        command.Add(admin);
        command.Add(output);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OptionTexts.TryEndPoint(parsed.GetValue(admin)!, IPAddress.Loopback, out IPEndPoint? endPoint);
            try
            {
                using JsonDocument certificates = JsonDocument.Parse(await FetchAsync(endPoint!, cancellationToken).ConfigureAwait(false));
                if (OutputOption.IsJson(parsed, output))
                    JsonOutput.Write(console.Out, certificates.RootElement.WriteTo);
                else
                    Write(console.Out, certificates.RootElement);
                return ExitCode.Success;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException or OperationCanceledException)
            {
                await console.Error.WriteLineAsync($"gateway: the admin port {endPoint} does not answer: {e.Message}").ConfigureAwait(false);
                return ExitCode.Failure;
            }
        });
        return command;
    }

    private static async Task<byte[]> FetchAsync(IPEndPoint admin, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Limit);
        using SocketsHttpHandler handler = new() { UseProxy = false, AllowAutoRedirect = false };
        using HttpMessageInvoker client = new(handler);
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri($"http://{admin}/certs"));
        using HttpResponseMessage response = await client.SendAsync(request, deadline.Token).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        await response.Content.LoadIntoBufferAsync(MaxBytes, deadline.Token).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync(deadline.Token).ConfigureAwait(false);
    }

    private static void Write(TextWriter target, JsonElement certificates)
    {
        foreach (JsonElement certificate in certificates.EnumerateArray())
        {
            target.WriteLine(Text(certificate, "name") ?? "(no name)");
            bool isOrdered = certificate.TryGetProperty("order", out JsonElement order);
            Line(target, "names", Names(certificate, "subjectAltNames") ?? (isOrdered ? Names(order, "names") : null));
            Line(target, "issuer", Text(certificate, "issuer"));
            Line(target, "ends", Text(certificate, "notAfter"));
            if (isOrdered)
            {
                Line(target, "ordered from", Text(order, "issuer"));
                Line(target, "next renewal", Text(order, "nextRenewal"));
                Line(target, "next attempt", Text(order, "nextAttempt"));
                Line(target, "order failed", Text(order, "lastError"));
            }
            if (certificate.TryGetProperty("staple", out JsonElement staple))
            {
                Line(target, "staple ends", Text(staple, "until"));
                Line(target, "staple failed", Text(staple, "lastError"));
            }
            Line(target, "error", Text(certificate, "error"));
        }
    }

    private static void Line(TextWriter target, string title, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            target.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {title,-13} {value}"));
    }

    private static string? Names(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement names) && names.GetArrayLength() > 0 ? string.Join(", ", names.EnumerateArray().Select(one => one.GetString())) : null;

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
