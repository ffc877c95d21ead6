using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;
using TeslaMate.Telemetry;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Configuring;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Fleet;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Telemetry.Wire;
using TeslaMate.Tests.Tesla;
using TeslaMate.Tests.Time;
using TeslaMate.Tests.Vehicles;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Tests.Telemetry.Configuring;

/// <summary>The daily look at a car's configuration (spec fleet-telemetry 4.9, 4.10) against a Tesla that answers as the test says.</summary>
public class DailyLookTests
{
    const string Synced = """{"response":{"synced":true,"config":{"port":4443},"limit_reached":false,"key_paired":true}}""";
    const string NotFetched = """{"response":{"synced":false,"config":{"port":4443},"limit_reached":false,"key_paired":true}}""";
    const string Gone = """{"response":{"synced":true,"config":null,"limit_reached":false,"key_paired":true}}""";

    [Fact]
    public async Task Tesla_is_asked_once_a_day_and_a_car_that_is_well_is_left_alone()
    {
        await using var house = await House.StartAsync(Synced);
        for (var hour = 0; hour < 72; hour++)
            await house.LookAsync(TimeSpan.FromHours(1));

        // The first day is the car's, to fetch it.
        house.Tesla.Requests.Select(request => request.Target).ShouldBe(
            Enumerable.Repeat($"/api/1/vehicles/{Vectors.Vin}/fleet_telemetry_config", 3));
        house.Told.ShouldBe(0);
        (await house.Database.RowsAsync("select kind, reason, status, is_billed from teslamate.telemetry_requests")).ShouldBe(
            Enumerable.Repeat("configuration|daily look|200|True", 3));
        (await house.Database.RowsAsync("select is_synced from teslamate.telemetry_cars")).ShouldBe(["True"]);
    }

    [Theory]
    [InlineData(NotFetched)]
    [InlineData(Gone)]
    public async Task A_car_that_has_not_fetched_it_or_has_none_is_told_of_and_shown_as_polled_until_it_sends(string answer)
    {
        await using var house = await House.StartAsync(answer);
        await house.LookAsync(TimeSpan.FromHours(25));
        await house.LookAsync(TimeSpan.FromHours(1));

        house.Told.ShouldBe(1);
        var status = await house.StatusAsync();
        (status.IsSynced, status.Feed).ShouldBe((false, "stream"), "polled beside the older stream, as its settings say");

        // A run that begins now takes the word of the one before.
        house.Restart();
        await house.LookAsync(TimeSpan.FromHours(1));
        house.Told.ShouldBe(2);
        house.Tesla.Requests.Count.ShouldBe(1);

        await house.SendsAsync();
        house.Restart();
        await house.LookAsync(TimeSpan.FromHours(1));
        house.Told.ShouldBe(2, "it has sent since");
        (await house.StatusAsync()).Feed.ShouldBe("telemetry");
    }

    [Fact]
    public async Task What_cannot_be_asked_changes_nothing_and_is_tried_twice_a_day()
    {
        await using var house = await House.StartAsync(Synced);
        house.Tesla.Answer = ScriptedServer.Json(503, "{}");
        for (var hour = 0; hour < 48; hour++)
            await house.LookAsync(TimeSpan.FromHours(1));

        house.Tesla.Requests.Count.ShouldBeInRange(2, 3);
        house.Told.ShouldBe(0);
        (await house.Database.RowsAsync("select is_synced from teslamate.telemetry_cars")).ShouldBe(["-"]);
    }

    [Fact]
    public async Task Beyond_the_budget_nobody_is_asked_and_without_a_host_nothing_is_written_down()
    {
        await using (var house = await House.StartAsync(Synced, new TelemetrySettings { MostRequestsAMonth = 0 }))
        {
            await house.LookAsync(TimeSpan.FromHours(30));
            house.Tesla.Requests.ShouldBeEmpty();
        }

        await using var alone = await House.StartAsync(Synced, hasHost: false);
        await alone.LookAsync(TimeSpan.FromHours(30));
        (await alone.Database.ScalarAsync<long>("select count(*) from teslamate.telemetry_requests")).ShouldBe(0);
    }

    [Fact]
    public async Task The_owners_looks_of_the_day_count()
    {
        await using var house = await House.StartAsync(Synced);
        house.Time.Advance(TimeSpan.FromHours(30));
        for (var i = 0; i < 2; i++)
            await house.Ledger.WriteDownAsync(new(1), "configuration", "check", default);
        await house.LookAsync(TimeSpan.Zero);
        house.Tesla.Requests.ShouldBeEmpty();
    }

    /// <summary>An error that names our host means that nothing will come (spec fleet-telemetry 4.10).</summary>
    [Theory]
    [InlineData("T.EXAMPLE.org", "2026-06-02T20:00:00Z", true)]
    [InlineData("other.example.org", "2026-06-02T20:00:00Z", false)]
    [InlineData("t.example.org", "2026-06-01T09:00:00Z", false)]
    public async Task A_car_that_has_fallen_silent_is_asked_once_what_it_reports_of_our_host(string host, string at, bool isCut)
    {
        await using var house = await House.StartAsync(Synced);
        await house.Database.ExecuteAsync("update teslamate.telemetry_cars set host = 't.example.org'");
        house.Tesla.Answer = context => ScriptedServer.Json(200, context.Request.Path.Value!.EndsWith("errors", StringComparison.Ordinal)
            ? """
                {"response":{"fleet_telemetry_errors":[7,{"error":"no time"},
                {"name":"x","error":"tls: bad certificate","created_at":"AT","error_name":"ConnectionFailed","hostname":"HOST","port":"4443"}]}}
                """.Replace("AT", at, StringComparison.Ordinal).Replace("HOST", host, StringComparison.Ordinal)
            : Synced)(context);
        await house.LookAsync(TimeSpan.FromHours(20));
        await house.SendsAsync();
        await house.LookAsync(TimeSpan.FromHours(5));
        Errors().ShouldBe(0, "it has just sent");

        for (var day = 0; day < 3; day++)
            await house.LookAsync(TimeSpan.FromHours(25));

        Errors().ShouldBe(1, "most silences are sleep, and each request counts");
        house.Told.ShouldBe(isCut ? 1 : 0);
        house.Error.ShouldBe(isCut ? "ConnectionFailed: tls: bad certificate" : null);
        (await house.Database.RowsAsync("select last_error from teslamate.telemetry_cars")).ShouldBe(
            [isCut ? "ConnectionFailed: tls: bad certificate" : "-"]);
        (await house.Database.RowsAsync("select kind, reason, status from teslamate.telemetry_requests where reason like 'errors%'")).ShouldBe(
            ["configuration|errors of a silent car|200"]);

        int Errors() => house.Tesla.Requests.Count(request => request.Target.EndsWith("fleet_telemetry_errors", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_clock_alone_brings_the_looks()
    {
        await using var house = await House.StartAsync(Gone);
        house.Look.Start();
        await Eventually.BecomesTrueAsync(
            () =>
            {
                house.Time.Advance(TimeSpan.FromMinutes(30));
                return house.Told == 1;
            },
            "the receiver is told");
    }

    sealed class House : ITelemetryReceiver, IAsyncDisposable
    {
        readonly TelemetryCars _cars;
        readonly FleetTelemetryApi _api;

        House(LogbookDatabase database, ScriptedServer tesla, TelemetrySettings settings, bool hasHost)
        {
            (Database, Tesla) = (database, tesla);
            var key = EncryptionKey.FindConfigured(new Variables(new Dictionary<string, string> { ["ENCRYPTION_KEY"] = "secret" }))!;
            _cars = new TelemetryCars(database.DataSource, new InboxTable(database.DataSource), settings, Time, NullLogger<TelemetryCars>.Instance);
            _api = new FleetTelemetryApi(database.DataSource, key,
                new TeslaSettings { ApiHost = hasHost ? tesla.Address : null, FleetToken = new Secret("token") });
            Ledger = new Ledger(database.DataSource, settings, Time, NullLogger<Ledger>.Instance);
            Look = NewLook();
        }

        public LogbookDatabase Database { get; }

        public ScriptedServer Tesla { get; }

        public ManualTime Time { get; } = new(DateTimeOffset.Parse("2026-06-01T08:00:00Z", CultureInfo.InvariantCulture));

        public Ledger Ledger { get; }

        public DailyLook Look { get; private set; }

        /// <summary>How often the car's loop was told.</summary>
        public int Told;

        /// <summary>What it was told last.</summary>
        public string? Error { get; private set; }

        public static async Task<House> StartAsync(string answer, TelemetrySettings? settings = null, bool hasHost = true)
        {
            var database = await LogbookDatabase.CreateAsync();
            await database.ExecuteAsync($"""
                update cars set vin = '{Vectors.Vin}';
                insert into teslamate.telemetry_cars (car_id, configured_at) values (1, '2026-06-01 08:00:00');
                insert into teslamate.telemetry_inbox (car_id, type, form, source, is_resend, car_time, received_at, digest, payload)
                values (1, 0, 0, 0, false, '2026-06-01 08:00:00', '2026-06-01 08:00:01', 1, '')
                """);
            var tesla = await ScriptedServer.StartAsync(ScriptedServer.Json(200, answer));
            return new House(database, tesla, settings ?? new TelemetrySettings(), hasHost);
        }

        public async Task LookAsync(TimeSpan after)
        {
            Time.Advance(after);
            await Look.LookAsync(CancellationToken.None);
        }

        public void Restart() => Look = NewLook();

        public Task SendsAsync() => Database.ExecuteAsync($"""
            insert into teslamate.telemetry_inbox (car_id, type, form, source, is_resend, car_time, received_at, digest, payload)
            values (1, 0, 0, 0, false, '{Clock}', '{Clock}', 2, '')
            """);

        public async Task<StatusOfCar> StatusAsync() =>
            (await new TelemetryStatus(Database.DataSource).ReadAsync(Time.GetUtcNow(), CancellationToken.None)).ShouldHaveSingleItem();

        bool ITelemetryReceiver.IsBusy => false;

        ValueTask ITelemetryReceiver.ContactAsync(bool isUp, DateTimeOffset since, bool isTold, CancellationToken cancellationToken) => default;

        ValueTask ITelemetryReceiver.ArriveAsync(IReadOnlyList<TelemetryReading> readings, CancellationToken cancellationToken) => default;

        ValueTask ITelemetryReceiver.ShowAsync(VehicleData snapshot, CancellationToken cancellationToken) => default;

        ValueTask ITelemetryReceiver.CutAsync(string? error, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref Told);
            Error = error;
            return default;
        }

        public async ValueTask DisposeAsync()
        {
            await Look.DisposeAsync();
            _api.Dispose();
            _cars.Dispose();
            await Tesla.DisposeAsync();
            await Database.DisposeAsync();
        }

        string Clock => Time.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

        DailyLook NewLook() =>
            new(ACar.Row() with { Vin = Vectors.Vin }, this, _cars, Ledger, _api, Time, NullLogger.Instance);
    }
}
