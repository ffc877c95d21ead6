using System.Net;
using System.Net.Sockets;
using TeslaMate.Configuration;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// Slows down who guesses: after <see cref="FreeTries"/> wrong tries from one address each further one doubles the wait, and all addresses that have
/// not been right yet have together a limit a minute; so a crowd of guessers locks nobody out who has been inside. Kept in memory; a restart
/// forgives.
/// </summary>
sealed class LogInThrottle(TimeProvider time)
{
    public const int FreeTries = 5;

    const int TriesAMinute = 60;
    const int MostAddresses = 10_000;

    static readonly RetryPolicy Waits = new(First: TimeSpan.FromSeconds(5), Longest: TimeSpan.FromMinutes(15));
    static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    static readonly TimeSpan Forgiven = TimeSpan.FromHours(1);

    readonly Lock _lock = new();
    readonly Dictionary<IPAddress, Past> _addresses = [];
    readonly Queue<DateTimeOffset> _recent = new();

    /// <summary>Counts a try. The answer is how long to wait, whether it was right or not; null lets it through.</summary>
    /// <param name="isRight">False as well while nobody knows: what takes long to look at is counted before, so that many at once gain nothing
    /// (<see cref="Succeeded"/>).</param>
    public TimeSpan? Try(IPAddress? address, bool isRight = false)
    {
        var key = Key(address);
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var past = _addresses.GetValueOrDefault(key);
            var failures = now - past.Last < Forgiven ? past.Failures : 0;
            if (failures >= FreeTries && past.Last + Pause(failures) - now is { Ticks: > 0 } wait)
                return wait;
            if (!isRight && !past.WasRight)
            {
                while (_recent.TryPeek(out var oldest) && now - oldest >= Minute)
                    _recent.Dequeue();
                if (_recent.Count >= TriesAMinute)
                    return Minute - (now - _recent.Peek());
                _recent.Enqueue(now);
            }

            Remember(key, isRight ? new(Failures: 0, now, WasRight: true) : new(failures + 1, now, past.WasRight));
            return null;
        }
    }

    /// <summary>The try was right after all: the address starts afresh.</summary>
    public void Succeeded(IPAddress? address)
    {
        lock (_lock)
            Remember(Key(address), new(Failures: 0, time.GetUtcNow(), WasRight: true));
    }

    void Remember(IPAddress key, Past past)
    {
        if (_addresses.Count >= MostAddresses && !_addresses.ContainsKey(key))
            _addresses.Remove(_addresses.MinBy(entry => (entry.Value.WasRight, entry.Value.Last)).Key);
        _addresses[key] = past;
    }

    /// <summary>The wait after so many failures: 5 s after the fifth, doubling to a quarter of an hour.</summary>
    internal static TimeSpan Pause(int failures) => Waits.Pause(failures - FreeTries);

    // Whoever has one IPv6 address usually has the other 2^64 of its network too.
    static IPAddress Key(IPAddress? address)
    {
        if (address is null)
            return IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    readonly record struct Past(int Failures, DateTimeOffset Last, bool WasRight);
}
