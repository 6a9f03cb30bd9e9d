using System.CommandLine;
using System.Net;
using System.Text.Json;

namespace Gateway.Cli;

/// <summary>Asks a running gateway over its admin port.</summary>
internal sealed class AdminClient(CliConsole console)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly Option<string> _address = new("--admin-address")
    {
        Description = "The admin port of the running gateway: ADDRESS:PORT, or PORT on 127.0.0.1.",
        HelpName = "ADDRESS:PORT",
        DefaultValueFactory = _ => "127.0.0.1:15000",
    };

    /// <summary>Adds the option that names the gateway.</summary>
    public void AddTo(Command command) => command.Add(_address);

    /// <summary>Reads a page; null = it cannot be read, which has been told.</summary>
    public async Task<JsonDocument?> ReadAsync(ParseResult parsed, string path, CancellationToken cancellationToken)
    {
        string text = parsed.GetValue(_address)!;
        if (!OptionTexts.TryEndPoint(text, IPAddress.Loopback, out IPEndPoint? endPoint) || endPoint is null)
        {
            await console.Error.WriteLineAsync($"gateway: --admin-address '{text}': write ADDRESS:PORT with an IP address, or PORT.").ConfigureAwait(false);
            return null;
        }
        using var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Limit };
        using var client = new HttpMessageInvoker(handler);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Limit);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{endPoint}{path}");
            using HttpResponseMessage response = await client.SendAsync(request, deadline.Token).ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            Stream body = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            return await JsonDocument.ParseAsync(body, cancellationToken: deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException or OperationCanceledException)
        {
            await console.Error.WriteLineAsync($"gateway: no gateway answers at {endPoint}: {e.Message}").ConfigureAwait(false);
            return null;
        }
    }
}
