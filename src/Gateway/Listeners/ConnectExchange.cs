using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Gateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Gateway.Listeners;

/// <summary>
/// One CONNECT request over HTTP/1.1 as ASP.NET's features: what follows the head is the body of the request, and what is
/// written after the answer's head goes to the client as it is. The connection ends with it.
/// </summary>
internal sealed class ConnectExchange : IHttpResponseFeature, IHttpResponseBodyFeature, IHttpRequestLifetimeFeature, IHttpRequestBodyDetectionFeature
{
    private const int MaxHeaders = 100;

    private readonly ConnectionContext _connection;
    private readonly List<(Func<object, Task> Call, object State)> _starting = [];
    private readonly List<(Func<object, Task> Call, object State)> _completed = [];

    private ConnectExchange(ConnectionContext connection, string target, IHeaderDictionary headers)
    {
        _connection = connection;
        Features = new FeatureCollection(connection.Features);
        Stream = new StartingStream(this, connection.Transport.Output);
        RequestAborted = connection.ConnectionClosed;
        var request = new HttpRequestFeature
        {
            Method = HttpMethods.Connect,
            Protocol = "HTTP/1.1",
            Scheme = "http",
            RawTarget = target,
            Headers = headers,
            Body = connection.Transport.Input.AsStream(leaveOpen: true),
        };
        Features.Set<IHttpRequestFeature>(request);
        Features.Set<IHttpResponseFeature>(this);
        Features.Set<IHttpResponseBodyFeature>(this);
        Features.Set<IHttpRequestLifetimeFeature>(this);
        Features.Set<IHttpRequestBodyDetectionFeature>(this);
    }

    /// <summary>For the application: the connection's features and those of the request.</summary>
    public FeatureCollection Features { get; }

    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    [Obsolete("The interface asks for it; bodies are written to Stream.")]
    public Stream Body
    {
        get => Stream;
        set => throw new NotSupportedException();
    }

    public bool HasStarted { get; private set; }

    public Stream Stream { get; }

    public PipeWriter Writer => field ??= PipeWriter.Create(Stream, new StreamPipeWriterOptions(leaveOpen: true));

    public bool CanHaveBody => true;

    public CancellationToken RequestAborted { get; set; }

    /// <summary>Reads a head; null = it is no request.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="head">Request line and headers up to the empty line.</param>
    public static ConnectExchange? TryCreate(ConnectionContext connection, string head)
    {
        string[] lines = head.Split("\r\n");
        string[] words = lines[0].Split(' ');
        // A bare line feed is no end of a line: two servers could disagree on it.
        if (words.Length != 3 || words[0] != HttpMethods.Connect || words[1].Length == 0 || words[2] is not ("HTTP/1.1" or "HTTP/1.0") || head.Replace("\r\n", "", StringComparison.Ordinal).AsSpan().ContainsAny('\r', '\n'))
            return null;
        var headers = new HeaderDictionary();
        foreach (string line in lines.AsSpan(1))
        {
            if (line.Length == 0)
                continue;
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || headers.Count >= MaxHeaders || line[..colon].AsSpan().ContainsAny(' ', '\t'))
                return null;
            headers.Append(line[..colon], line[(colon + 1)..].Trim(' ', '\t'));
        }
        // RFC 9110, 9.3.6: a CONNECT request has no body; bytes that claim to be one would be the tunnel's.
        if (headers.ContainsKey("transfer-encoding") || (headers.ContentLength ?? 0) != 0)
            return null;
        return new ConnectExchange(connection, words[1], headers);
    }

    public void OnStarting(Func<object, Task> callback, object state) => _starting.Add((callback, state));

    public void OnCompleted(Func<object, Task> callback, object state) => _completed.Add((callback, state));

    public void Abort() => _connection.Abort(new ConnectionAbortedException("The gateway ended the tunnel."));

    public void DisableBuffering()
    {
        // Nothing is buffered.
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("No files are sent.");

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (HasStarted)
            return;
        for (int i = _starting.Count - 1; i >= 0; i--)
            await _starting[i].Call(_starting[i].State);
        HasStarted = true;
        var head = new StringBuilder();
        string reason = ReasonPhrase ?? (StatusCode == StatusCodes.Status200OK ? "Connection Established" : ReasonPhrases.GetReasonPhrase(StatusCode));
        head.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {StatusCode} {reason}\r\n");
        if (StatusCode != StatusCodes.Status200OK)
        {
            // The answer ends with the connection, if it does not say its length.
            Headers.Connection = "close";
            foreach (KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues> header in Headers)
            {
                foreach (string? value in header.Value)
                    head.Append(header.Key).Append(": ").Append(value).Append("\r\n");
            }
        }
        head.Append("\r\n");
        await _connection.Transport.Output.WriteAsync(Encoding.Latin1.GetBytes(head.ToString()), cancellationToken);
    }

    public async Task CompleteAsync()
    {
        await StartAsync();
        await Writer.FlushAsync();
    }

    /// <summary>The application is done.</summary>
    public async Task EndAsync()
    {
        await CompleteAsync();
        foreach ((Func<object, Task> call, object state) in _completed)
            await call(state);
    }

    /// <summary>The connection's output, before which the head goes.</summary>
    private sealed class StartingStream(ConnectExchange exchange, PipeWriter output) : AsyncStream
    {
        public override bool CanWrite => true;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!exchange.HasStarted)
                await exchange.StartAsync(cancellationToken);
            FlushResult result = await output.WriteAsync(buffer, cancellationToken);
            if (result.IsCompleted)
                throw new IOException("The client has gone.");
        }
    }
}
