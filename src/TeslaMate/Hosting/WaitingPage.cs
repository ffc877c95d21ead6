using System.Globalization;
using System.Net;

namespace TeslaMate.Hosting;

/// <summary>
/// What is answered before there is anything to show: while the database is awaited, or migrated, a sentence that says so in place of a refused
/// connection, and the plain health check. It needs no database, tells nothing of it, and goes when the program itself listens.
/// </summary>
static partial class WaitingPage
{
    /// <summary>A start that takes no longer needs no such page.</summary>
    public static readonly TimeSpan After = TimeSpan.FromSeconds(2);

    const int ComeAgainS = 10;

    /// <summary>Answers until <paramref name="fit"/> has ended, if that takes longer than a moment.</summary>
    public static async Task ShowDuringAsync(Task fit, Settings settings, ILogger logger, TimeProvider time, CancellationToken stop)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var moment = Task.Delay(After, time, enough.Token);
        if (await Task.WhenAny(fit, moment) == fit || stop.IsCancellationRequested)
        {
            await enough.CancelAsync();
            return;
        }

        // Whether there is a password is what the database knows, so nobody else is let near before it answers.
        var listener = settings.Listener.Decide(keepsStrangersOut: false);
        await using var app = Build();
        app.ListenOn(listener);
        try
        {
            await app.StartAsync(stop);
            Listener.Opened(listener);
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException or UnauthorizedAccessException)
        {
            // The program itself will say so, and end.
            Log.CannotShow(logger, listener, exception.Message);
            return;
        }

        await ((Task)Task.WhenAny(fit)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
        await app.StopAsync(soon.Token);
    }

    static WebApplication Build()
    {
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, EnvironmentName = Environments.Production });
        builder.WebHost.UseKestrelCore();
        var app = builder.Build();
        app.Run(AnswerAsync);
        return app;
    }

    static async Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Path.Value?.EndsWith("/health_check", StringComparison.Ordinal) == true && !http.Request.Query.ContainsKey("verbose"))
            return;
        http.Response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
        http.Response.Headers.RetryAfter = ComeAgainS.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        if (http.Request.Headers.Accept.ToString() is var accept && accept.Contains("json", StringComparison.OrdinalIgnoreCase)
            && !accept.Contains("html", StringComparison.OrdinalIgnoreCase)
            || http.Request.Path.StartsWithSegments("/health_check"))
        {
            http.Response.ContentType = "application/json; charset=utf-8";
            await http.Response.WriteAsync("""{"status":"starting","error":"the database is awaited"}""", http.RequestAborted);
            return;
        }

        http.Response.ContentType = "text/html; charset=utf-8";
        await http.Response.WriteAsync($"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <meta http-equiv="refresh" content="{ComeAgainS}"><title>TeslaMate for .NET</title></head>
            <body><h1>TeslaMate for .NET is starting</h1><p>The database is awaited, or being brought up to date.
            This page loads itself again; the log says more.</p></body></html>
            """, http.RequestAborted);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Nothing can be shown on {Listener} while the database is awaited: {Reason}")]
        public static partial void CannotShow(ILogger logger, ListenerSettings listener, string reason);
    }
}
