using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using TeslaMate.Database.Clusters;
using TeslaMate.Tests.Mqtt;

namespace TeslaMate.Tests.Host;

/// <summary>
/// The program as a process of its own, with a known secret in every setting that can hold one. Whatever it writes and answers at whatever level of
/// detail, and whatever fails, no secret is in it.
/// </summary>
public sealed class RedactionTests
{
    /// <summary>Each is recognizable, and has characters that some spelling would change.</summary>
    static readonly string[] Secrets =
    [
        .. new[] { "Key", "Database", "Broker", "Token", "Base", "Web", "Api", "Proxy", "Host", "Auth", "Stream", "Search", "Release",
            "CompanionAppsOfThePhone" }.Select(name => $"S3cret+{name}/é's\"x"),
    ];

    static string Secret(string name) => Secrets.Single(secret => secret.Contains($"+{name}/", StringComparison.Ordinal));

    static string Login(string name) => $"user:{Uri.EscapeDataString(Secret(name))}@";

    // A port that refuses: nobody asks for it, and it is below those that are given out.
    const string Refusing = "127.0.0.1:1";

    // What is written at a level is also written at debug, which the file and the credential need not show again for the others.
    public static TheoryData<string, string> LevelsAndForms => new()
    {
        { "debug", "variable" }, { "info", "variable" }, { "warning", "variable" }, { "error", "variable" }, { "debug", "file" },
        { "debug", "credential" },
    };

    [SkippableTheory]
    [MemberData(nameof(LevelsAndForms))]
    public async Task No_secret_is_in_what_the_program_writes_and_answers(string level, string form)
    {
        await using var cluster = await StrictClusterAsync();
        await using var broker = await MosquittoServer.StartAsync("allow_anonymous false");
        await using var program = new Observed(cluster, level, form, ("MQTT_HOST", "127.0.0.1"), ("MQTT_PORT", $"{broker.Port}"));

        // Before the role has this password, the server refuses it.
        program.Start("serve", "--migrate");
        if (level is not "error")
            await program.UntilAsync(() => program.Written.Contains("password", StringComparison.Ordinal));
        await QueryAsync(cluster, $"alter role logger password '{Secret("Database").Replace("'", "''", StringComparison.Ordinal)}'");
        await program.UntilAnswersAsync();

        await AskEverythingAsync(program);
        // A page whose query fails.
        await QueryAsync(cluster, "alter table geofences rename to hidden");
        await program.AskAsync(HttpMethod.Get, "geo-fences");
        await QueryAsync(cluster, "alter table hidden rename to geofences");
        // The password changes behind the program's back, and the sessions end.
        await QueryAsync(cluster, "alter role logger password 'another'");
        await QueryAsync(cluster, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'logger'");
        await AskEverythingAsync(program);
        await program.RunAsync("status");
        await program.RunAsync("migrate");
        await program.RunAsync("delete-drive", "1");
        await cluster.StopServerAsync(immediately: true);
        await AskEverythingAsync(program);
        await program.RunAsync("status", "--json");
        await program.StopAsync();
        // Mistakes beside the secrets: all of them are reported, with their values.
        await program.RunAsync("serve", ("PORT", "x"), ("DATABASE_POOL_SIZE", "y"), ("TESLA_API_HOST", Secret("Host")),
            ("NOMINATIM_URL", $"ftp://{Login("Search")}host/"),
            ("HTTP_BINDING_ADDRESS", "z"), ("WEB_PASSWORD_FILE", Secret("Web")));

        // The mistakes, and two rounds of answers besides one while the database was away.
        program.Written.ShouldContain("PORT is \"x\"");
        program.Reads.ShouldBeGreaterThan(3 * 13);
        foreach (var secret in Secrets)
        {
            foreach (var spelling in new[] { secret, Uri.EscapeDataString(secret), WebUtility.UrlEncode(secret), WebUtility.HtmlEncode(secret),
                JsonEncoded(secret), secret[..12] })
                program.Written.ShouldNotContain(spelling, Case.Sensitive, $"{level}, {form}");
        }
    }

    static string JsonEncoded(string text) => System.Text.Json.JsonSerializer.Serialize(text).Trim('"');

    static async Task AskEverythingAsync(Observed program)
    {
        foreach (var path in new[] { "", "health_check?verbose", "metrics", "settings", "sign_in", "log-in", "nothing-here",
            "api/car/1/logging/resume" })
            await program.AskAsync(HttpMethod.Get, path);
        await program.AskAsync(HttpMethod.Put, "api/car/1/logging/resume", Secret("Api"));
        await program.AskAsync(HttpMethod.Get, "metrics", Secret("Api"));
        await program.AskAsync(HttpMethod.Get, "health_check?verbose", Secret("Token"));
        await program.AskAsync(HttpMethod.Post, "log-in", content: new FormUrlEncodedContent([new("password", Secret("Web"))]));
        await program.AskAsync(HttpMethod.Post, "sign_in",
            content: JsonContent.Create(new { access_token = Secret("Token"), refresh_token = Secret("Token") }));
    }

    /// <summary>A server that wants a password, and does not know the right one yet.</summary>
    static async Task<PrivateCluster> StrictClusterAsync()
    {
        var cluster = await PrivateCluster.StartAsync(settings: ["fsync = off", "password_encryption = 'scram-sha-256'"]);
        await QueryAsync(cluster, "create role logger login password 'another'");
        await QueryAsync(cluster, "create database cars owner logger");
        await QueryAsync(cluster, "create extension cube; create extension earthdistance", "cars");
        await File.WriteAllTextAsync(Path.Combine(cluster.Folder, "data", "pg_hba.conf"), "local all postgres trust\nlocal all all scram-sha-256\n");
        await QueryAsync(cluster, "select pg_reload_conf()");
        return cluster;
    }

    static async Task QueryAsync(PrivateCluster cluster, string sql, string? database = null)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(
            cluster.ConnectionString(database ?? (sql.StartsWith("alter table", StringComparison.Ordinal) ? "cars" : "postgres")));
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs of the program, and everything that could be seen of them.</summary>
    sealed class Observed : IAsyncDisposable
    {
        readonly string _folder = Directory.CreateTempSubdirectory("redaction-").FullName;
        readonly Dictionary<string, string> _environment;
        readonly StringWriter _written = new();
        readonly HttpClient _http;
        Process? _service;

        public Observed(PrivateCluster cluster, string level, string form, params (string Name, string Value)[] environment)
        {
            Dictionary<string, string> secrets = new()
            {
                ["ENCRYPTION_KEY"] = Secret("Key"),
                ["DATABASE_PASS"] = Secret("Database"),
                ["MQTT_PASSWORD"] = Secret("Broker"),
                ["TOKEN"] = Secret("Token"),
                ["SECRET_KEY_BASE"] = Secret("Base"),
                ["WEB_PASSWORD"] = Secret("Web"),
                ["WEB_API_TOKEN"] = Secret("Api"),
                ["API_TOKEN"] = Secret("CompanionAppsOfThePhone"),
            };
            _environment = new()
            {
                ["LOG_LEVEL"] = level,
                ["DATABASE_SOCKET_DIR"] = cluster.Socket,
                ["DATABASE_NAME"] = "cars",
                ["DATABASE_USER"] = "logger",
                ["MQTT_USERNAME"] = "cars",
                ["HTTP_BINDING_ADDRESS"] = Path.Combine(_folder, "http.sock"),
                ["NOMINATIM_PROXY"] = $"http://{Login("Proxy")}{Refusing}",
                ["NOMINATIM_URL"] = $"http://{Login("Search")}{Refusing}",
                ["TESLA_API_HOST"] = $"http://{Login("Host")}{Refusing}",
                ["TESLA_AUTH_HOST"] = $"http://{Login("Auth")}{Refusing}",
                ["TESLA_WSS_HOST"] = $"ws://{Login("Stream")}{Refusing}",
                ["UPDATE_CHECK_URL"] = $"http://{Login("Release")}{Refusing}/latest",
                ["TESLAMATE_SPOOL_DIR"] = Path.Combine(_folder, "spool"),
                ["SRTM_CACHE"] = Path.Combine(_folder, "srtm"),
                ["NOTIFY_SOCKET"] = "",
            };
            if (form == "credential")
                _environment["CREDENTIALS_DIRECTORY"] = Directory.CreateDirectory(Path.Combine(_folder, "credentials")).FullName;
            foreach (var (name, secret) in secrets)
            {
                var file = Path.Combine(form == "credential" ? _environment["CREDENTIALS_DIRECTORY"] : _folder, name);
                if (form == "variable")
                    _environment[name] = secret;
                else
                    File.WriteAllText(file, secret + "\n");
                if (form == "file")
                    _environment[name + "_FILE"] = file;
            }

            foreach (var (name, value) in environment)
                _environment[name] = value;
            _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync, AllowAutoRedirect = false })
            {
                BaseAddress = new Uri("http://localhost/")
            };
        }

        /// <summary>Both outputs of every run, the command lines, and the answers, bodies and headers.</summary>
        public string Written
        {
            get
            {
                lock (_written)
                    return _written.ToString();
            }
        }

        /// <summary>How many answers have been read.</summary>
        public int Reads { get; private set; }

        public void Start(params string[] arguments)
        {
            _service = Launch(arguments, []);
            Keep(File.ReadAllText($"/proc/{_service.Id}/cmdline"));
        }

        public async Task RunAsync(string verb, params (string Name, string Value)[] environment)
        {
            using var process = Launch([verb], environment);
            await process.WaitForExitAsync();
        }

        public async Task RunAsync(string verb, string argument)
        {
            using var process = Launch([verb, argument], []);
            await process.WaitForExitAsync();
        }

        public async Task AskAsync(HttpMethod method, string path, string? bearer = null, HttpContent? content = null)
        {
            using var request = new HttpRequestMessage(method, path) { Content = content };
            if (bearer is not null)
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Uri.EscapeDataString(bearer)}");
            using var answer = await _http.SendAsync(request);
            Keep($"{answer}\n{await answer.Content.ReadAsStringAsync()}");
            Reads++;
        }

        public async Task UntilAnswersAsync()
        {
            while (true)
            {
                (_service is { HasExited: true }).ShouldBeFalse(Written);
                try
                {
                    await AskAsync(HttpMethod.Get, "health_check");
                    // The page that says that the database is awaited is not yet the program.
                    using var page = await _http.GetAsync("robots.txt");
                    if (page.IsSuccessStatusCode)
                        return;
                }
                catch (HttpRequestException)
                {
                    // It listens in a moment.
                }

                await Task.Delay(50);
            }
        }

        public async Task UntilAsync(Func<bool> holds)
        {
            while (!holds())
            {
                (_service is { HasExited: true }).ShouldBeFalse(Written);
                await Task.Delay(50);
            }
        }

        public async Task StopAsync()
        {
            using var kill = Process.Start("kill", ["-TERM", $"{_service!.Id}"]);
            await _service.WaitForExitAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (_service is { HasExited: false })
            {
                _service.Kill();
                await _service.WaitForExitAsync();
            }

            _service?.Dispose();
            _http.Dispose();
            Directory.Delete(_folder, recursive: true);
        }

        Process Launch(IEnumerable<string> arguments, (string Name, string Value)[] environment)
        {
            var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "teslamate.dll"), .. arguments])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                WorkingDirectory = _folder,
            };
            foreach (var (name, value) in _environment.Select(pair => (pair.Key, pair.Value)).Concat(environment))
                start.Environment[name] = value;
            var process = Process.Start(start)!;
            process.OutputDataReceived += (_, line) => Keep(line.Data);
            process.ErrorDataReceived += (_, line) => Keep(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            return process;
        }

        void Keep(string? text)
        {
            lock (_written)
                _written.WriteLine(text);
        }

        async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_environment["HTTP_BINDING_ADDRESS"]), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
    }
}
