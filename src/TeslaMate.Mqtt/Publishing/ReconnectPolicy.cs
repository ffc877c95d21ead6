using TeslaMate.Configuration;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>
/// From the loss of a connection until one holds again: how long to wait between attempts, and which of them are logged. A broker that accepts and
/// drops connections is away like one that refuses them, and an outage of hours is told in few lines.
/// </summary>
sealed class ReconnectPolicy(Func<double> random)
{
    /// <summary>A connection that lasts so long ends the outage.</summary>
    public static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(30);

    static readonly RetryPolicy Retries = new(First: TimeSpan.FromMilliseconds(100), Longest: TimeSpan.FromSeconds(30));

    // The next pause is 0.8 s then.
    const int MaxAttemptsWithWorkingBroker = 3;

    // Reasons come partly from outside; a broker that thinks up a new one each time is not worth remembering them all.
    const int MaxReasons = 50;

    readonly HashSet<string> _reported = [];
    bool _reportedConnection;
    bool _lastReportIsConnection;
    int _attempts;

    /// <summary>How long to wait before the next attempt.</summary>
    public TimeSpan NextPause() => Retries.Pause(_attempts++, random());

    /// <summary>There is no connection, or none any more.</summary>
    /// <returns>Whether this outage has not had that reason yet.</returns>
    public bool Failed(string reason)
    {
        _lastReportIsConnection = false;
        return _reported.Count < MaxReasons && _reported.Add(reason);
    }

    /// <summary>There is a connection, which may not last.</summary>
    /// <returns>Whether it is the first of this outage.</returns>
    public bool Connected()
    {
        _lastReportIsConnection = !_reportedConnection;
        _reportedConnection = true;
        return _lastReportIsConnection;
    }

    /// <summary>The broker has acknowledged what it was sent: it works, however often it is started again.</summary>
    public void Served() => _attempts = Math.Min(_attempts, MaxAttemptsWithWorkingBroker);

    /// <summary>The connection has lasted.</summary>
    /// <returns>Whether a failure was the last that was told.</returns>
    public bool Ended()
    {
        var isNews = !_lastReportIsConnection;
        (_reportedConnection, _lastReportIsConnection, _attempts) = (false, true, 0);
        _reported.Clear();
        return isNews;
    }
}
