using Gateway.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Listeners;

/// <summary>The loggers of the HTTP server, which reports every exception of the application as a fault: one that breaks a response off on purpose is none.</summary>
internal sealed class ServerLoggers(ILoggerFactory inner) : ILoggerFactory
{
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
            if (exception is not BrokenResponseException)
                inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
