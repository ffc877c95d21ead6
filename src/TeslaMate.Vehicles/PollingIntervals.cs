using TeslaMate.Configuration;
using TeslaMate.Vehicles.Life;

namespace TeslaMate.Vehicles;

/// <summary>The pauses between requests (spec vehicle 4.1). The variables can lengthen a pause, never shorten it.</summary>
public sealed record PollingIntervals
{
    public TimeSpan Asleep { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>While driving without a stream.</summary>
    public TimeSpan Driving { get; init; } = TimeSpan.FromSeconds(2.5);

    /// <summary>Online and idle, driving with a stream, installing an update.</summary>
    public TimeSpan Default { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>After the car said that it is in service.</summary>
    public TimeSpan Online { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The shortest pause while charging; how much longer it is depends on the charger's power.</summary>
    public TimeSpan Charging { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The least pause before any regular request.</summary>
    public TimeSpan Minimum { get; init; } = TimeSpan.Zero;

    public static PollingIntervals Read(Variables variables)
    {
        var defaults = new PollingIntervals();
        return new()
        {
            Asleep = AtLeast("POLLING_ASLEEP_INTERVAL", defaults.Asleep),
            Driving = AtLeast("POLLING_DRIVING_INTERVAL", defaults.Driving),
            Default = AtLeast("POLLING_DEFAULT_INTERVAL", defaults.Default),
            Online = AtLeast("POLLING_ONLINE_INTERVAL", defaults.Online),
            Charging = AtLeast("POLLING_CHARGING_INTERVAL", defaults.Charging),
            Minimum = AtLeast("POLLING_MINIMUM_INTERVAL", defaults.Minimum),
        };

        TimeSpan AtLeast(string name, TimeSpan least)
        {
            var seconds = variables.Whole(name, (int)Math.Ceiling(least.TotalSeconds), least: 0, most: 86_400);
            return variables.Text(name) is not null && seconds > least.TotalSeconds ? TimeSpan.FromSeconds(seconds) : least;
        }
    }

    /// <summary>
    /// The least pause where each request costs money, of a car that should send its data by itself and has stopped (spec fleet-telemetry 4.10).
    /// </summary>
    internal static TimeSpan WhereEachCosts(VehiclePhase phase) => phase switch
    {
        VehiclePhase.Start or VehiclePhase.Driving => TimeSpan.FromSeconds(30),
        VehiclePhase.Asleep or VehiclePhase.Offline => TimeSpan.FromMinutes(30),
        _ => TimeSpan.FromMinutes(5),
    };

    /// <summary>The pause between two readings of a charge: the faster the car charges, the shorter (spec vehicle 6.4).</summary>
    /// <param name="powerKw">The charger's power.</param>
    internal TimeSpan WhileCharging(int? powerKw)
    {
        var wanted = powerKw is > 0 and var power
            ? TimeSpan.FromSeconds(Math.Min(20, Math.Round(250.0 / power, MidpointRounding.AwayFromZero)))
            : TimeSpan.FromSeconds(5);
        return wanted > Charging ? wanted : Charging;
    }
}
