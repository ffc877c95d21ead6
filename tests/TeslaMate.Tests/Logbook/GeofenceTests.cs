using TeslaMate.Logbook;
using TeslaMate.Logbook.Geofences;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

/// <summary>The tables of the specification on geofences (spec logbook 18.4 and 18.6).</summary>
public sealed class GeofenceTests : TestsOfOneInstance
{
    IGeofences Fences => _instance.Get<IGeofences>();

    static GeofenceForm Form(string name, decimal radius, double latitude, double longitude)
        => new() { Name = name, Radius = radius, Latitude = latitude, Longitude = longitude };

    async Task<Geofence> SaveAsync(GeofenceForm form, GeofenceId? id = null, bool addCosts = false)
        => (await Fences.SaveAsync(id, form, addCosts, new("test"), default)).ShouldBeOfType<GeofenceAnswer.Saved>().Geofence;

    [Theory]
    [InlineData(40.725307, -73.995838, "huge")]
    [InlineData(40.717534, -73.978589, "huge")]
    [InlineData(40.737047, -73.980817, "top")]
    [InlineData(40.731324, -73.988155, "top")]
    [InlineData(40.723551, -74.000687, "middle")]
    [InlineData(40.722608, -73.997211, "middle")]
    [InlineData(40.709532, -74.00502, "bottom")]
    [InlineData(40.715289, -74.007682, "bottom")]
    [InlineData(40.714737, -74.009142, null)]
    [InlineData(40.715062, -73.976703, null)]
    public async Task The_fence_with_the_nearest_centre_has_a_point(double latitude, double longitude, string? name)
    {
        await SaveAsync(Form("huge", 1658, 40.725633, -73.994207));
        await SaveAsync(Form("top", 544, 40.734413, -73.983865));
        await SaveAsync(Form("middle", 359, 40.724982, -73.999057));
        await SaveAsync(Form("bottom", 614, 40.713728, -74.001288));
        (Fences.Find(latitude, longitude)?.Name).ShouldBe(name);
        (Fences.Find(latitude, longitude) is null).ShouldBe(name is null);
    }

    [Fact]
    public async Task Memory_and_database_agree_on_every_point()
    {
        var random = new Random(3);
        for (var i = 0; i < 20; i++)
            await SaveAsync(Form($"{i}", random.Next(1, 5000), 50 + random.NextDouble() * 0.05, 11 + random.NextDouble() * 0.05));
        var points = Enumerable.Range(0, 500).Select(
            _ => (Latitude: Math.Round(50 + random.NextDouble() * 0.05, 6), Longitude: Math.Round(11 + random.NextDouble() * 0.05, 6))).ToList();
        var rows = await _database.RowsAsync($"""
            select {NearestFence.Sql("points.latitude", "points.longitude")}
            from unnest(array[{string.Join(',', points.Select(p => Text(p.Latitude)))}], array[{string.Join(',', points.Select(p => Text(p.Longitude)))}])
                with ordinality as points (latitude, longitude, n)
            order by n
            """);
        rows.ShouldBe(points.Select(p => Fences.Find(p.Latitude, p.Longitude)?.Id.ToString() ?? "-"));

        static string Text(double number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData(52.51599, 13.35199, true)]
    [InlineData(52.515, 13.351, true)]
    [InlineData(52.5, 13.3, false)]
    public async Task A_fence_ends_at_its_radius(double latitude, double longitude, bool inside)
    {
        await SaveAsync(Form("a", 250, 52.514521, 13.350144));
        (Fences.Find(latitude, longitude) is not null).ShouldBe(inside);
    }

    [Theory]
    [InlineData(50.0044, true)]
    [InlineData(50.0046, false)]
    public async Task Five_hundred_metres_end_between_two_points(double latitude, bool inside)
    {
        await SaveAsync(Form("a", 500, 50, 11));
        (Fences.Find(latitude, 11) is not null).ShouldBe(inside);
    }

    [Fact]
    public async Task A_drive_and_a_process_follow_the_changes_of_a_fence()
    {
        await LogAsync(52.515, 13.351);
        var fence = await SaveAsync(Form("a", 250, 52.514521, 13.350144));
        await ShouldHoldAsync("1|1|1");
        await SaveAsync(Form("a", 10, 52.514521, 13.350144), fence.Id);
        await ShouldHoldAsync("-|-|-");
        await SaveAsync(Form("a", 10, 52.515, 13.351), fence.Id);
        await ShouldHoldAsync("1|1|1");
        (await Fences.DeleteAsync(fence.Id, new("test"), default)).ShouldBeOfType<GeofenceAnswer.Deleted>();
        (await Fences.DeleteAsync(fence.Id, new("test"), default)).ShouldBeOfType<GeofenceAnswer.NotFound>();
        await ShouldHoldAsync("-|-|-");
        Fences.Find(52.515, 13.351).ShouldBeNull();
        (await Fences.SaveAsync(fence.Id, Form("a", 10, 52.515, 13.351), addCosts: false, new("test"), default))
            .ShouldBeOfType<GeofenceAnswer.NotFound>();
    }

    [Fact]
    public async Task A_fence_that_another_editor_changed_meanwhile_is_left_alone()
    {
        var seen = await SaveAsync(Form("a", 250, 52.514521, 13.350144));
        var there = await SaveAsync(Form("b", 250, 52.514521, 13.350144), seen.Id);
        (await Fences.SaveAsync(seen.Id, Form("c", 10, 52.515, 13.351), addCosts: false, new("test") { Seen = seen }, default))
            .ShouldBeOfType<GeofenceAnswer.Changed>();
        (await Fences.DeleteAsync(seen.Id, new("test") { Seen = seen }, default)).ShouldBeOfType<GeofenceAnswer.Changed>();
        (await Fences.FindAsync(seen.Id, default)).ShouldBe(there);
        (await Fences.DeleteAsync(seen.Id, new("test") { Seen = there }, default)).ShouldBeOfType<GeofenceAnswer.Deleted>();
        (await Fences.DeleteAsync(seen.Id, new("test") { Seen = there }, default)).ShouldBeOfType<GeofenceAnswer.NotFound>();
    }

    [Fact]
    public async Task Overlapping_fences_hand_over_what_they_hold()
    {
        await LogAsync(52.512955, 13.329694);
        await LogAsync(52.520344, 13.345496);
        await LogAsync(52.513619, 13.335633);
        var t = await SaveAsync(Form("T", 1658, 52.514549, 13.350019));
        await ShouldHoldAsync("1|1|1", "1|1|1", "1|1|1");
        var s = await SaveAsync(Form("S", 250, 52.513361, 13.332489));
        await ShouldHoldAsync("2|2|2", "1|1|1", "2|2|2");
        await SaveAsync(Form("T", 721, 52.514549, 13.350019), t.Id);
        await ShouldHoldAsync("2|2|2", "1|1|1", "2|2|2");
        await SaveAsync(Form("S", 20, 52.513361, 13.332489), s.Id);
        await ShouldHoldAsync("-|-|-", "1|1|1", "-|-|-");
        await SaveAsync(Form("T", 1658, 52.514549, 13.350019), t.Id);
        await ShouldHoldAsync("1|1|1", "1|1|1", "1|1|1");
        await SaveAsync(Form("S", 250, 52.513361, 13.332489), s.Id);
        await Fences.DeleteAsync(s.Id, new("test"), default);
        await ShouldHoldAsync("1|1|1", "1|1|1", "1|1|1");
        await SaveAsync(Form("T", 20, 52.514549, 13.350019), t.Id);
        await ShouldHoldAsync("-|-|-", "-|-|-", "-|-|-");
    }

    [Fact]
    public async Task The_past_is_assigned_by_the_true_distance()
    {
        await LogAsync(50.0, 11.0);
        await SaveAsync(Form("A", 500, 50.0036, 11.0));
        await SaveAsync(Form("B", 500, 50.0, 11.0014));
        await ShouldHoldAsync("2|2|2");
        Fences.Find(50, 11).ShouldNotBeNull().Name.ShouldBe("B");
    }

    [Fact]
    public async Task Fences_are_listed_by_the_bytes_of_their_names()
    {
        foreach (var name in (string[])["b", "ä", "a", "Z", "A", "B", "a"])
            await SaveAsync(Form(name, 20, 1, 1));
        (await Fences.ListAsync(default)).Select(fence => fence.Name).ShouldBe(["A", "B", "Z", "a", "a", "b", "ä"]);
    }

    public static TheoryData<GeofenceForm, string> Mistakes => new()
    {
        { Form("a", 0, 1, 1), "radius must be greater than 0" },
        { Form("a", 5000, 1, 1), "radius must be less than 5000" },
        { Form("a", 10.5m, 1, 1), "radius is invalid" },
        { Form("a", 1, 1, 1) with { Radius = null }, "radius can't be blank" },
        { Form(" \n", 1, 1, 1), "name can't be blank" },
        { Form("a", 1, 1, 1) with { SessionFee = -0.01m }, "session_fee must be greater than or equal to 0" },
        { Form("a", 1, 1, 1) with { SessionFee = 1e12m }, "session_fee is invalid" },
        { Form("a", 1, 1, 1) with { CostPerUnit = 100000 }, "cost_per_unit is invalid" },
        { Form("a", 1, 1, 1) with { BillingType = "per_hour" }, "billing_type is invalid" },
        { Form("a", 1, 91, 1), "latitude is invalid" },
        { Form("a", 1, 1, double.NaN), "longitude is invalid" },
        { Form("a", 1, 1, 1) with { Latitude = null }, "latitude can't be blank" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_form_with_a_mistake_is_refused(GeofenceForm form, string error)
    {
        (await Fences.SaveAsync(null, form, addCosts: false, new("test"), default)).ShouldBeOfType<GeofenceAnswer.Refused>()
            .Errors.ShouldHaveSingleItem()
            .ToString().ShouldBe(error);
        (await Fences.ListAsync(default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_fence_is_stored_as_it_was_entered()
    {
        var saved = await SaveAsync(
            Form("  foo  \n", 4999, 50.1234565, 11) with { BillingType = "per_minute", CostPerUnit = -0.12345m, SessionFee = 999999999999.99m });
        saved.ShouldBe(new Geofence(saved.Id, "foo", 50.123457, 11, 4999, BillingType.PerMinute, -0.1235m, 999999999999.99m));
        (await Fences.FindAsync(saved.Id, default)).ShouldBe(saved);
    }

    [Fact]
    public async Task Costs_are_added_to_what_has_none_when_asked_to()
    {
        await _database.ExecuteAsync("""
            insert into positions (id, car_id, date, latitude, longitude) values (1, 1, now(), 47.814441, 12.367612), (2, 1, now(), 42, 69);
            insert into charging_processes (car_id, position_id, start_date, charge_energy_added, cost)
            select 1, place, now(), added, case when added = 50.63 then 99 end
            from unnest(array[1, 2]) place, unnest(array[50.63, 4.57, 11.82, 52.10]) added
            """);
        var form = Form("charger", 30, 47.814441, 12.367768) with { CostPerUnit = 0.33m, SessionFee = 5 };
        (await Fences.CountWithoutCostAsync(null, form, default)).ShouldBe(3);
        (await Fences.CountWithoutCostAsync(null, form with { CostPerUnit = null, SessionFee = null }, default)).ShouldBe(0);

        var fence = await SaveAsync(form);
        (await CostsAsync()).ShouldBe(["4.57|1|-", "4.57|-|-", "11.82|1|-", "11.82|-|-", "50.63|1|99.00", "50.63|-|99.00", "52.10|1|-", "52.10|-|-"]);
        // Nothing that costs depend on has changed.
        (await Fences.CountWithoutCostAsync(fence.Id, form with { Name = "other" }, default)).ShouldBe(0);
        (await Fences.CountWithoutCostAsync(fence.Id, form with { Radius = 31 }, default)).ShouldBe(3);

        await SaveAsync(form, fence.Id, addCosts: true);
        (await CostsAsync()).ShouldBe(["4.57|1|6.51", "4.57|-|-", "11.82|1|8.90", "11.82|-|-", "50.63|1|99.00", "50.63|-|99.00", "52.10|1|22.19",
            "52.10|-|-"]);

        Task<List<string>> CostsAsync()
            => _database.RowsAsync("select charge_energy_added, geofence_id, cost from charging_processes order by charge_energy_added, position_id");
    }

    [Theory]
    [InlineData("per_kwh", "0.25", null, "0.88")]
    [InlineData("per_kwh", "100", null, "350.00")]
    [InlineData("per_kwh", null, "7", "7.00")]
    [InlineData("per_kwh", "0.25", "4.79", "5.67")]
    [InlineData("per_kwh", "-0.15", null, "-0.53")]
    [InlineData("per_kwh", "0", "0", "0.00")]
    [InlineData("per_kwh", null, null, "-")]
    [InlineData("per_minute", "0.33", null, "6.27")]
    [InlineData("per_minute", "0.33", "1", "7.27")]
    [InlineData("per_minute", null, "1", "1.00")]
    [InlineData("per_minute", null, null, "-")]
    public async Task Costs_of_the_past_go_by_the_stored_energies(string billing, string? perUnit, string? fee, string cost)
    {
        await _database.ExecuteAsync("""
            insert into positions (id, car_id, date, latitude, longitude) values (1, 1, now(), 47, 12);
            insert into charging_processes (car_id, position_id, start_date, charge_energy_added, charge_energy_used, duration_min)
                values (1, 1, now(), 1.90, 3.50, 19)
            """);
        await SaveAsync(Form("a", 30, 47, 12) with { BillingType = billing, CostPerUnit = Number(perUnit), SessionFee = Number(fee) },
            addCosts: true);
        (await _database.RowAsync("select cost from charging_processes")).ShouldBe(cost);

        static decimal? Number(string? text) => text is null ? null : decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("Tesla", true)]
    [InlineData("Tesla", false)]
    [InlineData("Combo", true)]
    public async Task Costs_of_the_past_are_the_same_for_every_charger(string charger, bool free)
    {
        await _database.ExecuteAsync($"""
            update car_settings set free_supercharging = {free};
            insert into positions (id, car_id, date, latitude, longitude) values (1, 1, now(), 47, 12);
            insert into charging_processes (car_id, position_id, start_date, charge_energy_added, charge_energy_used, duration_min)
                values (1, 1, now(), 1.90, 3.50, 19);
            insert into charges (charging_process_id, date, charge_energy_added, charger_power, ideal_battery_range_km, fast_charger_type)
                values (1, now(), 1.9, 11, 200, '{charger}')
            """);
        await SaveAsync(Form("a", 30, 47, 12) with { CostPerUnit = 0.33m }, addCosts: true);
        (await _database.RowAsync("select cost from charging_processes")).ShouldBe("1.16");
    }

    [Fact]
    public async Task A_process_without_energies_costs_the_fee()
    {
        await _database.ExecuteAsync("""
            insert into positions (id, car_id, date, latitude, longitude) values (1, 1, now(), 47, 12);
            insert into charging_processes (car_id, position_id, start_date) values (1, 1, now())
            """);
        await SaveAsync(Form("a", 30, 47, 12) with { CostPerUnit = 0.33m, SessionFee = 1 }, addCosts: true);
        (await _database.RowAsync("select cost from charging_processes")).ShouldBe("1.00");
    }

    [Fact]
    public async Task A_map_begins_at_the_last_position()
    {
        (await Fences.LastPositionAsync(default)).ShouldBeNull();
        await LogAsync(1, 2);
        (await Fences.LastPositionAsync(default)).ShouldBe((1d, 2d));
    }

    /// <summary>A drive from and to a point, and a charging process there.</summary>
    async Task LogAsync(double latitude, double longitude)
    {
        var place = Position(0, 1) with { Latitude = latitude, Longitude = longitude };
        (await _instance.WriteAsync(
            new LogbookEntry.StartDrive(At(0), place), InDrive(place with { Date = At(60), OdometerKm = 9 }), new LogbookEntry.CloseDrive(),
            new LogbookEntry.StartCharging(At(0), place), new LogbookEntry.CompleteCharging(At(60)))).ShouldBe(WriteResult.Stored);
    }

    async Task ShouldHoldAsync(params string[] fences) => (await _database.RowsAsync("""
        select start_geofence_id, end_geofence_id, process.geofence_id
        from drives
        join charging_processes process on process.id = drives.id
        order by drives.id
        """)).ShouldBe(fences);
}
