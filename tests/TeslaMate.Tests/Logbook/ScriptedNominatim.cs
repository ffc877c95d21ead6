using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Tests.Logbook;

/// <summary>A geocoder that answers what the test says, and remembers what it was asked.</summary>
sealed class ScriptedNominatim(WebApplication app) : IAsyncDisposable
{
    public ConcurrentQueue<string> Requests { get; } = new();

    public Func<IReadOnlyDictionary<string, string>, (int Status, string Body)> Reverse { get; set; } = _ => (500, "");

    public Func<IReadOnlyDictionary<string, string>, (int Status, string Body)> LookUp { get; set; } = _ => (500, "");

    /// <summary>What every answer waits for.</summary>
    public Task AnswerAfter { get; set; } = Task.CompletedTask;

    public Uri Address => new(app.Urls.First());

    public static async Task<ScriptedNominatim> StartAsync()
    {
        var app = LoopbackServer.Build();
        var nominatim = new ScriptedNominatim(app);
        app.MapGet("/reverse", context => nominatim.AnswerAsync(context, nominatim.Reverse));
        app.MapGet("/lookup", context => nominatim.AnswerAsync(context, nominatim.LookUp));
        await app.StartAsync();
        return nominatim;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    async Task AnswerAsync(HttpContext context, Func<IReadOnlyDictionary<string, string>, (int Status, string Body)> script)
    {
        var request = context.Request;
        Requests.Enqueue($"{request.Path}{request.QueryString} {request.Headers.AcceptLanguage} {request.Headers.UserAgent}");
        await AnswerAfter;
        var (status, body) = script(request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString()));
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(body);
    }
}
