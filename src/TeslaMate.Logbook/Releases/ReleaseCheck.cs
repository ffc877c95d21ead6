using System.Net.Http.Headers;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using TeslaMate.Configuration;

namespace TeslaMate.Logbook.Releases;

/// <summary>Asks for the latest release after five minutes and then every three days (spec logbook 14), if an address to ask at is set.</summary>
sealed partial class ReleaseCheck : BackgroundService, IReleases
{
    static readonly TimeSpan First = TimeSpan.FromMinutes(5);

    static readonly TimeSpan Interval = TimeSpan.FromHours(72);

    static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    readonly LogbookSettings _settings;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly SemanticVersion _current;
    volatile Release? _newer;

    public ReleaseCheck(LogbookSettings settings, TimeProvider time, ILogger<ReleaseCheck> logger)
        : this(settings, time, logger,
            typeof(ReleaseCheck).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0")
    {
    }

    internal ReleaseCheck(LogbookSettings settings, TimeProvider time, ILogger logger, string current)
    {
        (_settings, _time, _logger) = (settings, time, logger);
        _current = SemanticVersion.Parse(current) ?? new(0, 0, 0, null);
    }

    public string? Newer => _newer?.Version;

    public Uri? Page => _newer?.Page;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, _time, _logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        if (_settings.UpdateCheckUrl is not { } address)
            return;
        await Task.Delay(First, _time, stoppingToken);
        using var timer = new PeriodicTimer(Interval, _time);
        do
            await CheckAsync(address, stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task CheckAsync(Uri address, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 4 * 1024 * 1024 };
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("TeslaMate", _current.ToString()));
        using var timeout = new CancellationTokenSource(RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var response = await http.GetAsync(address, either.Token);
            if (!response.IsSuccessStatusCode)
            {
                Log.Failed(_logger, $"HTTP {(int)response.StatusCode}");
                return;
            }

            using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(either.Token));
            Take(json.RootElement);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Failed(_logger, "timeout");
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or InvalidOperationException)
        {
            Log.Failed(_logger, exception.Message);
        }
    }

    void Take(JsonElement release)
    {
        if (release.ValueKind != JsonValueKind.Object
            || !release.TryGetProperty("tag_name", out var tag) || tag.ValueKind != JsonValueKind.String
            || !release.TryGetProperty("prerelease", out var prerelease) || !release.TryGetProperty("draft", out var draft)
            || tag.GetString() is not ['v', .. var text] || SemanticVersion.Parse(text) is not { } latest)
        {
            Log.Failed(_logger, "the answer describes no release");
            return;
        }

        if (prerelease.ValueKind == JsonValueKind.True || draft.ValueKind == JsonValueKind.True)
            return;
        // A release that was withdrawn is not announced any longer.
        if (latest.CompareTo(_current) <= 0)
        {
            _newer = null;
            return;
        }

        var page = release.TryGetProperty("html_url", out var link) && link.ValueKind == JsonValueKind.String
            && Uri.TryCreate(link.GetString(), UriKind.Absolute, out var address) && address.Scheme is "https" or "http" ? address : null;
        _newer = new(latest.ToString(), page);
        Log.Available(_logger, _current, latest);
    }

    sealed record Release(string Version, Uri? Page);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Update available: {Current} -> {Latest}")]
        public static partial void Available(ILogger logger, SemanticVersion current, SemanticVersion latest);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The check for a newer version failed: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
