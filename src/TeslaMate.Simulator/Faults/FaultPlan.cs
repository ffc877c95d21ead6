using System.Collections.Immutable;
using TeslaMate.Simulator.Cloud;

namespace TeslaMate.Simulator.Faults;

/// <summary>When something goes wrong.</summary>
/// <param name="On">The kinds of request; empty for all of them.</param>
/// <param name="Chance">0 to 1, for each request.</param>
/// <param name="Car">The <c>id</c> of one car, or null for all.</param>
/// <param name="Times">How often at most.</param>
public sealed record FaultRule(
    Fault Fault, ImmutableArray<RequestKind> On = default, double Chance = 1, long? Car = null,
    DateTimeOffset? From = null, DateTimeOffset? Until = null, int Times = int.MaxValue);

/// <summary>The faults to come. Rules can be added and taken away while the cloud runs; the first one that applies decides.</summary>
public sealed class FaultPlan(int seed = 1)
{
    readonly Lock _lock = new();
    readonly List<(FaultRule Rule, int Left)> _rules = [];
    readonly Dictionary<Fault, int> _happened = [];
    readonly List<(DateTimeOffset At, long? Car)> _moments = [];
    readonly Random _random = new(seed);

    /// <summary>How often each fault has happened.</summary>
    public IReadOnlyDictionary<Fault, int> Happened
    {
        get
        {
            lock (_lock)
                return _happened.ToImmutableDictionary();
        }
    }

    /// <summary>When something went wrong, in order, and with which car's requests; null for requests of no car.</summary>
    public IReadOnlyList<(DateTimeOffset At, long? Car)> Moments
    {
        get
        {
            lock (_lock)
                return [.. _moments];
        }
    }

    public FaultPlan Add(FaultRule rule)
    {
        lock (_lock)
            _rules.Add((rule, rule.Times));
        return this;
    }

    public void Clear()
    {
        lock (_lock)
            _rules.Clear();
    }

    /// <summary>What goes wrong with this request, or null.</summary>
    internal Fault? Next(RequestKind kind, long? car, DateTimeOffset now)
    {
        lock (_lock)
        {
            for (var i = 0; i < _rules.Count; i++)
            {
                var (rule, left) = _rules[i];
                if (left == 0 || !Applies(rule, kind, car, now) || (rule.Chance < 1 && _random.NextDouble() >= rule.Chance))
                    continue;
                _rules[i] = (rule, left - 1);
                _happened[rule.Fault] = _happened.GetValueOrDefault(rule.Fault) + 1;
                _moments.Add((now, car));
                return rule.Fault;
            }

            return null;
        }
    }

    static bool Applies(FaultRule rule, RequestKind kind, long? car, DateTimeOffset now)
        => (rule.On.IsDefaultOrEmpty || rule.On.Contains(kind)) && (rule.Car is null || rule.Car == car)
            && !(now < rule.From) && !(now >= rule.Until);
}
