using Gateway.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Listeners;

/// <summary>
/// The loggers of the HTTP server, which reports as faults what the application does on purpose: an exception that breaks a
/// response off, and an answer while the client's body is still awaited, after which the connection is closed.
/// </summary>
internal sealed class ServerLoggers(ILoggerFactory inner) : ILoggerFactory
{
    private const string EndedWithinRead = "RequestBodyDrainBodyReaderInvalidState";

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public ILogger CreateLogger(string categoryName) => new Filtered(inner.CreateLogger(categoryName));

    public void Dispose()
    {
        // The factory is its maker's.
    }

    private sealed class Filtered(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is not BrokenResponseException && eventId.Name != EndedWithinRead)
                inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
