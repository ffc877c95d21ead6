using System.Net;

namespace TeslaMate.Telemetry.Endpoint;

/// <summary>
/// Keeps those who only knock from keeping the cars out (spec fleet-telemetry 7.4): few unfinished handshakes at once, of which the busiest address
/// loses its oldest, and an address that fails often is closed unread for a minute.
/// </summary>
sealed class HandshakeLimits(int mostFailures, TimeProvider time)
{
    public const int MostUnfinished = 20;

    static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    const int MostAddresses = 10_000;

    readonly Lock _lock = new();
    readonly List<Attempt> _unfinished = [];
    readonly Dictionary<IPAddress, (DateTimeOffset Since, int Failures)> _failures = [];

    public long Refused { get; private set; }

    /// <summary>A connection was opened.</summary>
    /// <param name="abort">Closes it.</param>
    /// <returns>Null when it is to be closed unread.</returns>
    public Attempt? Begin(IPAddress address, Action abort)
    {
        Attempt attempt = new(address, abort);
        Action? evict = null;
        lock (_lock)
        {
            if (_failures.TryGetValue(address, out var failed) && failed.Failures >= mostFailures && time.GetUtcNow() - failed.Since < Window)
            {
                Refused++;
                return null;
            }

            if (_unfinished.Count >= MostUnfinished)
            {
                var oldest = _unfinished.GroupBy(other => other.Address).MaxBy(group => group.Count())!.First();
                _unfinished.Remove(oldest);
                Refused++;
                evict = oldest.Abort;
            }

            _unfinished.Add(attempt);
        }

        evict?.Invoke();
        return attempt;
    }

    /// <summary>The handshake has succeeded.</summary>
    public void Succeed(Attempt attempt)
    {
        lock (_lock)
        {
            attempt.IsDone = true;
            _unfinished.Remove(attempt);
        }
    }

    /// <summary>The connection has ended.</summary>
    public void End(Attempt attempt)
    {
        lock (_lock)
        {
            if (attempt.IsDone)
                return;
            _unfinished.Remove(attempt);
            var now = time.GetUtcNow();
            if (_failures.Count >= MostAddresses)
                _failures.Clear();
            _failures[attempt.Address] = _failures.TryGetValue(attempt.Address, out var failed) && now - failed.Since < Window
                ? failed with { Failures = failed.Failures + 1 }
                : (now, 1);
        }
    }

    /// <summary>One connection before its handshake is over.</summary>
    public sealed class Attempt(IPAddress address, Action abort)
    {
        public IPAddress Address { get; } = address;

        public Action Abort { get; } = abort;

        public bool IsDone { get; set; }
    }
}
