using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace TeslaMate.Tests.Outgoing;

/// <summary>What a receiver got.</summary>
sealed record Received(string Path, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string Id => Headers["webhook-id"];
}

/// <summary>A receiver of webhooks that answers what the test says, one answer after the other and 204 when there are no more.</summary>
sealed class Receiver(WebApplication app) : IAsyncDisposable
{
    readonly ConcurrentQueue<Func<HttpContext, Task>> _answers = new();

    public ConcurrentQueue<Received> Requests { get; } = new();

    /// <summary>Answers everything that has no answer of its own.</summary>
    public Func<HttpContext, Task> Otherwise { get; set; } = http =>
    {
        http.Response.StatusCode = 204;
        return Task.CompletedTask;
    };

    public Uri Address => new(app.Urls.First());

    public string Url => $"http://127.0.0.1:{Address.Port}/hook";

    public static async Task<Receiver> StartAsync()
    {
        var app = LoopbackServer.Build();
        var receiver = new Receiver(app);
        app.Run(receiver.AnswerAsync);
        await app.StartAsync();
        return receiver;
    }

    public Receiver Then(int status, params (string Name, string Value)[] headers)
    {
        _answers.Enqueue(http =>
        {
            http.Response.StatusCode = status;
            foreach (var (name, value) in headers)
                http.Response.Headers[name] = value;
            return Task.CompletedTask;
        });
        return this;
    }

    public Receiver Then(Func<HttpContext, Task> answer)
    {
        _answers.Enqueue(answer);
        return this;
    }

    /// <summary>Cuts the connection instead of an answer.</summary>
    public Receiver ThenReset() => Then(http =>
    {
        http.Abort();
        return Task.CompletedTask;
    });

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    async Task AnswerAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync();
        Requests.Enqueue(new(http.Request.Path,
            http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body));
        await (_answers.TryDequeue(out var answer) ? answer : Otherwise)(http);
    }
}
