namespace TeslaMate.Logbook.Writing;

/// <summary>Whether the database took the latest write; says so in the journal when it changes.</summary>
sealed partial class DatabaseAvailability(TimeProvider time, ILogger<DatabaseAvailability> logger)
{
    readonly Lock _lock = new();
    DateTimeOffset? _awaySince;

    public bool IsAway => AwaySince is not null;

    public DateTimeOffset? AwaySince
    {
        get
        {
            lock (_lock)
                return _awaySince;
        }
    }

    public void Fail(Exception reason)
    {
        lock (_lock)
        {
            if (_awaySince is not null)
                return;
            _awaySince = time.GetUtcNow();
        }

        Log.Away(logger, reason.Message);
    }

    public void Succeed()
    {
        DateTimeOffset since;
        lock (_lock)
        {
            if (_awaySince is not { } away)
                return;
            (since, _awaySince) = (away, null);
        }

        var seconds = (time.GetUtcNow() - since).TotalSeconds;
        Log.Back(logger, seconds);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The database does not take what the cars do; it is kept on disk meanwhile: {Reason}")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Information, Message = "The database is back after {Seconds:0} s")]
        public static partial void Back(ILogger logger, double seconds);
    }
}
