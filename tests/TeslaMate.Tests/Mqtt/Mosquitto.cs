using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace TeslaMate.Tests.Mqtt;

/// <summary>A real broker on loopback, with a configuration of the test's own; killed and started again as the test says.</summary>
sealed class MosquittoServer : IAsyncDisposable
{
    const string End = "test/end";

    readonly string _folder = Directory.CreateTempSubdirectory("teslamate-mosquitto-").FullName;
    readonly string _program;
    readonly StringBuilder _log = new();
    Process? _process;

    MosquittoServer(string program, string configuration)
    {
        _program = program;
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        File.WriteAllText(ConfigurationFile,
            $"listener {Port} 127.0.0.1\n"
            + configuration.Replace("{folder}", _folder, StringComparison.Ordinal).Replace("{port}", $"{Port}", StringComparison.Ordinal)
            + "\n");
        // The broker gives up root for a user of its own, who must be able to read its files.
        File.SetUnixFileMode(_folder, (UnixFileMode)Convert.ToInt32("755", 8));
    }

    public int Port { get; }

    public string Folder => _folder;

    /// <summary>What the broker said, all its lives together.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    string ConfigurationFile => Path.Combine(_folder, "mosquitto.conf");

    public static async Task<MosquittoServer> StartAsync(string configuration = "allow_anonymous true", Func<string, Task>? prepare = null)
    {
        var program = new[] { "/usr/sbin/mosquitto", "/usr/bin/mosquitto" }.FirstOrDefault(File.Exists);
        Skip.If(program is null, "mosquitto is not installed");
        var server = new MosquittoServer(program!, configuration);
        if (prepare is not null)
            await prepare(server._folder);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>One that lets in nobody but this user.</summary>
    public static Task<MosquittoServer> WithPasswordAsync(string user, string password)
        => StartAsync("allow_anonymous false\npassword_file {folder}/passwords", async folder =>
        {
            using var process = Process.Start(
                new ProcessStartInfo("mosquitto_passwd", ["-b", "-c", Path.Combine(folder, "passwords"), user, password]))!;
            await process.WaitForExitAsync();
            File.SetUnixFileMode(Path.Combine(folder, "passwords"), (UnixFileMode)Convert.ToInt32("644", 8));
        });

    /// <summary>One with TLS and a certificate for <c>localhost</c> by the authority in <c>ca.pem</c>.</summary>
    /// <param name="more">Further lines of its configuration.</param>
    public static Task<MosquittoServer> WithTlsAsync(string more = "")
        => StartAsync($"allow_anonymous true\ncafile {{folder}}/ca.pem\ncertfile {{folder}}/server.pem\nkeyfile {{folder}}/server.key\n{more}",
            Certificates.WriteAsync);

    public async Task StartAgainAsync()
    {
        _process = Process.Start(new ProcessStartInfo(_program, ["-c", ConfigurationFile])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true
        })!;
        _ = KeepLogAsync(_process.StandardError);
        _ = _process.StandardOutput.ReadToEndAsync();
        for (var attempt = 0; attempt < 200; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(25);
            }
        }

        throw new InvalidOperationException("mosquitto did not start.");
    }

    public async Task KillAsync()
    {
        if (_process is not { HasExited: false })
            return;
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits until the broker has said something so many times, and never more than that unless told otherwise.</summary>
    public async Task LoggedAsync(int times, [StringSyntax(StringSyntaxAttribute.Regex)] string what, bool atLeast = false)
    {
        for (var attempt = 0; attempt < 200 && Regex.Count(Log, what) < times; attempt++)
            await Task.Delay(25);
        Regex.Count(Log, what).ShouldBeInRange(times, atLeast ? int.MaxValue : times, Log);
    }

    async Task KeepLogAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
            lock (_log)
                _log.AppendLine(line);
    }

    /// <summary>The retained messages of all topics below a filter.</summary>
    public async Task<Dictionary<string, string>> RetainedAsync(string filter = "#", params string[] options)
    {
        await using var listener = await ListenAsync(filter, [.. options, "-t", End]);
        // The broker sends what it has retained before anything that is published later.
        await PublishAsync(End, "", retain: false, options);
        return (await listener.UntilAsync(message => message.Topic == End))
            .Where(message => message.Retained)
            .ToDictionary(message => message.Topic, message => message.Payload);
    }

    public async Task<MosquittoListener> ListenAsync(string filter = "#", params string[] options)
    {
        var listener = new MosquittoListener(Port, filter, options);
        await listener.ReadyAsync();
        return listener;
    }

    /// <summary>Publishes as another client would.</summary>
    public async Task PublishAsync(string topic, string payload, bool retain, params string[] options)
    {
        string[] arguments =
        [
            "-h", "127.0.0.1", "-p", $"{Port}", "-q", "1", "-t", topic, .. options, .. retain ? new[] { "-r" } : [],
            .. payload.Length == 0 ? new[] { "-n" } : ["-m", payload],
        ];
        using var process = Process.Start(new ProcessStartInfo("mosquitto_pub", arguments))!;
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <param name="Retained">As the subscriber gets it: whether it is an old message, or, for a listener that asks for it, whether it was published to
/// be retained.</param>
sealed record MqttMessage(string Topic, bool Retained, int Qos, string Payload);

/// <summary><c>mosquitto_sub</c>, line by line.</summary>
sealed class MosquittoListener : IAsyncDisposable
{
    /// <summary>Makes <see cref="MqttMessage.Retained"/> what the publisher asked for.</summary>
    public static readonly string[] AsPublished = ["-V", "5", "--retain-as-published"];

    readonly Process _process;
    readonly Queue<MqttMessage> _early = [];

    public MosquittoListener(int port, string filter, string[] options)
    {
        // Payloads in hexadecimal digits: a line break in one is no end of a line. Through a pipe the output would wait in a buffer without stdbuf.
        _process = Process.Start(new ProcessStartInfo("stdbuf",
            ["-oL", "mosquitto_sub", "-d", "-h", "127.0.0.1", "-p", $"{port}", "-q", "1", "-F", "message|%t|%r|%q|%x", "-t", filter, .. options])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _ = _process.StandardError.ReadToEndAsync();
    }

    public async Task ReadyAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("Subscribed", StringComparison.Ordinal))
                return;
            if (Read(line) is { } message)
                _early.Enqueue(message);
        }

        throw new InvalidOperationException("mosquitto_sub could not subscribe.");
    }

    /// <returns>Null when none came within <paramref name="limit"/>.</returns>
    public async Task<MqttMessage?> NextAsync(TimeSpan limit)
    {
        if (_early.TryDequeue(out var early))
            return early;
        using var timeout = new CancellationTokenSource(limit);
        try
        {
            while (await _process.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
                if (Read(line) is { } message)
                    return message;
        }
        catch (OperationCanceledException)
        {
        }

        return null;
    }

    static MqttMessage? Read(string line)
        => line.Split('|') is ["message", var topic, var retained, var qos, var payload]
            ? new MqttMessage(topic, retained == "1", qos[0] - '0', Encoding.UTF8.GetString(Convert.FromHexString(payload)))
            : null;

    /// <summary>The messages up to and including the first that satisfies a condition.</summary>
    public async Task<List<MqttMessage>> UntilAsync(Func<MqttMessage, bool> last)
    {
        var messages = new List<MqttMessage>();
        // A slow line alone keeps some tests waiting for 20 s.
        while (await NextAsync(TimeSpan.FromMinutes(2)) is { } message)
        {
            messages.Add(message);
            if (last(message))
                return messages;
        }

        throw new InvalidOperationException($"The awaited message did not come; there were:\n{string.Join('\n', messages)}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
