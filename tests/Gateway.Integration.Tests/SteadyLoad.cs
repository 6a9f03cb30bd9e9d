using System.Collections.Concurrent;
using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests;

/// <summary>A few clients that send one request after the other, counting which echo server answers.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    /// <summary>So many answers may take a while on a machine that others keep busy.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private const int Clients = 4;
    private readonly ConcurrentDictionary<string, int> _answers = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _client;
    private readonly string _host;
    private readonly Func<HttpResponseMessage, Task<string>> _kindOf;
    private readonly Task _clients;

    /// <summary>Starts.</summary>
    /// <param name="port">The gateway's port.</param>
    /// <param name="host">The authority asked for.</param>
    /// <param name="path">The path asked for.</param>
    /// <param name="kindOf">What an answer counts as; null = the echo server's name.</param>
    public SteadyLoad(int port, string host, string path = "/", Func<HttpResponseMessage, Task<string>>? kindOf = null)
    {
        _client = TestHttpClient.Create(port, HttpVersion.Version11);
        _host = host;
        _kindOf = kindOf ?? EchoNameAsync;
        _clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => SendAsync(path)));
    }

    /// <summary>Answers so far, by kind.</summary>
    public IReadOnlyDictionary<string, int> Answers => _answers;

    /// <summary>Everything that was no 200.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>Waits for answers.</summary>
    public Task UntilAsync(Func<IReadOnlyDictionary<string, int>, bool> condition) => Eventually.HoldsAsync(
        () => condition(_answers),
        "the answers are as they should; failures: " + string.Join(", ", _failures.Take(3)),
        Deadline);

    /// <summary>Ends the clients after the requests under way.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _clients;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _client.Dispose();
        _stop.Dispose();
    }

    private static async Task<string> EchoNameAsync(HttpResponseMessage response) => EchoRequest.Parse(await response.Content.ReadAsStringAsync()).Upstream;

    private async Task SendAsync(string path)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", _host, path);
                using HttpResponseMessage response = await _client.SendAsync(request);
                if (response.StatusCode == HttpStatusCode.OK)
                    _answers.AddOrUpdate(await _kindOf(response), 1, (_, count) => count + 1);
                else
                    _failures.Enqueue($"{response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or TaskCanceledException)
            {
                _failures.Enqueue(exception.Message);
            }
        }
    }
}
