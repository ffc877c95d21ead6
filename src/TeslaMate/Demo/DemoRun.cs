using System.Collections.ObjectModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Migrations;
using TeslaMate.Hosting;
using TeslaMate.Simulator.Clocks;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Telemetry;
using TeslaMate.Telemetry.Configuring;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Vehicles;

namespace TeslaMate.Demo;

/// <summary>What the user of a demo chose.</summary>
/// <param name="Folder">Null for a temporary one.</param>
/// <param name="Speed">How many times as fast as real time the world of the demo is.</param>
/// <param name="Port">Of the web pages; 0 for any that is free.</param>
/// <param name="Duration">In real time; null until somebody stops it.</param>
sealed record DemoOptions(string? Folder, double Speed, int Port, TimeSpan? Duration);

/// <summary>The whole program with everything it needs around it: database, Tesla's cloud, two cars.</summary>
sealed class DemoRun(DemoOptions options, IDemoScreen screen)
{
    /// <summary>How long before today the world begins, so that it does not soon overtake the calendar.</summary>
    static readonly TimeSpan Ago = TimeSpan.FromDays(7);

    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (options.Duration is { } duration)
            limit.CancelAfter(duration);
        try
        {
            screen.Say("Starting a PostgreSQL server of the demo's own ...");
            await using var folder = await DemoFolder.OpenAsync(options.Folder is { } path ? Path.GetFullPath(path) : null, limit.Token);
            return await RunAsync(folder, limit.Token);
        }
        catch (InvalidOperationException exception)
        {
            screen.Say(exception.Message);
            return ExitCode.Failure;
        }
        catch (Exception exception) when (limit.IsCancellationRequested && exception is OperationCanceledException or NpgsqlException)
        {
            // A question to the server that the end cut off may end either way.
            return ExitCode.Ok;
        }
        catch (NpgsqlException exception)
        {
            screen.Say($"The demo's server does not answer: {exception.Message}");
            return ExitCode.Failure;
        }
    }

    async Task<int> RunAsync(DemoFolder folder, CancellationToken stop)
    {
        var variables = Variables(folder);
        var settings = Settings.Read(variables);
        if (await MigrateAsync(settings, variables, stop) is { } problem)
        {
            screen.Say(problem);
            return ExitCode.Failure;
        }

        var began = await folder.BeganAsync(TimeProvider.System.GetUtcNow() - Ago, stop);
        await using (var database = settings.Database.CreateDataSource())
        {
            await DemoHistory.WriteAsync(database, DemoWorld.Pasts(), began, stop);
            await LetStreamAsync(database, stop);
        }

        var time = new FastTime(await GoOnFromAsync(settings, began, stop), options.Speed, TimeProvider.System);
        var lives = DemoWorld.Lives(began);
        await using var cloud = new TeslaCloud(lives, time);
        await cloud.StartAsync(cancellationToken: stop);
        using var authority = new CarAuthority(time.GetUtcNow());
        var telemetryPort = FreePort();

        variables = Variables(folder, cloud, Endpoint(folder, authority, telemetryPort));
        settings = Settings.Read(variables);
        if (variables.Problems.Count > 0)
            throw new InvalidOperationException(string.Join('\n', variables.Problems));
        await using var log = LogFile.Create(folder.LogFile, settings.Log);
        await using var app = TeslaMateApp.Build(settings, log,
            new AppOverrides { Time = time, Services = services => services.KeepRealTimeForHousekeeping() });
        app.ListenOn(settings.Listener);
        await app.StartAsync(stop);
        var route = new EndpointRoute(new Uri(string.Create(CultureInfo.InvariantCulture, $"wss://127.0.0.1:{telemetryPort}/")), authority);
        var streaming = new TelemetryCar(lives[DemoWorld.Streaming], route, time) { DrivingInterval = TimeSpan.FromSeconds(5) }.RunAsync(stop);
        try
        {
            await SignInAsync(app.Services.GetRequiredService<ITeslaAccount>(), cloud, stop);
            var pages = app.Urls.FirstOrDefault() ?? "";
            screen.Say(string.Create(CultureInfo.InvariantCulture,
                $"Two simulated cars at {options.Speed:0.##} times the speed of time. Pages: {pages}  Log: {folder.LogFile}  Ctrl-C ends it."));
            var rows = new LoggedRows(app.Services.GetRequiredService<NpgsqlDataSource>());
            var hub = app.Services.GetRequiredService<SummaryHub>();
            await screen.ShowAsync(rows.FollowAsync(stop), () => hub.All, time, pages, stop);
            return ExitCode.Ok;
        }
        finally
        {
            screen.Say("Ending the demo ...");
            await app.StopAsync(CancellationToken.None);
            if (stop.IsCancellationRequested)
                await streaming;
        }
    }

    // The environment of the program in the demo: nothing of the real one, so that no real car or broker is touched.
    Variables Variables(DemoFolder folder, TeslaCloud? cloud = null, IReadOnlyDictionary<string, string>? more = null)
    {
        var values = new Dictionary<string, string>(cloud?.Variables ?? ReadOnlyDictionary<string, string>.Empty)
        {
            ["DATABASE_SOCKET_DIR"] = folder.Socket,
            ["DATABASE_USER"] = "postgres",
            ["DATABASE_NAME"] = "teslamate",
            ["ENCRYPTION_KEY"] = "only a demo",
            ["DISABLE_MQTT"] = "true",
            ["HTTP_BINDING_ADDRESS"] = "127.0.0.1",
            ["PORT"] = Port().ToString(CultureInfo.InvariantCulture),
            ["TESLAMATE_SPOOL_DIR"] = Path.Combine(folder.Path, "spool"),
            ["SRTM_CACHE"] = Path.Combine(folder.Path, "elevation"),
            ["LOG_LEVEL"] = "info",
        };
        foreach (var (name, value) in more ?? ReadOnlyDictionary<string, string>.Empty)
            values[name] = value;
        return new Variables(values);
    }

    int Port() => options.Port != 0 ? options.Port : FreePort();

    // One of the two cars sends its data by itself.
    static async Task LetStreamAsync(NpgsqlDataSource database, CancellationToken stop)
    {
        await using var command = database.CreateCommand("""
            insert into teslamate.telemetry_cars (car_id, is_synced) select id, true from public.cars where vin = $1
            on conflict (car_id) do nothing
            """);
        command.Parameters.Add(Value.Of(DemoWorld.Pasts()[DemoWorld.Streaming].Car.Vin));
        await command.ExecuteNonQueryAsync(stop);
    }

    static Dictionary<string, string> Endpoint(DemoFolder folder, CarAuthority authority, int port)
    {
        TelemetryFiles.MakeCertificate("localhost", folder.Path, TimeProvider.System.GetUtcNow());
        var cars = Path.Combine(folder.Path, "telemetry-cars.pem");
        File.WriteAllText(cars, authority.Pem);
        return new()
        {
            ["TELEMETRY_LISTEN"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"),
            ["TELEMETRY_TLS_CERT_FILE"] = TelemetryFiles.CertificateFile(folder.Path),
            ["TELEMETRY_TLS_KEY_FILE"] = TelemetryFiles.KeyFile(folder.Path),
            ["TELEMETRY_CLIENT_CA"] = cars,
        };
    }

    static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    static async Task<string?> MigrateAsync(Settings settings, Variables variables, CancellationToken stop)
    {
        var progress = new Progress<MigrationProgress>();
        return await new Migrator(settings.Database, variables, TimeProvider.System).MigrateAsync(progress, stop) switch
        {
            MigrationOutcome.Done => null,
            MigrationOutcome.Refused(var errors) => string.Join('\n', errors.Select(error => $"{error.Cause} {error.Remedy}")),
            MigrationOutcome.Failed failed => $"Migration {failed.At} failed: {failed.Message} {failed.Remedy}",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    // A folder that was used before goes on where its log ends.
    static async Task<DateTimeOffset> GoOnFromAsync(Settings settings, DateTimeOffset began, CancellationToken stop)
    {
        await using var database = settings.Database.CreateDataSource();
        await using var command = database.CreateCommand("select max(date) from public.positions");
        return await command.ExecuteScalarAsync(stop) is DateTime last && last > began.UtcDateTime
            ? new DateTimeOffset(last, TimeSpan.Zero) + TimeSpan.FromSeconds(30)
            : began;
    }

    // The simulated cloud forgets its tokens with each run.
    static async Task SignInAsync(ITeslaAccount account, TeslaCloud cloud, CancellationToken stop)
    {
        if (account.Status.SignIn != SignIn.SignedOut)
            await account.SignOutAsync(stop);
        var (access, refresh) = cloud.Accounts.SignIn();
        if (await account.SignInAsync(new Secret(access), new Secret(refresh), stop) is { } error)
            throw new InvalidOperationException($"Signing in to the simulated cloud failed: {error.Message}.");
    }
}
