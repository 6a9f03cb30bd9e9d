using System.CommandLine;
using System.CommandLine.Parsing;
using Gateway.Config.Diagnostics;
using Gateway.Hosting;
using Gateway.Snapshot.Explanation;

namespace Gateway.Cli;

/// <summary><c>gateway explain</c>: what would become of a request, and why, without sending it.</summary>
internal static class ExplainCommand
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        ConfigOptions config = new();
        Option<string> output = OutputOption.Create();
        Option<string[]> header = new("--header", "-H") { Description = "A header of the request. May be given several times.", HelpName = "NAME: VALUE" };
        header.Validators.Add(CheckHeaders);
        Option<int?> port = new("--port") { Description = "The listener's port by configuration, where it is not the one of the URL.", HelpName = "PORT" };
        Option<bool> http2 = new("--http2") { Description = "The client speaks HTTP/2." };
        Option<bool> clientCertificate = new("--client-certificate") { Description = "The client shows a certificate that is accepted." };
        Option<string?> sni = new("--sni") { Description = "The server name of the TLS hello, where it is not the host of the URL; empty = none is sent.", HelpName = "NAME" };
        Option<bool> mesh = new("--mesh-protocol") { Description = "The client offers Istio's own protocol (ALPN istio), as sidecars do." };
        Argument<string> method = new("METHOD") { Description = "GET, POST, …" };
        Argument<string> url = new("URL") { Description = "http://HOST[:PORT]/PATH, https://…, or for bytes tcp://HOST:PORT, tls://HOST:PORT" };
        ExampleCommand command = new(
            "explain",
            "Say which listener, virtual host, route and destination a request gets, and for a miss why. Sends nothing.",
            "gateway explain --config ./istio GET http://bookinfo.example.com/productpage",
            "gateway explain --config ./istio --header 'end-user: jason' GET https://bookinfo.example.com/reviews/0",
            "gateway explain --config ./istio --port 80 --output json GET http://localhost:8080/",
            "gateway explain --config ./istio CONNECT tls://db.example.com:5432");
        config.AddTo(command);
        foreach (Option option in (Option[])[header, port, sni, mesh, http2, clientCertificate, output])
            command.Add(option);
        command.Add(method);
        command.Add(url);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            List<KeyValuePair<string, string>> headers = [];
            foreach (string text in parsed.GetValue(header) ?? [])
                headers.Add(Header(text)!.Value);
            if (!ExplainRequest.TryCreate(parsed.GetValue(method)!, parsed.GetValue(url)!, headers, out ExplainRequest? request))
            {
                await console.Error.WriteLineAsync($"gateway: '{parsed.GetValue(url)}' is no URL; write http://HOST/PATH or https://HOST/PATH.").ConfigureAwait(false);
                return ExitCode.Misuse;
            }
            request = request! with
            {
                Port = parsed.GetValue(port) ?? request.Port,
                ServerName = parsed.GetValue(sni) is { } name ? name.Length == 0 ? null : name : request.ServerName,
                OffersMeshProtocol = parsed.GetValue(mesh),
                IsHttp1 = !parsed.GetValue(http2),
                HasClientCertificate = parsed.GetValue(clientCertificate),
            };

            OfflineConfig read = await ConfigInputs.ReadAsync(config.Read(parsed), cancellationToken).ConfigureAwait(false);
            // The answer stands on what was accepted; what was not belongs beside it, but not into it.
            DiagnosticLines.Write(console, console.Error, [.. read.Diagnostics.Where(finding => finding.Severity == Severity.Error)]);
            Explanation explanation = RequestExplainer.Explain(read.Snapshot, request);
            if (OutputOption.IsJson(parsed, output))
                JsonOutput.Write(console.Out, writer => ExplanationJson.Write(writer, explanation));
            else
                ExplanationText.Write(console, request, explanation);
            return ExitCode.Success;
        });
        return command;
    }

    private static void CheckHeaders(OptionResult result)
    {
        foreach (string text in result.GetValueOrDefault<string[]?>() ?? [])
        {
            if (Header(text) is null)
                result.AddError($"--header '{text}': write 'name: value'.");
        }
    }

    private static KeyValuePair<string, string>? Header(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon <= 0 ? null : KeyValuePair.Create(text[..colon].Trim(), text[(colon + 1)..].Trim());
    }
}
