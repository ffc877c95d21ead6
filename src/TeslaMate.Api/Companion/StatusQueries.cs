using Microsoft.AspNetCore.Http;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles;

namespace TeslaMate.Api.Companion;

/// <summary>A car as it is now (spec api 1.11), from memory; one that is not logged here, from its last rows.</summary>
sealed class StatusQueries(CompanionDatabase database, SummaryHub hub)
{
    // Everything that is kept of a car that is silent (spec mqtt 9).
    const string Stored = """
        select cars.name, cars.model, cars.trim_badging, cars.exterior_color, cars.spoiler_type, cars.wheel_type,
            position.latitude::double precision, position.longitude::double precision, position.odometer, position.inside_temp::double precision,
            position.outside_temp::double precision, position.est_battery_range_km::double precision,
                position.rated_battery_range_km::double precision,
            position.ideal_battery_range_km::double precision, position.battery_level, position.usable_battery_level,
            (select split_part(version, ' ', 1) from public.updates where car_id = cars.id order by start_date desc limit 1),
            (select nearby.name
             from (
                 select geofences.name, geofences.radius, teslamate.distance_m(
                    geofences.latitude::double precision, geofences.longitude::double precision,
                    position.latitude::double precision, position.longitude::double precision) as distance
                from public.geofences) nearby
             where nearby.distance < nearby.radius
             order by nearby.distance
             limit 1)
        from public.cars
        left join lateral (
            select *
            from public.positions
            where positions.car_id = cars.id and positions.ideal_battery_range_km is not null
            order by positions.date desc
            limit 1) position on true
        where cars.id = $1
        """;

    public async Task<object> StatusAsync(CompanionRequest request, HttpContext http, CancellationToken cancellationToken)
    {
        await using var rows = await database.AskAsync(
            request, Stored, parameters => parameters.Add(Value.Of(request.Car)), cancellationToken);
        if (!await rows.Reader.ReadAsync(cancellationToken))
            return new ErrorAnswer("no info on this car ID");
        var summary = hub.Current(new CarId(request.Car));
        return new Answer<StatusData>(new(rows.Car, summary is null ? Silent(rows) : Of(summary, rows.Units, database.Zone), rows.Units.AllNames));
    }

    static CompanionStatus Of(Summary car, CompanionUnits units, TimeZoneInfo zone) => new(
        car.DisplayName ?? car.Car.Name ?? "", car.State.Word, LocalDate.Of(car.Since, zone), units.OfKm(car.OdometerKm ?? 0),
        new(car.Healthy, car.Locked == true, car.SentryMode == true, car.WindowsOpen == true, car.DoorsOpen == true, car.DriverFrontDoorOpen == true,
            car.DriverRearDoorOpen == true, car.PassengerFrontDoorOpen == true, car.PassengerRearDoorOpen == true, car.TrunkOpen == true,
            car.FrunkOpen == true,
            car.IsUserPresent == true, car.CenterDisplayState ?? 0),
        new(car.Model ?? "", car.TrimBadging ?? ""), new(car.ExteriorColor ?? "", car.SpoilerType ?? "", car.WheelType ?? ""),
        Place(car.Geofence?.Name, car.Latitude, car.Longitude), new(car.Version ?? "", car.UpdateAvailable == true, car.UpdateVersion ?? ""),
        Driving(car, units),
        new(car.IsClimateOn == true, Temperature(car.InsideTemp, units), Temperature(car.OutsideTemp, units), car.IsPreconditioning == true,
            car.ClimateKeeperMode ?? ""),
        new(units.OfKm(car.EstBatteryRangeKm ?? 0), units.OfKm(car.RatedBatteryRangeKm ?? 0), units.OfKm(car.IdealBatteryRangeKm ?? 0),
            car.BatteryLevel ?? 0,
            car.UsableBatteryLevel ?? 0),
        new(car.PluggedIn == true, Lower(car.ChargingState), car.ChargeEnergyAdded ?? 0d, car.ChargeLimitSoc ?? 0, car.ChargePortDoorOpen == true,
            car.ChargerActualCurrent ?? 0, car.ChargerPhases ?? 0, car.ChargerPower ?? 0, car.ChargerVoltage ?? 0, car.ChargeCurrentRequest ?? 0,
            car.ChargeCurrentRequestMax ?? 0, LocalDate.Of(car.ScheduledChargingStartTime, zone), car.TimeToFullCharge ?? 0d),
        new(Pressure(car.TpmsPressureFl, units), Pressure(car.TpmsPressureFr, units), Pressure(car.TpmsPressureRl, units),
            Pressure(car.TpmsPressureRr, units),
            car.TpmsSoftWarningFl == true, car.TpmsSoftWarningFr == true, car.TpmsSoftWarningRl == true, car.TpmsSoftWarningRr == true));

    static DrivingDetails Driving(Summary car, CompanionUnits units)
    {
        // Apps count a route by its members, so one that has ended leaves none behind.
        var route = car.ActiveRouteDestination is { } destination
            ? new ActiveRoute(
                destination, car.ActiveRouteEnergyAtArrival ?? 0, units.OfKm((car.ActiveRouteMilesToArrival ?? 0d) * Lengths.KmPerMile),
                car.ActiveRouteMinutesToArrival ?? 0d, car.ActiveRouteTrafficMinutesDelay ?? 0d,
                new(car.ActiveRouteLatitude ?? 0, car.ActiveRouteLongitude ?? 0))
            : NoRoute;
        return new(route, route.Destination, route.Location.Latitude, route.Location.Longitude, car.ShiftState ?? "", car.Power ?? 0,
            units.OfKmh(car.Speed) ?? 0,
            car.Heading ?? 0, car.Elevation ?? 0);
    }

    static readonly ActiveRoute NoRoute = new("", 0, 0, 0, 0, new(0, 0));

    /// <summary>A car that is disabled or sold, or has not answered yet.</summary>
    static CompanionStatus Silent(CompanionRows rows)
    {
        var (reader, units) = (rows.Reader, rows.Units);
        return new(
            reader.TextOr("", 0), VehicleStateName.Unavailable.Word, LocalDate.None, rows.Length(8) ?? 0,
            new(false, false, false, false, false, false, false, false, false, false, false, false, 0),
            new(reader.TextOr("", 1), reader.TextOr("", 2)), new(reader.TextOr("", 3), reader.TextOr("", 4), reader.TextOr("", 5)),
            Place(reader.Text(17), reader.Double(6), reader.Double(7)), new(reader.TextOr("", 16), false, ""),
            new(NoRoute, "", 0, 0, "", 0, 0, 0, 0), new(false, rows.Temperature(9) ?? 0, rows.Temperature(10) ?? 0, false, ""),
            new(rows.Length(11) ?? 0, rows.Length(12) ?? 0, rows.Length(13) ?? 0, reader.Whole(14) ?? 0, reader.Whole(15) ?? 0),
            new(false, "", 0, 0, false, 0, 0, 0, 0, 0, 0, LocalDate.None, 0), new(0, 0, 0, 0, false, false, false, false));
    }

    static CarGeodata Place(string? geofence, double? latitude, double? longitude)
        => new(geofence ?? "", new(latitude ?? 0, longitude ?? 0), latitude ?? 0, longitude ?? 0);

    static double Temperature(ApiNumber? celsius, CompanionUnits units) => celsius is { } known ? units.OfCelsius(known.Value) : 0;

    static double Pressure(ApiNumber? bar, CompanionUnits units) => bar is { } known ? units.OfBar(known.Value) : 0;

    static string Lower(string? text)
#pragma warning disable CA1308 // The word is compared by apps, not by us.
        => text?.ToLowerInvariant() ?? "";
#pragma warning restore CA1308
}
