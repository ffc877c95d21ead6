using TeslaMate.Measures;
using TeslaMate.Tests.Database.Measures;
using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.Measures;

/// <summary>The readers against the functions themselves.</summary>
public sealed class MeasureReaderTests
{
    static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    static readonly DateTimeOffset Now = new(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Functions and the records of their rows.</summary>
    static readonly Dictionary<string, Type> Functions = new()
    {
        { "statistics", typeof(PeriodStatistics) },
        { "drive_statistics", typeof(DrivePeriod) },
        { "recovery_statistics", typeof(RecoveryPeriod) },
        { "idle_statistics", typeof(IdlePeriod) },
        { "mileage", typeof(MileageStep) },
        { "extrapolation", typeof(Extrapolation) },
        { "mileage_budget", typeof(MileageBudget) },
        { "allowed_odometer", typeof(AllowedOdometer) },
        { "records", typeof(RecordHolder) },
        { "habits", typeof(HabitHour) },
        { "drive_list", typeof(ListedDrive) },
        { "speed_histogram", typeof(SpeedClass) },
        { "efficiency_by_temperature", typeof(TemperatureClass) },
        { "consumption_matrix", typeof(ConsumptionCell) },
        { "tyre_pressures", typeof(TyrePressures) },
        { "trips", typeof(Trip) },
        { "same_routes", typeof(SameRoute) },
        { "routes", typeof(DriveRoute) },
        { "drive_route", typeof(RouteLine) },
        { "drive_series", typeof(DrivePoint) },
        { "charge_list", typeof(ListedCharge) },
        { "charge_statistics", typeof(ChargePeriod) },
        { "charge_stops", typeof(ChargingStop) },
        { "charge_places", typeof(ChargingPlace) },
        { "charge_levels", typeof(LevelCount) },
        { "charge_sessions", typeof(DcSession) },
        { "charge_curve", typeof(CurvePoint) },
        { "charging_series", typeof(ChargingPoint) },
        { "battery_health", typeof(BatteryHealth) },
        { "capacity_samples", typeof(CapacitySample) },
        { "projected_range", typeof(ProjectedRange) },
        { "level_series", typeof(LevelPoint) },
        { "level_classes", typeof(LevelClass) },
        { "timeline", typeof(TimelineEntry) },
        { "state_spans", typeof(StateSpan) },
        { "idles", typeof(Idle) },
        { "software_versions", typeof(SoftwareVersion) },
        { "software_dates", typeof(SoftwareDate) },
        { "destinations", typeof(Destination) },
        { "visited_places", typeof(VisitedPlace) },
        { "regions", typeof(Region) },
        { "car_labels", typeof(CarLabel) },
        { "incomplete_rows", typeof(IncompleteRow) },
        { "database_tables", typeof(DatabaseTable) },
        { "database_indexes", typeof(DatabaseIndex) },
        { "database_facts", typeof(DatabaseFacts) },
        { "left_out", typeof(LeftOut) },
    };

    [Fact]
    public async Task A_record_has_the_columns_of_its_function()
    {
        await using var database = await LogRows.EmptyAsync(PostgresServer.Installed);
        foreach (var (function, record) in Functions)
        {
            var columns = await database.LinesAsync($"""
                select name
                from (
                    select name, place
                    from pg_proc, unnest(proargnames, proargmodes) with ordinality as argument (name, mode, place)
                    where proname = '{function}' and pronamespace = 'teslamate'::regnamespace and mode = 't'
                    union all
                    -- Of a function that returns the rows of a view.
                    select attname, attnum
                    from pg_proc
                    join pg_type on pg_type.oid = prorettype
                    join pg_attribute on attrelid = typrelid and attnum > 0
                    where proname = '{function}' and pronamespace = 'teslamate'::regnamespace
                ) as columns
                order by place
                """);
            record.GetConstructors().Single().GetParameters().Select(parameter => Plain(parameter.Name!)).ShouldBe(columns.Select(Plain), function);
        }

        static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant()
            .Replace("seconds", "s", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_row_of_every_function_can_be_read()
    {
        await using var log = await LogRows.CreateAsync(PostgresServer.Installed);
        SeededLog.Fill(log);
        await log.LinesAsync("select 1");
        await log.Database.ExecuteAsync("insert into teslamate.car_preferences (car_id, budget_km_per_year, budget_from) values (1, 10000, "
            + "'2026-01-01')");
        var counts = await ReadAllAsync(new MeasureReader(log.Database.DataSource));
        foreach (var (function, rows) in counts)
            rows.ShouldBeGreaterThan(0, function);
        counts.Select(count => count.Function).Order().ShouldBe(Functions.Keys.Order());
        var fresh = await ReadAllAsync(new MeasureReader(log.Database.DataSource), car: 2);
        fresh.Single(count => count.Function == "drive_list").Rows.ShouldBe(0);
    }

    [Fact]
    public async Task An_empty_log_has_no_rows_and_no_error()
    {
        await using var database = await LogRows.EmptyAsync(PostgresServer.Installed);
        await using var connection = await database.DataSource.OpenConnectionAsync();
        var counts = await ReadAllAsync(new MeasureReader(connection));
        string[] always = ["extrapolation", "drive_route", "battery_health", "database_tables", "database_indexes", "database_facts", "statistics",
            "left_out"];
        counts.Where(count => count.Rows > 0).Select(count => count.Function).Except(always).ShouldBeEmpty();
    }

    // spec charts 7.5
    [Fact]
    public async Task The_months_of_the_worked_example_are_read()
    {
        await using var log = await LogRows.CreateAsync(PostgresServer.Installed);
        log.Drive("2026-02-28 23:30", 30, 2000, 2020, 400, 376, 4);
        log.Drive("2026-03-29 00:30", 20, 2020, 2040, 370, 348, 6);
        log.Drive("2026-03-29 01:30", 30, 2040, 2070, 346, 312, 8);
        log.Charge("2026-03-29 12:00", 180, 2070, 310, 410, 15, 16.5, 4.95);
        log.Drive("2026-03-31 21:50", 40, 2070, 2110, 408, 360, 10);
        log.Drive("2026-03-31 22:30", 30, 2110, 2130, 360, 336, 10);
        log.Charge("2026-04-02 18:00", 180, 2130, 330, 430, 15, 16);
        log.Charge("2026-04-05 18:00", 10, 2130, 425, 425, 0, 0.05, 0.02);
        await log.LinesAsync("select 1");
        var measures = new MeasureReader(log.Database.DataSource);
        var window = new MeasureWindow(1, null, Now, Berlin, Period.Month, Now);
        var months = await measures.StatisticsAsync(window, CancellationToken.None).ToListAsync();
        months.Take(2).Select(month => (month.PeriodKey, month.Label, month.Drives, month.DistanceKm, month.Cost, month.PriceCoverage,
            month.PeriodSeconds)).ShouldBe(
        [
            (new(2026, 3, 1), "2026-03", 4, 110, 4.95m, 1, 743 * 3600), (new(2026, 4, 1), "2026-04", 1, 20, null, 0, 720 * 3600),
        ]);
        months[0].GrossWhPerKm!.Value.ShouldBe(190.91, 0.005);
        months[1].GrossWhPerKm!.Value.ShouldBe(262.50, 0.005);
        var total = (await measures.StatisticsAsync(window with { Period = Period.Total }, CancellationToken.None).ToListAsync())
            .ShouldHaveSingleItem();
        (total.PeriodKey, total.Label, total.Drives, total.DistanceKm).ShouldBe((DateOnly.MinValue, "total", 5, 130));
        (await measures.FirstEventAsync(1, CancellationToken.None)).ShouldBe(new DateTimeOffset(2026, 2, 28, 23, 30, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task Periods_are_written_as_the_database_writes_them()
    {
        await using var log = await LogRows.CreateAsync(PostgresServer.Installed);
        await log.LinesAsync("select 1");
        var measures = new MeasureReader(log.Database.DataSource);
        // Years that begin in the last week of the one before, and that end in the first of the next.
        var window = new MeasureWindow(1, Now.AddYears(-4), Now, Berlin, Period.Day, Now);
        foreach (var period in (Period[])[Period.Day, Period.Week, Period.Month, Period.Quarter, Period.Year])
        {
            var rows = await measures.StatisticsAsync(window with { Period = period }, CancellationToken.None).ToListAsync();
            rows.Count.ShouldBeGreaterThan(3);
            rows.Select(row => LocalCalendar.Label(row.PeriodKey, period)).ShouldBe(rows.Select(row => row.Label));
        }
    }

    [Fact]
    public async Task A_question_that_is_given_up_ends()
    {
        await using var log = await LogRows.CreateAsync(PostgresServer.Installed);
        SeededLog.Fill(log);
        await log.LinesAsync("select 1");
        using var gone = new CancellationTokenSource();
        var measures = new MeasureReader(log.Database.DataSource);
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in measures.DrivesAsync(new MeasureWindow(1, null, null, Berlin, Period.Day, Now), gone.Token))
                await gone.CancelAsync();
        });
    }

    static async Task<List<(string Function, int Rows)>> ReadAllAsync(MeasureReader measures, int car = 1)
    {
        var none = CancellationToken.None;
        var window = new MeasureWindow(car, new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), Now, Berlin, Period.Day, Now);
        (string Function, Func<Task<int>> Count)[] questions =
        [
            ("statistics", () => Count(measures.StatisticsAsync(window, none))),
            ("drive_statistics", () => Count(measures.DriveStatisticsAsync(window, none))),
            ("recovery_statistics", () => Count(measures.RecoveryAsync(window, none))),
            ("idle_statistics", async () => (await measures.IdleStatisticsWithTotalAsync(window, none)).Periods.Count),
            ("mileage", () => Count(measures.MileageAsync(window, none))),
            ("extrapolation", () => One(measures.ExtrapolationAsync(window, none))),
            ("mileage_budget", () => One(measures.MileageBudgetAsync(window, none))),
            ("allowed_odometer", () => Count(measures.AllowedOdometerAsync(window, [Now], none))),
            ("records", () => Count(measures.RecordsAsync(window, none))),
            ("habits", () => Count(measures.HabitsAsync(window, none))),
            ("drive_list", () => Count(measures.DrivesAsync(window, none))),
            ("speed_histogram", () => Count(measures.SpeedHistogramAsync(window, LengthUnit.Km, none))),
            ("efficiency_by_temperature", () => Count(measures.EfficiencyByTemperatureAsync(window, 1, TemperatureUnit.C, none))),
            ("consumption_matrix", () => Count(measures.ConsumptionMatrixAsync(window, LengthUnit.Km, TemperatureUnit.C, none))),
            ("tyre_pressures", () => Count(measures.TyrePressuresAsync(window, none))),
            ("trips", () => Count(measures.TripsAsync(window, 4, 1, none))),
            ("same_routes", () => Count(measures.SameRoutesAsync(window, none))),
            ("routes", () => Count(measures.RoutesAsync(window, none))),
            ("drive_route", () => One(measures.RouteAsync(1, none))),
            ("drive_series", () => Count(measures.DriveSeriesAsync(1, 500, none))),
            ("charge_list", () => Count(measures.ChargesAsync(window, none))),
            ("charge_statistics", () => Count(measures.ChargeStatisticsAsync(window, [0, 1], 1, none))),
            ("charge_stops", () => Count(measures.ChargingStopsAsync(window, false, none))),
            ("charge_places", () => Count(measures.ChargingPlacesAsync(window, null, null, none))),
            ("charge_levels", () => Count(measures.ChargeLevelsAsync(window, ChargeSide.End, none))),
            ("charge_sessions", () => Count(measures.DcSessionsAsync(window, 10, 80, none))),
            ("charge_curve", () => Count(measures.ChargeCurveAsync(window, CurveAxis.Minute, null, none))),
            ("charging_series", () => Count(measures.ChargingSeriesAsync(window, 500, none))),
            ("battery_health", () => One(measures.BatteryHealthAsync(window, none))),
            ("capacity_samples", () => Count(measures.CapacitySamplesAsync(window, none))),
            ("projected_range", () => Count(measures.ProjectedRangeAsync(window, none))),
            ("level_series", () => Count(measures.LevelSeriesAsync(window, 500, none))),
            ("level_classes", () => Count(measures.LevelClassesAsync(window, none))),
            ("timeline", () => Count(measures.TimelineAsync(window, none))),
            ("state_spans", () => Count(measures.StateSpansAsync(window, none))),
            ("idles", () => Count(measures.IdlesAsync(window, none))),
            ("software_dates", () => Count(measures.SoftwareDatesAsync(window, none))),
            ("software_versions", () => Count(measures.SoftwareVersionsAsync(window, none))),
            ("destinations", () => Count(measures.DestinationsAsync(window, none))),
            ("visited_places", () => Count(measures.VisitedPlacesAsync(window, null, none))),
            ("regions", () => Count(measures.RegionsAsync(window, none))),
            ("car_labels", () => Count(measures.CarsAsync(none))),
            ("incomplete_rows", () => Count(measures.IncompleteRowsAsync(window, none))),
            ("database_tables", () => Count(measures.TablesAsync(none))),
            ("database_indexes", () => Count(measures.IndexesAsync(none))),
            ("database_facts", () => One(measures.DatabaseAsync(none))),
            ("left_out", () => One(measures.LeftOutAsync(window, none))),
        ];
        var counts = new List<(string, int)>();
        foreach (var (function, count) in questions)
            counts.Add((function, await count()));
        return counts;

        static async Task<int> Count<T>(IAsyncEnumerable<T> rows) => await rows.CountAsync();

        static async Task<int> One<T>(Task<T> row) => await row is null ? 0 : 1;
    }
}
