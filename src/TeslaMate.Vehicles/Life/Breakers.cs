using TeslaMate.Configuration;

namespace TeslaMate.Vehicles.Life;

/// <summary>What makes a car unhealthy (spec vehicle 13).</summary>
static class Breakers
{
    /// <summary>Any errors of Tesla's API.</summary>
    public static readonly CircuitBreaker ApiErrors = new(Tolerance: 3, Window: TimeSpan.FromMinutes(10), Reset: TimeSpan.FromMinutes(5));

    /// <summary>The car's number is not known to Tesla.</summary>
    public static readonly CircuitBreaker NotFound = new(Tolerance: 8, Window: TimeSpan.FromMinutes(20), Reset: TimeSpan.FromMinutes(10));
}
