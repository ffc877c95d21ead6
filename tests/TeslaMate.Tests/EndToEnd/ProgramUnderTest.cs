using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Npgsql;
using Serilog;
using Serilog.Core;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;
using TeslaMate.Database.Migrations;
using TeslaMate.Demo;
using TeslaMate.Hosting;
using TeslaMate.Simulator.Cloud;

namespace TeslaMate.Tests.EndToEnd;

/// <summary>The whole program in this process, with its addresses pointing at a simulated cloud.</summary>
sealed class ProgramUnderTest : IAsyncDisposable
{
    const string EncryptionKey = "end to end";

    readonly WebApplication _app;
    readonly Logger _log;

    ProgramUnderTest(WebApplication app, Logger log, LogMemory lines) => (_app, _log, Log) = (app, log, lines);

    /// <summary>Warnings and worse.</summary>
    public LogMemory Log { get; }

    /// <summary>The program's parts.</summary>
    public IServiceProvider Parts => _app.Services;

    /// <summary>Starts it. The database is migrated, and the account signed in, by <see cref="PrepareAsync"/>.</summary>
    /// <param name="more">Variables beyond, or instead of, those of <see cref="Environment"/>.</param>
    public static async Task<ProgramUnderTest> StartAsync(
        string database, TeslaCloud cloud, TimeProvider time, string folder, IReadOnlyDictionary<string, string>? more = null)
    {
        var environment = Environment(database, cloud, folder);
        foreach (var (name, value) in more ?? new Dictionary<string, string>())
            environment[name] = value;
        var variables = new Variables(environment);
        var settings = Settings.Read(variables);
        variables.Problems.ShouldBeEmpty();
        var lines = new LogMemory();
        var log = new LoggerConfiguration().MinimumLevel.Warning().WriteTo.Sink(lines).CreateLogger();
        var overrides = new AppOverrides { Time = time, Services = registered => registered.KeepRealTimeForHousekeeping() };
        var app = TeslaMateApp.Build(settings, log, overrides);
        app.ListenOn(settings.Listener);
        await app.StartAsync();
        return new ProgramUnderTest(app, log, lines);
    }

    /// <summary>Brings an empty database to the newest schema, with these rows and with tokens that the cloud accepts.</summary>
    public static async Task PrepareAsync(string database, TeslaCloud cloud, string rows)
    {
        var variables = new Variables(Environment(database, cloud, Path.GetTempPath()));
        (await new Migrator(Settings.Read(variables).Database, variables, TimeProvider.System).MigrateAsync(new Progress<MigrationProgress>(),
            CancellationToken.None))
            .ShouldBeOfType<MigrationOutcome.Done>();
        var cipher = new TokenCipher(Encoding.UTF8.GetBytes(EncryptionKey));
        var (access, refresh) = cloud.Accounts.SignIn();
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(rows);
        await command.ExecuteNonQueryAsync();
        await using var tokens = source.CreateCommand("insert into private.tokens (access, refresh, inserted_at, updated_at) values ($1, $2, "
            + "'2026-01-01', '2026-01-01')");
        tokens.Parameters.AddWithValue(cipher.Encrypt(access));
        tokens.Parameters.AddWithValue(cipher.Encrypt(refresh));
        await tokens.ExecuteNonQueryAsync();
    }

    /// <summary>The environment of a program that logs the cloud's cars.</summary>
    public static Dictionary<string, string> Environment(string database, TeslaCloud cloud, string folder)
    {
        var connection = new NpgsqlConnectionStringBuilder(database);
        var onSocket = connection.Host!.StartsWith('/');
        return new Dictionary<string, string>(cloud.Variables)
        {
            [onSocket ? "DATABASE_SOCKET_DIR" : "DATABASE_HOST"] = connection.Host,
            ["DATABASE_PORT"] = connection.Port.ToString(CultureInfo.InvariantCulture),
            ["DATABASE_NAME"] = connection.Database!,
            ["DATABASE_USER"] = connection.Username!,
            ["DATABASE_PASS"] = connection.Password ?? "none",
            ["ENCRYPTION_KEY"] = EncryptionKey,
            ["DISABLE_MQTT"] = "true",
            ["HTTP_BINDING_ADDRESS"] = Path.Combine(folder, "pages"),
            ["TESLAMATE_SPOOL_DIR"] = Path.Combine(folder, "spool"),
            ["SRTM_CACHE"] = Path.Combine(folder, "elevation"),
            // Longer pauses, so that a month has fewer of them.
            ["POLLING_ASLEEP_INTERVAL"] = "60",
            ["POLLING_DRIVING_INTERVAL"] = "10",
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _log.DisposeAsync();
    }
}

/// <summary>Keeps the first lines of a log.</summary>
sealed class LogMemory : ILogEventSink
{
    readonly Lock _lock = new();
    readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
                return [.. _lines];
        }
    }

    public void Emit(Serilog.Events.LogEvent logEvent)
    {
        lock (_lock)
            if (_lines.Count < 2000)
                _lines.Add($"{logEvent.Level} {logEvent.RenderMessage(CultureInfo.InvariantCulture)} {logEvent.Exception}");
    }
}
