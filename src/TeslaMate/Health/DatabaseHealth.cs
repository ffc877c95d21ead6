using System.Text.Json.Nodes;
using Npgsql;
using TeslaMate.Configuration.Health;
using TeslaMate.Database;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Health;

/// <summary>Whether the database answers, how fast, and which schema it has.</summary>
sealed class DatabaseHealth(NpgsqlDataSource database, DatabaseSettings settings, TimeProvider time) : IHealthReport
{
    public const string PartName = "database";

    const string Reachable = "reachable";

    // Set while the database is away; read and written by concurrent health checks.
    long _awaySinceTicks;
    string? _serverVersion;

    public string Name => PartName;

    public async ValueTask<HealthFacts> ReadAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        try
        {
            // The schema is asked for each time: somebody may migrate, roll back or restore while the program runs.
            await using var command = database.CreateCommand($"""
                select current_setting('server_version'), version, case when isfinite(inserted_at) then extract(epoch from now() at time zone 'UTC' - inserted_at)::float8 end,
                    {KnownVersions.PendingSql}
                from schema_migrations
                order by version desc
                limit 1
                """);
            KnownVersions.AddTo(command.Parameters);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken))
                return Away("the table schema_migrations is empty");
            Volatile.Write(ref _awaySinceTicks, 0);
            return Present(reader.GetString(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetDouble(2), reader.GetInt64(3), time.GetElapsedTime(started));
        }
        catch (NpgsqlException exception)
        {
            return Away(exception is PostgresException server ? server.MessageText : (exception.InnerException ?? exception).Message);
        }
        catch (OperationCanceledException)
        {
            return Away("no answer in time");
        }
    }

    /// <summary>Whether the database answered, be its schema as it should or not.</summary>
    public static bool Answered(HealthFacts facts) => facts.Details[Reachable]?.GetValue<bool>() == true;

    HealthFacts Present(string serverVersion, long schemaVersion, double? ageSeconds, long pending, TimeSpan took)
    {
        _serverVersion = serverVersion;
        var isNewer = schemaVersion > KnownVersions.Reference[^1];
        return new HealthFacts(IsWell: pending == 0 && !isNewer, new JsonObject
        {
            [Reachable] = true,
            ["server_version"] = serverVersion,
            ["answer_ms"] = Math.Round(took.TotalMilliseconds, 1),
            ["migrations"] = new JsonObject
            {
                ["version"] = schemaVersion,
                ["pending"] = pending,
                ["seconds_since_last"] = ageSeconds is { } known ? Math.Round(known) : null,
            },
        })
        {
            Phrase = pending > 0 ? $"{pending} migrations are pending: teslamate migrate"
                : isNewer ? $"the database is of a newer program ({schemaVersion})"
                : null,
            Measures =
            [
                Up(1),
                new Measure("teslamate_database_answer_seconds", "Time that the database took to answer the health check.", took.TotalSeconds),
                new Measure("teslamate_schema_version", "Newest applied migration.", schemaVersion),
                new Measure("teslamate_pending_migrations", "Migrations that the program has and the database has not.", pending),
                .. ageSeconds is { } age ? [new Measure("teslamate_last_migration_age_seconds", "Time since the newest migration was applied.", age)] : (Measure[])[],
            ],
        };
    }

    HealthFacts Away(string reason)
    {
        Interlocked.CompareExchange(ref _awaySinceTicks, time.GetUtcNow().UtcTicks, 0);
        var since = new DateTimeOffset(Volatile.Read(ref _awaySinceTicks) is > 0 and var ticks ? ticks : time.GetUtcNow().UtcTicks, TimeSpan.Zero);
        return new HealthFacts(IsWell: false, new JsonObject
        {
            [Reachable] = false,
            ["server_version"] = _serverVersion,
            ["away_since"] = since.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
            ["error"] = reason,
        })
        {
            Phrase = $"{settings} away since {TimeZoneInfo.ConvertTime(since, time.LocalTimeZone):HH:mm}, buffering ({reason})",
            Measures = [Up(0)],
        };
    }

    static Measure Up(double value) => new("teslamate_database_up", "1 while the database answers.", value);
}
