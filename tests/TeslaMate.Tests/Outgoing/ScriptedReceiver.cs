using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using TeslaMate.Outgoing.Channels;

namespace TeslaMate.Tests.Outgoing;

/// <summary>A receiver over HTTP that answers what the test says, and remembers what it was sent.</summary>
sealed class ScriptedReceiver(WebApplication app) : IAsyncDisposable
{
    public ConcurrentQueue<(string Path, string Headers, string Body)> Requests { get; } = new();

    public Func<(int Status, string Body)> Answer { get; set; } = () => (200, "{}");

    public string? RetryAfter { get; set; }

    /// <summary>What every answer waits for.</summary>
    public Task AnswerAfter { get; set; } = Task.CompletedTask;

    public Uri Address => new(app.Urls.First());

    /// <summary>Requests that may go to this machine, where receivers of tests are.</summary>
    public static OutgoingHttp Http(TimeProvider? time = null)
        => new(new AddressGuard([IPNetwork.Parse("127.0.0.0/8")]), time ?? TimeProvider.System, new NoProxy());

    public static async Task<ScriptedReceiver> StartAsync()
    {
        var app = LoopbackServer.Build();
        var receiver = new ScriptedReceiver(app);
        app.Run(receiver.AnswerAsync);
        await app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var headers = string.Join('\n', context.Request.Headers.Select(header => $"{header.Key}: {header.Value}"));
        Requests.Enqueue(($"{context.Request.Path}{context.Request.QueryString}", headers, await reader.ReadToEndAsync()));
        await AnswerAfter.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var (status, body) = Answer();
        context.Response.StatusCode = status;
        if (RetryAfter is { } seconds)
            context.Response.Headers.RetryAfter = seconds;
        await context.Response.WriteAsync(body);
    }

    sealed class NoProxy : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => null;

        public bool IsBypassed(Uri host) => true;
    }
}
