using System.Globalization;
using TeslaMate.Vehicles;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Cars;

/// <summary>One car's card as it is shown (spec web 6.1): all decisions about what is seen, none about how.</summary>
public sealed record CarCard
{
    /// <summary>Temperatures of a car at rest are shown for this long.</summary>
    static readonly TimeSpan TemperaturesLast = TimeSpan.FromMinutes(30);

    public required string Id { get; init; }

    public required string Title { get; init; }

    public required string TitleTip { get; init; }

    /// <summary>Whether the tip says something that the title does not.</summary>
    public required bool HasName { get; init; }

    public string? Model { get; init; }

    public string? Trim { get; init; }

    /// <summary>Shown when <see cref="Trim"/> is pointed at.</summary>
    public string? TrimTip { get; init; }

    /// <summary><c>latitude,longitude,heading</c>; null without a position.</summary>
    public string? Position { get; init; }

    public required IReadOnlyList<CardIcon> Icons { get; init; }

    public required IReadOnlyList<CardRow> Rows { get; init; }

    public required CardButton Button { get; init; }

    public static CarCard Of(Summary summary, PageContext context)
    {
        var vin = summary.Car.Vin;
        var name = summary.DisplayName is { Length: > 0 } shown ? shown : summary.Car.Name;
        var hasName = !string.IsNullOrWhiteSpace(name);
        return new()
        {
            Id = summary.Car.Id.ToString(),
            Title = hasName ? name! : $"VIN {vin}",
            TitleTip = hasName ? $"VIN {vin[^Math.Min(6, vin.Length)..]}" : $"VIN {vin}",
            HasName = hasName,
            Model = summary.Model switch
            {
                "S" or "X" or "3" or "Y" => $"Model {summary.Model}",
                var other => other,
            },
            Trim = summary.Car.MarketingName ?? summary.TrimBadging,
            TrimTip = summary.Car.MarketingName is null ? null : summary.TrimBadging,
            Position = summary is { Latitude: { } latitude, Longitude: { } longitude }
                ? string.Create(CultureInfo.InvariantCulture, $"{latitude},{longitude},{summary.Heading}")
                : null,
            Icons = [.. IconsOf(summary, context)],
            Rows = [.. RowsOf(summary, context)],
            Button = ButtonOf(summary),
        };
    }

    /// <summary>The text for a refusal to let the car sleep.</summary>
    public static string Refusal(string reason) => reason switch
    {
        "unlocked" => "Car is unlocked",
        "doors_open" => "Doors are open",
        "trunk_open" => "Trunk is open",
        "sentry_mode" => "Sentry mode is enabled",
        "preconditioning" => "Preconditioning",
        "dogmode" => "Dog mode is enabled",
        "user_present" => "Driver present",
        "downloading_update" => "Downloading update",
        "update_in_progress" => "Update in progress",
        "timeout" => "Timeout",
        _ => "An error occurred",
    };

    static IEnumerable<CardIcon> IconsOf(Summary car, PageContext context)
    {
        if (car.IsPreconditioning == true)
            yield return new("air-conditioner", context.Texts["Preconditioning"]);
        if (car.ClimateKeeperMode == "dog")
            yield return new("dog-side", context.Texts["Dog Mode"]);
        if (car.BatteryLevel - car.UsableBatteryLevel > 2)
            yield return new("snowflake", context.Texts["Reduced Battery Range"]) { Class = "has-text-link" };
        if (car.IsUserPresent == true && car.State != VehicleStateName.Driving)
            yield return new("account", context.Texts["Driver present"]);
        if (car.PluggedIn == true)
            yield return new("power-plug", context.Texts["Plugged In"]);
        if (car.ServiceMode == true)
            yield return new("wrench", context.Texts["Service Mode"]);
        if (car is { Latitude: { } latitude, Longitude: { } longitude })
        {
            yield return new("map-marker", context.Texts["View car location on Google Maps"])
            {
                Link = string.Create(CultureInfo.InvariantCulture, $"https://www.google.com/maps?q={latitude},{longitude}"),
            };
        }

        if (car.WindowsOpen == true)
            yield return new("window-open", context.Texts["Windows open"]);
        if (car.DoorsOpen == true)
            yield return new("car-door", context.Texts["Doors open"]);
        if (car.SentryMode == true)
            yield return new("shield-check", context.Texts["Sentry Mode"]);
        if (car.CenterDisplayState == 7)
            yield return new("cctv", context.Texts["Sentry Mode recording"]);
        if (car.Locked is { } locked)
            yield return locked ? new("lock", context.Texts["Locked"]) : new("lock-open-variant", context.Texts["Unlocked"]);
        if (car.UpdateAvailable == true)
            yield return Update(car, context);
        if (Tyres(car, context) is { } tyres)
            yield return new("car-tire-alert", tyres);
        if (!car.Healthy)
            yield return new("alert-box", context.Texts["Health check failed"]) { Class = "is-wrong" };
    }

    static CardIcon Update(Summary car, PageContext context)
    {
        var tip = car switch
        {
            { UpdateStatus: "installing", InstallPerc: > 0 and var percent } => context.Texts["Installing {0}%", percent],
            { UpdateStatus: "downloading" or "downloading_wifi_wait", DownloadPerc: > 0 and var percent }
                => context.Texts["Downloading {0}%", percent],
            { UpdateVersion: { Length: > 0 } version } => $"{context.Texts["Software Update available"]} ({version})",
            _ => context.Texts["Software Update available"],
        };
        return new("gift-outline", tip)
        {
            Class = car.UpdateStatus == "installing" ? "is-installing" : car.DownloadPerc >= 100 ? "is-ready" : null,
            Link = ReleaseNotes(car.UpdateVersion),
        };
    }

    /// <summary>Where a version is described; null for none.</summary>
    internal static string? ReleaseNotes(string? version) => string.IsNullOrEmpty(version)
        ? null
        : $"https://www.notateslaapp.com/software-updates/version/{Uri.EscapeDataString(version.Split(' ')[0])}/release-notes";

    static string? Tyres(Summary car, PageContext context)
    {
        (string Name, bool? IsLow, double? Bar)[] tyres =
        [
            ("Front left", car.TpmsSoftWarningFl, car.TpmsPressureFl), ("Front right", car.TpmsSoftWarningFr, car.TpmsPressureFr),
            ("Rear left", car.TpmsSoftWarningRl, car.TpmsPressureRl), ("Rear right", car.TpmsSoftWarningRr, car.TpmsPressureRr),
        ];
        var low = tyres.Where(tyre => tyre.IsLow == true).Select(tyre => $"{context.Texts[tyre.Name]} ({context.Units.Pressure(tyre.Bar)})")
            .ToArray();
        if (low.Length == 0 || tyres.Any(tyre => tyre.IsLow is null))
            return null;
        return context.Texts[low.Length == 1 ? "Tire with low pressure: " : "Tires with low pressure: "] + string.Join(", ", low);
    }

    static IEnumerable<CardRow> RowsOf(Summary car, PageContext context)
    {
        var units = context.Units;
        yield return new("Status", State(car.State) is { } state ? context.Texts[state] : "") { Since = car.Since };
        var isCharging = car.State == VehicleStateName.Charging;
        if (isCharging && car.TimeToFullCharge is { } hours)
        {
            yield return new("Remaining Time", Durations.Remaining(hours));
            yield return new("Expected Finish Time", "") { Time = context.Now + TimeSpan.FromHours(hours), TimeKind = "datetime" };
        }

        var (label, range) = (units.PrefersIdealRange && car.IdealBatteryRangeKm is not null) || car.RatedBatteryRangeKm is null
            ? ("Range (ideal)", car.IdealBatteryRangeKm)
            : ("Range (rated)", car.RatedBatteryRangeKm);
        if (range is { } km)
            yield return new(label, units.Range(km));
        if (car.EstBatteryRangeKm is { } estimated)
            yield return new("Range (est.)", units.Range(estimated));
        if (isCharging && car.ChargeEnergyAdded is { } energy)
            yield return new("Charged", $"{Units.AsWritten(energy)} kWh");
        if (isCharging && car.ChargerPower is { } power)
            yield return new("Charger Power", string.Create(CultureInfo.InvariantCulture, $"{power} kW"));
        if (car.PluggedIn == true && car.ScheduledChargingStartTime is { } start)
            yield return new("Scheduled Charging", "") { Time = start, TimeKind = "time" };
        if (car.PluggedIn == true && car.ChargeLimitSoc is { } limit)
            yield return new("Charge Limit", string.Create(CultureInfo.InvariantCulture, $"{limit}%"));
        if ((car.UsableBatteryLevel ?? car.BatteryLevel) is { } level)
        {
            var nominal = car.BatteryLevel is { } battery && battery != level ? string.Create(CultureInfo.InvariantCulture, $" ({battery}%)") : "";
            yield return new("State of Charge", string.Create(CultureInfo.InvariantCulture, $"{level}%{nominal}"))
            {
                Tip = range is { } known && level > 0 ? context.Texts["≈ {0} at 100%", units.FullRange(known / level * 100)].Value : null,
            };
        }

        if (car is { State: VehicleStateName.Driving, Speed: { } speed })
            yield return new("Speed", units.Speed(speed));
        var isAtRest = car.State is VehicleStateName.Asleep or VehicleStateName.Offline or VehicleStateName.Suspended;
        if (!isAtRest || context.Now - car.Since <= TemperaturesLast)
        {
            if (car.OutsideTemp is { } outside)
                yield return new("Outside Temperature", units.Temperature(outside));
            if (car.InsideTemp is { } inside)
                yield return new("Inside Temperature", units.Temperature(inside));
        }

        if (car.OdometerKm is { } odometer)
            yield return new("Mileage", units.Mileage(odometer));
        if (car.Version is { Length: > 0 } version)
            yield return new("Version", version.Split(' ')[0]) { Link = ReleaseNotes(version) };
    }

    static string? State(VehicleStateName state) => state switch
    {
        VehicleStateName.Start => null,
        VehicleStateName.Suspended => "falling asleep",
        _ => state.Word,
    };

    static CardButton ButtonOf(Summary car) => car switch
    {
        { State: VehicleStateName.Suspended } => CardButton.CancelSleep,
        { State: VehicleStateName.Online, SentryMode: not true, IsUserPresent: not true, IsPreconditioning: not true, ClimateKeeperMode: "off" }
            => CardButton.TryToSleep,
        _ => CardButton.None,
    };
}

public enum CardButton
{
    None,
    TryToSleep,
    CancelSleep,
}

/// <param name="Name">In Assets/icons.txt.</param>
/// <param name="Tip">What it means, in the visitor's language.</param>
public sealed record CardIcon(string Name, string Tip)
{
    public string? Class { get; init; }

    public string? Link { get; init; }
}

/// <param name="Label">In English, translated when shown.</param>
/// <param name="Value">As shown.</param>
public sealed record CardRow(string Label, string Value)
{
    public string? Tip { get; init; }

    public string? Link { get; init; }

    /// <summary>When what the value says began; the time since then is added and kept up by the browser.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>An instant instead of a text, shown by the browser's clock.</summary>
    public DateTimeOffset? Time { get; init; }

    public string? TimeKind { get; init; }
}
