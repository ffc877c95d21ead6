using TeslaMate.Telemetry.Records;

namespace TeslaMate.Telemetry.Pipeline;

/// <summary>
/// Whether a car can be reached (spec fleet-telemetry 4.3): it holds a connection, or data came just now. What is told of connections comes doubled,
/// late and out of order, so data beat it.
/// </summary>
/// <param name="hasConnectivity">The path tells of connections at all.</param>
sealed class ContactTracker(bool hasConnectivity = true)
{
    static readonly TimeSpan DataMeanContact = TimeSpan.FromSeconds(90);
    static readonly TimeSpan Fresh = TimeSpan.FromSeconds(120);
    static readonly TimeSpan WithoutConnectivity = TimeSpan.FromMinutes(30);

    // A car leaves its older connection within a hop; when nothing is told of that, the instance that held it was killed.
    static readonly TimeSpan Overlap = TimeSpan.FromSeconds(90);

    readonly Dictionary<string, DateTimeOffset> _open = new(StringComparer.Ordinal);

    // An end that came before its beginning.
    readonly Dictionary<string, DateTimeOffset> _ended = new(StringComparer.Ordinal);
    bool _hasConnectivity = hasConnectivity;
    DateTimeOffset? _newest;
    DateTimeOffset? _lastData;
    DateTimeOffset? _lastEnd;
    DateTimeOffset? _upSince;

    /// <summary>Somebody tells of connections: their ends are known, not only guessed from silence.</summary>
    public bool HasConnectivity => _hasConnectivity;

    public Contact At(DateTimeOffset now)
    {
        Forget(now);
        var longest = _hasConnectivity ? DataMeanContact : WithoutConnectivity;
        if (_open.Count > 0 || now - _lastData < longest)
            return new Contact(true, _upSince ?? now);
        _upSince = null;
        // From the moment the last connection ended, or from the last record where no end was told.
        return new Contact(false, (_lastEnd, _lastData) switch
        {
            ({ } end, { } data) => end > data ? end : data,
            var (end, data) => end ?? data ?? now,
        });
    }

    /// <summary>When the answer changes by itself; null when it does not.</summary>
    public DateTimeOffset? Due(DateTimeOffset now) => _open.Count > 0
        ? _open.Values.All(at => at < _newest) ? _newest + Overlap : null
        : _lastData + (_hasConnectivity ? DataMeanContact : WithoutConnectivity) is { } due && due > now ? due : null;

    public void OnConnectivity(string connection, ConnectionStatus status, DateTimeOffset at)
    {
        _hasConnectivity = true;
        switch (status)
        {
            case ConnectionStatus.Connected when _ended.Remove(connection, out var ended) && ended >= at:
                break;
            case ConnectionStatus.Connected:
                if (_open.Count == 0)
                    _upSince ??= at;
                _open[connection] = at;
                _newest = _newest > at ? _newest : at;
                break;
            case ConnectionStatus.Disconnected when _open.Remove(connection):
                _lastEnd = _lastEnd > at ? _lastEnd : at;
                // A clean end says more than data of a moment ago.
                if (_open.Count == 0 && _lastData <= at)
                    _lastData = null;
                break;
            case ConnectionStatus.Disconnected:
                if (_ended.Count > 100)
                    _ended.Clear();
                _ended[connection] = at;
                _lastEnd = _lastEnd > at ? _lastEnd : at;
                break;
        }
    }

    /// <summary>Drops connections whose ends were not told.</summary>
    void Forget(DateTimeOffset now)
    {
        if (!(_newest + Overlap <= now))
            return;
        foreach (var (connection, _) in _open.Where(open => open.Value < _newest).ToList())
            _open.Remove(connection);
    }

    /// <summary>A record of data or alerts.</summary>
    /// <param name="isOwnConnection">It came by an endpoint of ours, which tells of every connection.</param>
    public void OnData(DateTimeOffset receivedAt, DateTimeOffset carTime, bool isOwnConnection = false)
    {
        _hasConnectivity |= isOwnConnection;
        if (receivedAt - carTime > Fresh)
            return;
        _upSince ??= receivedAt;
        _lastData = _lastData > receivedAt ? _lastData : receivedAt;
    }
}

/// <param name="Since">The server's clock when it began.</param>
readonly record struct Contact(bool IsUp, DateTimeOffset Since);
