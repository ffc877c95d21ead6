using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TeslaMate.Database;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Api.Companion;

/// <summary>Cars, their firmware and the owner's settings (spec api 1.5, 1.10).</summary>
sealed class CarQueries(CompanionDatabase database)
{
    const string Cars = """
        select cars.id, cars.name, cars.eid, cars.vid, cars.vin, cars.model, cars.trim_badging, cars.efficiency,
            cars.exterior_color, cars.spoiler_type, cars.wheel_type,
            car_settings.suspend_min, car_settings.suspend_after_idle_min, car_settings.req_not_unlocked, car_settings.free_supercharging,
                car_settings.use_streaming_api,
            cars.inserted_at, cars.updated_at,
            (select count(*) from public.charging_processes where car_id = cars.id),
            (select count(*) from public.drives where car_id = cars.id),
            (select count(*) from public.updates where car_id = cars.id)
        from public.cars
        left join public.car_settings on car_settings.id = cars.settings_id
        where ($1::smallint[] is null or cars.id = any ($1))
        order by cars.id
        """;

    const string Updates = """
        select id, start_date, end_date, version
        from public.updates
        where car_id = $1 and end_date is not null and version is not null
        order by start_date desc, id desc
        limit $2 offset $3
        """;

    const string Settings = """
        select id, inserted_at, updated_at, unit_of_length::text, unit_of_temperature::text, unit_of_pressure::text, preferred_range::text, language,
            theme_mode,
            base_url, grafana_url
        from public.settings
        order by id
        limit 1
        """;

    /// <summary>All cars, or the one of the path.</summary>
    public async Task<object> CarsAsync(CompanionRequest request, HttpContext http, CancellationToken cancellationToken)
    {
        short[]? wanted = http.GetRouteValue("car") is not null
            ? [request.Car] : http.User.Cars() is { } allowed ? [.. allowed.Select(car => car.Value)] : null;
        await using var rows = await database.AskAsync(request, Cars, parameters => parameters.Add(
            Value.Array(wanted)),
            cancellationToken);
        var cars = new List<CompanionCar>();
        await foreach (var car in rows.ReadAsync(Read, cancellationToken))
            cars.Add(car);
        return new Answer<CarsData>(new(cars));
    }

    public async Task<object> UpdatesAsync(CompanionRequest request, HttpContext http, CancellationToken cancellationToken)
    {
        var rows = http.Keep(await database.AskAsync(request, Updates, parameters =>
        {
            parameters.Add(Value.Of(request.Car));
            parameters.Add(Value.Of(request.Show));
            parameters.Add(Value.Of(request.Offset));
        }, cancellationToken));
        return new Answer<UpdatesData>(new(rows.Car, rows.ReadAsync(
            row => new CompanionUpdate(row.Reader.GetInt32(0), row.Date(1), row.Date(2), row.Reader.GetString(3)), cancellationToken)));
    }

    public async Task<object> SettingsAsync(CompanionRequest request, HttpContext http, CancellationToken cancellationToken)
    {
        await using var rows = await database.AskAsync(request, Settings, _ => { }, cancellationToken);
        if (!await rows.Reader.ReadAsync(cancellationToken))
            return new ErrorAnswer("No rows were returned!");
        var reader = rows.Reader;
        return new Answer<SettingsData>(new(new CompanionSettings(
            reader.GetInt64(0), new(rows.Date(1), rows.Date(2)), new(reader.GetString(3), reader.GetString(4), reader.GetString(5)),
            new(reader.GetString(6), reader.GetString(7), reader.GetString(8)), new(reader.TextOr("", 9), reader.TextOr("", 10)))));
    }

    static CompanionCar Read(CompanionRows rows)
    {
        var reader = rows.Reader;
        return new CompanionCar(
            reader.GetInt16(0), reader.TextOr("", 1),
            new(reader.GetInt64(2), reader.GetInt64(3), reader.GetString(4), reader.TextOr("", 5), reader.TextOr("", 6), reader.Double(7)),
            new(reader.TextOr("", 8), reader.TextOr("", 9), reader.TextOr("", 10)),
            new(reader.Whole(11), reader.Whole(12), reader.Boolean(13), reader.Boolean(14), reader.Boolean(15)),
            new(rows.Date(16), rows.Date(17)), new(reader.GetInt64(18), reader.GetInt64(19), reader.GetInt64(20)));
    }
}
