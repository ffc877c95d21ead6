using System.Net;
using System.Net.Sockets;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// Slows down who guesses: after <see cref="FreeTries"/> wrong passwords from one address each further one doubles the wait, and all addresses together
/// have a limit a minute. Kept in memory; a restart forgives.
/// </summary>
sealed class LogInThrottle(TimeProvider time)
{
    public const int FreeTries = 5;

    const int TriesAMinute = 60;
    const int MostAddresses = 10_000;

    static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);
    static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    static readonly TimeSpan Forgiven = TimeSpan.FromHours(1);

    readonly Lock _lock = new();
    readonly Dictionary<IPAddress, (int Failures, DateTimeOffset Last)> _failures = [];
    readonly Queue<DateTimeOffset> _recent = new();

    /// <summary>Counts a try before the password is looked at, so that many at once gain nothing. The answer is how long to wait; null lets it through.</summary>
    public TimeSpan? Try(IPAddress? address)
    {
        var key = Key(address);
        var now = time.GetUtcNow();
        lock (_lock)
        {
            while (_recent.TryPeek(out var oldest) && now - oldest >= Minute)
                _recent.Dequeue();
            if (_recent.Count >= TriesAMinute)
                return Minute - (now - _recent.Peek());
            var (failures, last) = _failures.TryGetValue(key, out var known) && now - known.Last < Forgiven ? known : (0, now);
            if (failures >= FreeTries && last + Pause(failures) - now is { Ticks: > 0 } wait)
                return wait;
            if (_failures.Count >= MostAddresses && !_failures.ContainsKey(key))
                _failures.Remove(_failures.MinBy(entry => entry.Value.Last).Key);
            _failures[key] = (failures + 1, now);
            _recent.Enqueue(now);
            return null;
        }
    }

    /// <summary>The password was right: the address starts afresh.</summary>
    public void Succeeded(IPAddress? address)
    {
        lock (_lock)
            _failures.Remove(Key(address));
    }

    /// <summary>The wait after so many failures: 5 s after the fifth, doubling to a quarter of an hour.</summary>
    internal static TimeSpan Pause(int failures)
        => TimeSpan.FromSeconds(Math.Min(First.TotalSeconds * Math.Pow(2, Math.Max(0, failures - FreeTries)), Longest.TotalSeconds));

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
}
