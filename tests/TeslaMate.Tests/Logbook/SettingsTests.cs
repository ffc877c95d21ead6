using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Corrections;
using TeslaMate.Logbook.Settings;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

/// <summary>The tables of the specification on settings (spec logbook 18.9), and what owners do by hand.</summary>
public sealed class SettingsTests : TestsOfOneInstance
{
    IGlobalSettings Settings => _instance.Get<IGlobalSettings>();

    [Theory]
    [InlineData("http://example.com/", "http://example.com", null)]
    [InlineData("  http://example.com/foo// ", "http://example.com/foo", null)]
    [InlineData("HTTPS://example.com:8443", "HTTPS://example.com:8443", null)]
    [InlineData("/", null, null)]
    [InlineData("", null, null)]
    [InlineData(null, null, null)]
    [InlineData("ftp://x", null, "invalid scheme")]
    [InlineData("example.com", null, "is missing a scheme (e.g. https)")]
    [InlineData("https://", null, "is missing a host")]
    [InlineData("example.com:80", null, "invalid scheme")]
    [InlineData("://", null, "is missing a scheme (e.g. https)")]
    [InlineData("https://exa mple.com", null, "is missing a host")]
    [InlineData("https://example.com/a b", null, "is missing a host")]
    [InlineData("udp://10.0.0.1", null, "invalid scheme")]
    [InlineData("javascript:alert(1)", null, "invalid scheme")]
    public void An_address_of_pages_is_tidied_or_refused(string? entered, string? stored, string? problem)
    => PageAddress.Read(entered).ShouldBe((stored, problem));

    [Fact]
    public async Task An_address_that_the_column_cannot_hold_is_refused()
        => (await Settings.ChangeAsync(current => current with { GrafanaUrl = "http://x/" + new string('a', 250) },
            default)).ShouldBeOfType<SettingsAnswer.Refused>()
            .Errors.ShouldBe([new("grafana_url", "should be at most 255 character(s)")]);

    [Theory]
    [InlineData("foo", "is not supported")]
    [InlineData("", "can't be blank")]
    public async Task A_language_is_one_of_the_list(string language, string problem)
        => (await Settings.ChangeAsync(current => current with { Language = language },
            default)).ShouldBeOfType<SettingsAnswer.Refused>().Errors.ShouldBe([new("language", problem)]);

    [Fact]
    public async Task Settings_are_stored_as_they_were_chosen()
    {
        (await Settings.ReadAsync(default)).ShouldBe(new GlobalSettings());
        var wanted = new GlobalSettings
        {
            UnitOfLength = UnitOfLength.Mi,
            UnitOfTemperature = UnitOfTemperature.F,
            UnitOfPressure = UnitOfPressure.Psi,
            PreferredRange = PreferredRange.Ideal,
            BaseUrl = "http://a",
            GrafanaUrl = "http://b",
            Language = "zh_Hans",
            ThemeMode = ThemeMode.Dark,
        };
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var news = Settings.WatchAsync(stop.Token).GetAsyncEnumerator();
        var first = news.MoveNextAsync();
        (await Settings.ChangeAsync(_ => wanted, default)).ShouldBe(new SettingsAnswer.Changed(wanted));
        (await Settings.ReadAsync(default)).ShouldBe(wanted);
        (await first).ShouldBeTrue();
        news.Current.ShouldBe(wanted);
    }

    [Fact]
    public async Task What_others_change_in_the_same_moment_stays_changed()
    {
        await using var other = await _database.TestSource.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var change = new NpgsqlCommand("update settings set grafana_url = 'http://b'", other))
            await change.ExecuteNonQueryAsync();
        // It is read while the other has not ended, and can only be stored afterwards.
        var seen = 0;
        var changed = Settings.ChangeAsync(
            current =>
            {
                Interlocked.Increment(ref seen);
                return current with { BaseUrl = "http://a" };
            },
            default);
        while (Volatile.Read(ref seen) == 0)
            await Task.Delay(10);
        await transaction.CommitAsync();
        var both = new GlobalSettings { BaseUrl = "http://a", GrafanaUrl = "http://b" };
        (await changed).ShouldBe(new SettingsAnswer.Changed(both));
        (await Settings.ReadAsync(default)).ShouldBe(both);
    }

    [Fact]
    public async Task Another_preferred_range_derives_the_efficiency_again()
    {
        await _database.ExecuteAsync("""
            insert into positions (id, car_id, date, latitude, longitude) values (1, 1, now(), 1, 1);
            insert into charging_processes (car_id, position_id, start_date, start_rated_range_km, end_rated_range_km, start_ideal_range_km,
                end_ideal_range_km,
                charge_energy_added, end_battery_level, duration_min)
            select 1, 1, now(), 100, 200, 100, 250, 15, 80, 30 from generate_series(1, 3)
            """);
        await Settings.ChangeAsync(current => current with { PreferredRange = PreferredRange.Rated }, default);
        (await _database.RowAsync("select efficiency from cars")).ShouldBe("-");
        await Settings.ChangeAsync(current => current with { PreferredRange = PreferredRange.Ideal }, default);
        (await _database.RowAsync("select efficiency from cars")).ShouldBe("0.1");
        await Settings.ChangeAsync(current => current with { PreferredRange = PreferredRange.Rated }, default);
        (await _database.RowAsync("select efficiency from cars")).ShouldBe("0.15");
    }

    [Fact]
    public async Task Drives_and_charges_are_closed_and_deleted_by_hand()
    {
        var corrections = _instance.Get<ICorrections>();
        await _instance.WriteAsync(
            new LogbookEntry.StartDrive(At(0), Position(0, 1)), InDrive(Position(60, 9)),
            new LogbookEntry.StartCharging(At(100), Position(100)),
            new LogbookEntry.InsertCharge(new() { Date = At(110), EnergyAddedKwh = 1, IdealRangeKm = 1 }));
        (await corrections.CloseDriveAsync(new(1), default)).ShouldBeTrue();
        (await corrections.CompleteChargingAsync(new(1), default)).ShouldBeTrue();
        (await _database.RowAsync("select distance, process.end_date from drives, charging_processes process")).ShouldBe("8|10:01:50");
        (await corrections.DeleteDriveAsync(new(1), default)).ShouldBeTrue();
        (await corrections.DeleteChargingAsync(new(1), default)).ShouldBeTrue();
        (await _database.RowAsync("select count(*), (select count(*) from charges) from positions")).ShouldBe("3|0");
        (await corrections.CloseDriveAsync(new(1), default)).ShouldBeFalse();
        (await corrections.DeleteDriveAsync(new(1), default)).ShouldBeFalse();
        (await corrections.CompleteChargingAsync(new(1), default)).ShouldBeFalse();
        (await corrections.DeleteChargingAsync(new(1), default)).ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_closed_by_hand_while_it_goes_on_has_all_of_it_in_the_end()
    {
        var corrections = _instance.Get<ICorrections>();
        await _instance.WriteAsync(new LogbookEntry.StartDrive(At(0), Position(0, 1)), InDrive(Position(60, 9)));
        await corrections.CloseDriveAsync(new(1), default);
        await _instance.WriteAsync(InDrive(Position(120, 15)), new LogbookEntry.CloseDrive());
        (await _database.RowsAsync("select end_date, distance from drives")).ShouldBe(["10:02:00|14"]);

        await _instance.WriteAsync(
            new LogbookEntry.StartCharging(At(200), Position(200)),
            new LogbookEntry.InsertCharge(new() { Date = At(200), EnergyAddedKwh = 0, IdealRangeKm = 1 }));
        await corrections.CompleteChargingAsync(new(1), default);
        await _instance.WriteAsync(new LogbookEntry.InsertCharge(new() { Date = At(260), EnergyAddedKwh = 2, IdealRangeKm = 1 }),
            new LogbookEntry.CompleteCharging(At(270)));
        (await _database.RowsAsync("select end_date, charge_energy_added from charging_processes")).ShouldBe(["10:04:20|2.00"]);
    }

    [Fact]
    public void Variables_say_where_things_are_kept()
    {
        var variables = new Variables(new Dictionary<string, string>
        {
            ["STATE_DIRECTORY"] = "/var/lib/teslamate:/var/lib/other",
            ["NOMINATIM_URL"] = "https://geo.example.com/",
            ["SRTM_CACHE"] = "/tiles",
            ["NOMINATIM_PROXY"] = "http://proxy:80",
            ["TESLAMATE_SPOOL_LIMIT_MB"] = "5",
        });
        var settings = LogbookSettings.Read(variables);
        variables.Problems.ShouldBeEmpty();
        settings.SpoolFolder.ShouldBe("/var/lib/teslamate/spool");
        settings.SpoolLimit.ShouldBe(5 * 1024 * 1024);
        settings.NominatimUrl.Host.ShouldBe("geo.example.com");
        settings.TileFolder.ShouldBe("/tiles");
        settings.UpdateCheckUrl.ShouldBeNull();
        LogbookSettings.Read(new(new Dictionary<string, string> { ["TESLAMATE_SPOOL_DIR"] = "/s", ["STATE_DIRECTORY"] = "/x" })).SpoolFolder.ShouldBe(
            "/s");
    }
}
