using System.Globalization;
using Npgsql;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.HistoryChanges;
using TeslaMate.Logbook.Statistics;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook.HistoryChanges;

/// <summary>A day of car 1, written by the logger itself, and an editor of it.</summary>
public abstract class EditedLog : IAsyncLifetime
{
    private protected LogbookDatabase _database = null!;
    private protected LogbookInstance _instance = null!;

    private protected IGeofences Fences => _instance.Get<IGeofences>();

    private protected IHistoryEditor Editor => _instance.Get<IHistoryEditor>();

    /// <summary>
    /// Drives 1 to 4, each with a position a minute (every fourth with ranges), half an hour long, at 10:00, 10:40, 17:30 and 20:00; charging
    /// processes 1 and 2 at 12:00 and 13:00, with a counter that goes on, and 3 at 22:00, with one that begins anew. Places: Home at the start, an
    /// address.
    /// </summary>
    public async Task InitializeAsync()
    {
        _database = await LogbookDatabase.CreateMigratedAsync(cars: 2);
        _instance = await LogbookInstance.OfCarAsync(_database);
        await _database.ExecuteAsync("""
            insert into geofences (id, name, latitude, longitude, radius, cost_per_unit, session_fee, inserted_at, updated_at)
            values (1, 'Home', 52.514521, 13.350144, 50, 0.3, 1, '2024-01-01', '2024-01-01'),
                (2, 'Work', 52.6, 13.35, 50, null, null, '2024-01-01', '2024-01-01');
            insert into addresses (id, display_name, osm_id, osm_type, inserted_at, updated_at)
                values (1, 'A', 1, 'node', now(), now()), (2, 'B', 2, 'node', now(), now());
            select setval('geofences_id_seq', 10), setval('addresses_id_seq', 10)
            """);
        await DriveAsync(0, 100);
        await DriveAsync(40, 130);
        await ChargeAsync(120, 0);
        await ChargeAsync(180, 6);
        await DriveAsync(450, 160);
        await DriveAsync(600, 190);
        await ChargeAsync(720, 0);
        await _database.ExecuteAsync("update drives set start_address_id = 1, end_address_id = 2; update charging_processes set address_id = 1");
        await RefreshStatisticsAsync();
    }

    public async Task DisposeAsync()
    {
        await _instance.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>A drive of 30 minutes from a minute of the day on, of half a kilometre a minute.</summary>
    private protected async Task DriveAsync(int minute, double odometer)
    {
        LogbookEntry[] entries =
        [
            new LogbookEntry.StartDrive(At(minute * 60), Reading(minute, 0, odometer)),
            .. Enumerable.Range(1, 30).Select(i => InDrive(Reading(minute, i, odometer))),
            new LogbookEntry.CloseDrive(LookUpAddresses: false),
        ];
        (await _instance.WriteAsync(entries)).ShouldBe(WriteResult.Stored);
    }

    private protected static PositionReading Reading(int minute, int i, double odometer) => Position((minute + i) * 60, odometer + i * 0.5) with
    {
        Latitude = 52.514521 + i * 0.001,
        IdealRangeKm = i % 4 == 0 || i == 30 ? 300 - i * 0.5 : null,
        RatedRangeKm = i % 4 == 0 || i == 30 ? 250 - i * 0.5 : null,
        BatteryLevel = 80 - i / 4,
        UsableBatteryLevel = i % 4 == 0 ? 79 - i / 4 : null,
        SpeedKmH = 30 + i,
        PowerKw = i % 7 * 5 - 10,
        OutsideTempC = 10 + i % 3 * 0.5,
        ElevationM = 40 + i % 5,
    };

    /// <summary>A charging process of 40 minutes with 11 kW.</summary>
    private protected async Task ChargeAsync(int minute, double counter)
    {
        LogbookEntry[] entries =
        [
            new LogbookEntry.StartCharging(At(minute * 60), Position(minute * 60, 150) with { BatteryLevel = 50 }, LookUpAddress: false),
            .. Enumerable.Range(0, 21).Select(i => new LogbookEntry.InsertCharge(new ChargeReading
            {
                Date = At((minute + 2 * i) * 60),
                EnergyAddedKwh = counter + 0.25 * i,
                ChargerPowerKw = 11,
                ChargerPhases = 3,
                ChargerActualCurrentA = 16,
                ChargerVoltageV = 230,
                IdealRangeKm = 200 + i * 2,
                RatedRangeKm = 180 + i * 2,
                BatteryLevel = 50 + i,
                OutsideTempC = 9.5,
            })),
            new LogbookEntry.CompleteCharging(At((minute + 41) * 60)),
        ];
        (await _instance.WriteAsync(entries)).ShouldBe(WriteResult.Stored);
    }

    private protected Task<EditAnswer> ApplyAsync(HistoryEdit.OfEntries edit) => Editor.ApplyAsync(edit, "test", version: null, key: null, default);

    private protected async Task<HistoryDetail> DoneAsync(HistoryEdit.OfEntries edit) => Done(await ApplyAsync(edit));

    /// <summary>Begins to merge drives 1 and 2 and stops in the middle: a row of the second is locked by somebody else.</summary>
    /// <param name="other">In a transaction, which has the lock until it ends.</param>
    private protected async Task<Task<EditAnswer>> StartMergeThatWaitsAsync(NpgsqlConnection other)
    {
        await using (var hold = new NpgsqlCommand("select from positions where drive_id = 2 order by date desc limit 1 for update", other))
            await hold.ExecuteNonQueryAsync();
        var merge = ApplyAsync(new HistoryEdit.Merge(EntryKind.Drive, [1, 2]));
        await _database.WaitForCountAsync(1, "pg_locks where not granted and locktype = 'transactionid'");
        return merge;
    }

    private protected static HistoryDetail Done(EditAnswer answer) => answer.ShouldBeOfType<EditAnswer.Done>(answer.ToString()).Detail;

    private protected static void Refused(EditAnswer answer, EditProblem problem)
        => answer.ShouldBeOfType<EditAnswer.Refused>(answer.ToString()).Problem.ShouldBe(problem);

    private protected async Task UndoneAsync(HistoryDetail detail) => Done(await Editor.UndoAsync(detail.Change.Id, "test", default));

    /// <summary>Keeps what the measures keep, as the service does after a drive.</summary>
    private protected Task RefreshStatisticsAsync() => _instance.Get<StatisticsStore>().RefreshAsync(null, null, default);

    /// <summary>Every byte of every row of the log.</summary>
    private protected Task<List<string>> DumpAsync() => DumpAsync(
        "drives", "positions", "charging_processes", "charges", "cars", "states", "updates", "addresses", "geofences",
        "teslamate.drive_tags", "teslamate.charging_process_tags", "teslamate.charge_costs", "teslamate.imported_entries", "teslamate.car_logs");

    /// <summary>What is kept for the measures.</summary>
    private protected Task<List<string>> DumpStatisticsAsync() => DumpAsync(
        "teslamate.drive_samples", "teslamate.drive_routes", "teslamate.charge_samples", "teslamate.parked_samples", "teslamate.level_samples");

    /// <summary>Brings what is kept up to date, and compares it with what is made anew.</summary>
    private protected async Task StatisticsAreThoseOfARebuildAsync()
    {
        await RefreshStatisticsAsync();
        await _instance.Get<StatisticsStore>().ForgetDeletedAsync(default);
        var kept = await DumpStatisticsAsync();
        await _instance.Get<StatisticsStore>().RebuildAsync(null, new Progress<StatisticsProgress>(), default);
        kept.ShouldBe(await DumpStatisticsAsync());
    }

    async Task<List<string>> DumpAsync(params string[] tables)
    {
        List<string> rows = [];
        foreach (var table in tables)
            rows.AddRange((await _database.RowsAsync($"select row::text from {table} row order by 1")).Select(row => $"{table} {row}"));
        return rows;
    }

    private protected static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
