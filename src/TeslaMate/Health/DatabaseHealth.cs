using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using TeslaMate.Configuration.Health;
using TeslaMate.Database;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Health;

/// <summary>Whether the database answers, how fast, and which schema it has.</summary>
sealed class DatabaseHealth : IHealthCheck
{
    public const string PartName = "database";
    public const string ServerVersion = "server_version";

    readonly NpgsqlDataSource _database;
    readonly DatabaseSettings _settings;
    readonly TimeProvider _time;

    // Set while the database is away; read and written by concurrent health checks.
    long _awaySinceTicks;
    string? _serverVersion;
    volatile Answer? _answer;

    public DatabaseHealth(NpgsqlDataSource database, DatabaseSettings settings, TimeProvider time, IMeterFactory meters)
    {
        (_database, _settings, _time) = (database, settings, time);
        var meter = meters.Of("Database");
        meter.CreateObservableGauge("teslamate_database_up", () => _answer is null ? 0 : 1, unit: null, "1 while the database answers.");
        Gauge("teslamate_database_answer_seconds", "Time that the database took to answer the health check.", answer => answer.Took.TotalSeconds);
        Gauge("teslamate_schema_version", "Newest applied migration.", answer => answer.SchemaVersion);
        Gauge("teslamate_pending_migrations", "Migrations that the program has and the database has not.", answer => answer.Pending);
        Gauge("teslamate_last_migration_age_seconds", "Time since the newest migration was applied.", answer => answer.AgeSeconds);

        // Of the last check: a scrape makes one first.
        void Gauge(string name, string help, Func<Answer, double?> value)
            => meter.CreateObservableGauge(name, () => HealthParts.Known(_answer is { } answer ? value(answer) : null), unit: null, help);
    }

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // Npgsql waits for the server also after a cancellation; a health check does not.
            var answer = await AskAsync(cancellationToken).WaitAsync(cancellationToken);
            return answer is null ? Away(context, "the table schema_migrations is empty") : Present(context, answer);
        }
        catch (NpgsqlException exception)
        {
            return Away(context, exception.Reason());
        }
        catch (OperationCanceledException)
        {
            return Away(context, "no answer in time");
        }
    }

    /// <returns>Null when no migration was ever applied.</returns>
    async Task<Answer?> AskAsync(CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        // The schema is asked for each time: somebody may migrate, roll back or restore while the program runs; and write by hand what no program
        // would.
        await using var command = _database.CreateCommand($"""
            select current_setting('server_version'), version,
                case when isfinite(inserted_at) then extract(epoch from now() at time zone 'UTC' - inserted_at)::float8 end,
                {KnownVersions.PendingSql}
            from public.schema_migrations
            where version is not null
            order by version desc
            limit 1
            """);
        KnownVersions.AddTo(command.Parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new Answer(
                reader.GetString(0), reader.GetInt64(1), reader.Double(2), reader.GetInt64(3),
                _time.GetElapsedTime(started))
            : null;
    }

    HealthCheckResult Present(HealthCheckContext context, Answer answer)
    {
        Volatile.Write(ref _awaySinceTicks, 0);
        _serverVersion = answer.Version;
        _answer = answer;
        var isNewer = answer.SchemaVersion > KnownVersions.Reference[^1];
        var details = new JsonObject
        {
            ["reachable"] = true,
            [ServerVersion] = answer.Version,
            ["answer_ms"] = Math.Round(answer.Took.TotalMilliseconds, 1),
            ["migrations"] = new JsonObject
            {
                ["version"] = answer.SchemaVersion,
                ["pending"] = answer.Pending,
                ["seconds_since_last"] = answer.AgeSeconds is { } age ? Math.Round(age) : null,
            },
        };
        // The database answers, so the pages can be served whatever its schema.
        var result = context.Result(isWell: true, details, answer.Pending > 0 ? $"{answer.Pending} migrations are pending: teslamate migrate"
            : isNewer ? $"the database is of a newer program ({answer.SchemaVersion})"
            : null);
        return answer.Pending == 0 && !isNewer ? result : new HealthCheckResult(HealthStatus.Degraded, result.Description, data: result.Data);
    }

    HealthCheckResult Away(HealthCheckContext context, string reason)
    {
        _answer = null;
        Interlocked.CompareExchange(ref _awaySinceTicks, _time.GetUtcNow().UtcTicks, 0);
        var since = new DateTimeOffset(Volatile.Read(ref _awaySinceTicks) is > 0 and var ticks ? ticks : _time.GetUtcNow().UtcTicks, TimeSpan.Zero);
        var details = new JsonObject
        {
            ["reachable"] = false,
            [ServerVersion] = _serverVersion,
            ["away_since"] = since.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            ["error"] = reason,
        };
        return context.Result(
            isWell: false, details, $"{_settings} away since {TimeZoneInfo.ConvertTime(since, _time.LocalTimeZone):HH:mm}, buffering ({reason})");
    }

    /// <param name="AgeSeconds">Since the newest migration; null when its row does not tell.</param>
    sealed record Answer(string Version, long SchemaVersion, double? AgeSeconds, long Pending, TimeSpan Took);
}
