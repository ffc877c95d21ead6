using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace TeslaMate.Tests.Logs;

/// <summary>Keeps everything that is logged, at every level that gets here.</summary>
sealed class RecordedLog : ILoggerProvider, ILogger
{
    readonly ConcurrentQueue<(string Line, string Details)> _lines = new();

    /// <summary>Such as <c>Warning: Car 1: …</c>.</summary>
    public IReadOnlyList<string> Lines => [.. _lines.Select(line => line.Line)];

    /// <summary>The lines with all their fields and exceptions, any of which may end in a file.</summary>
    public string Everything => string.Join('\n', _lines.Select(line => $"{line.Line} {line.Details}"));

    /// <summary>Lets every level get here.</summary>
    public ILogger<T> For<T>() => new Logger<T>(new LoggerFactory([this], new LoggerFilterOptions { MinLevel = LogLevel.Trace }));

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var fields = state is IEnumerable<KeyValuePair<string, object?>> values
            ? string.Join(' ', values.Select(value => $"{value.Key}={value.Value}")) : "";
        _lines.Enqueue(($"{logLevel}: {formatter(state, exception)}", $"[{fields}] {exception}"));
    }

    public void Dispose()
    {
    }
}
