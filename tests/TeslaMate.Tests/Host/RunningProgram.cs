using System.CommandLine;
using System.Net.Sockets;
using Npgsql;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Tests.Database;

namespace TeslaMate.Tests.Host;

/// <summary>The whole program in this process, on a database of its own and listening on a unix socket.</summary>
sealed class RunningProgram : IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly StringWriter _said = new();
    readonly TextWriter _output;
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("host-");
    readonly Task<int> _run;

    /// <param name="database">What it works with.</param>
    /// <param name="migrate">Whether it may migrate it.</param>
    /// <param name="environment">Variables besides those that it needs.</param>
    public RunningProgram(TestDatabase database, bool migrate, params (string Name, string Value)[] environment)
    {
        _output = TextWriter.Synchronized(_said);
        var values = EnvironmentOf(database, _folder.FullName);
        foreach (var (name, value) in environment)
            values[name] = value;
        Http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync }) { BaseAddress = new Uri("http://teslamate/") };
        _run = ServeCommand.RunAsync(new Variables(values), migrate, new InvocationConfiguration { Output = _output, Error = _output }, _stop.Token);
    }

    public string Socket => SocketIn(_folder.FullName);

    public HttpClient Http { get; }

    /// <summary>Everything written until now.</summary>
    public string Said
    {
        get
        {
            lock (_output)
                return _said.ToString();
        }
    }

    /// <summary>Waits until the program listens; fails when it ends before.</summary>
    public async Task<RunningProgram> ReadyAsync()
    {
        while (!Said.Contains("Listening on", StringComparison.Ordinal))
        {
            _run.IsCompleted.ShouldBeFalse(Said);
            await Task.Delay(20);
        }

        return this;
    }

    /// <summary>Waits for the end that comes by itself.</summary>
    public async Task<int> EndAsync() => await _run.WaitAsync(TimeSpan.FromSeconds(60));

    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        return await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Http.Dispose();
        _stop.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>
    /// What the program needs to work with a database, without MQTT; its files and its HTTP socket are in <paramref name="folder"/>.
    /// </summary>
    public static Dictionary<string, string> EnvironmentOf(TestDatabase database, string folder)
    {
        var server = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var values = new Dictionary<string, string>
        {
            ["DATABASE_NAME"] = database.Name,
            ["DATABASE_USER"] = server.Username!,
            ["DATABASE_PORT"] = $"{server.Port}",
            [server.Host!.StartsWith('/') ? "DATABASE_SOCKET_DIR" : "DATABASE_HOST"] = server.Host,
            ["DISABLE_MQTT"] = "true",
            ["ENCRYPTION_KEY"] = "key-of-the-test",
            ["HTTP_BINDING_ADDRESS"] = SocketIn(folder),
            ["TESLAMATE_SPOOL_DIR"] = Path.Combine(folder, "spool"),
            ["SRTM_CACHE"] = Path.Combine(folder, "srtm"),
        };
        if (server.Password is { Length: > 0 } password)
            values["DATABASE_PASS"] = password;
        return values;
    }

    static string SocketIn(string folder) => Path.Combine(folder, "http.sock");

    async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new System.Net.Sockets.Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
