using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Clusters;
using TeslaMate.Database.Encryption;
using TeslaMate.Database.Migrations;
using TeslaMate.Simulator.Cloud;

namespace TeslaMate.Benchmarks;

/// <summary>
/// The program as a process of its own, signed in to a simulated cloud, with its pages on a unix socket in <paramref name="folder"/>.
/// </summary>
/// <param name="variables">Settings beside the necessary ones.</param>
sealed class ProgramWithCars(PrivateCluster cluster, TeslaCloud cloud, string folder, string database = "postgres",
    IReadOnlyDictionary<string, string>? variables = null) : IAsyncDisposable
{
    const string Key = "benchmark";

    readonly Dictionary<string, string> _environment = new(cloud.Variables.Concat(variables ?? new Dictionary<string, string>()))
    {
        ["DATABASE_SOCKET_DIR"] = cluster.Socket,
        ["DATABASE_NAME"] = database,
        ["DATABASE_USER"] = "postgres",
        ["ENCRYPTION_KEY"] = Key,
        ["DISABLE_MQTT"] = "true",
        ["HTTP_BINDING_ADDRESS"] = Path.Combine(folder, "pages"),
        ["TESLAMATE_SPOOL_DIR"] = Path.Combine(folder, "spool"),
        ["SRTM_CACHE"] = Path.Combine(folder, "elevation"),
    };

    Process? _process;

    /// <summary>The unix socket of the pages.</summary>
    public string Socket => _environment["HTTP_BINDING_ADDRESS"];

    public Process Process => _process ?? throw new InvalidOperationException("The program was not started.");

    /// <summary>Brings the schema up to date.</summary>
    /// <param name="published">The folder of a published program, which knows its own schema; null for that of the benchmarks.</param>
    public async Task MigrateAsync(string? published = null)
    {
        if (published is not null)
        {
            var start = new ProcessStartInfo(Path.Combine(published, "teslamate"), ["migrate"]) { RedirectStandardOutput = true };
            foreach (var (name, value) in _environment)
                start.Environment[name] = value;
            using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{start.FileName} migrate failed.");
            return;
        }

        var variables = new Variables(_environment);
        var outcome = await new Migrator(DatabaseSettings.Read(variables), variables, TimeProvider.System)
            .MigrateAsync(new Progress<MigrationProgress>(), CancellationToken.None);
        if (outcome is not MigrationOutcome.Done)
            throw new InvalidOperationException(outcome.ToString());
    }

    /// <summary>Stores tokens of the simulated account.</summary>
    public async Task SignInAsync(NpgsqlDataSource source)
    {
        var cipher = new TokenCipher(Encoding.UTF8.GetBytes(Key));
        var (access, refresh) = cloud.Accounts.SignIn();
        await using var tokens = source.CreateCommand("""
            with gone as (delete from private.tokens)
            insert into private.tokens (access, refresh, inserted_at, updated_at) values ($1, $2, now(), now())
            """);
        tokens.Parameters.AddWithValue(cipher.Encrypt(access));
        tokens.Parameters.AddWithValue(cipher.Encrypt(refresh));
        await tokens.ExecuteNonQueryAsync();
    }

    /// <summary>Starts the program; its output goes to <c>log</c> in the folder.</summary>
    /// <param name="published">The folder of a published program; null runs the one that was built with the benchmarks.</param>
    public void Start(string? published = null)
    {
        string[] command = published is null
            ? ["dotnet", typeof(CommandLine.ProgramCommand).Assembly.Location] : [Path.Combine(published, "teslamate")];
        var start = new ProcessStartInfo("/bin/sh",
            ["-c", "log=$1; shift; exec \"$@\" serve > \"$log\" 2>&1", "sh", Path.Combine(folder, "log"), .. command]);
        foreach (var (name, value) in _environment)
            start.Environment[name] = value;
        _process = Process.Start(start);
    }

    /// <summary>Asks the program, however long it takes to answer.</summary>
    public HttpClient Client() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://localhost"), Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Waits until the program answers from the database.</summary>
    public static async Task ReadyAsync(HttpClient http)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var response = await http.GetAsync("/data/v1/meta");
                response.EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException) when (attempt < 300)
            {
                await Task.Delay(200);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
