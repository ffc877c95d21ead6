using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace TeslaMate.Tests.Tesla;

/// <summary>Tesla's side of a real connection on loopback: every request is answered as the test says, and remembered.</summary>
sealed class ScriptedServer : IAsyncDisposable
{
    readonly WebApplication _app;

    ScriptedServer(WebApplication app, string scheme)
    {
        _app = app;
        Address = new Uri(app.Urls.First());
        WebSocketAddress = new Uri($"ws{scheme["http".Length..]}://127.0.0.1:{Address.Port}");
    }

    public Uri Address { get; }

    public Uri WebSocketAddress { get; }

    public ConcurrentQueue<ReceivedRequest> Requests { get; } = new();

    /// <summary>May be replaced between requests.</summary>
    public RequestDelegate Answer { get; set; } = context => Task.CompletedTask;

    public static async Task<ScriptedServer> StartAsync(RequestDelegate? answer = null, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore();
        if (certificate is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
        {
            if (certificate is null)
                return;
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(certificate);
        }));
        var app = builder.Build();
        ScriptedServer? server = null;
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = context.WebSockets.IsWebSocketRequest ? "" : await reader.ReadToEndAsync();
            server!.Requests.Enqueue(new ReceivedRequest(
                context.Request.Method, context.Request.Path + context.Request.QueryString, context.Request.Protocol,
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                body));
            await server.Answer(context);
        });
        await app.StartAsync();
        server = new ScriptedServer(app, certificate is null ? "http" : "https");
        if (answer is not null)
            server.Answer = answer;
        return server;
    }

    /// <summary>An answer with a JSON body.</summary>
    public static RequestDelegate Json(int status, string body, params (string Name, string Value)[] headers) => async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        await context.Response.WriteAsync(body);
    };

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}

sealed record ReceivedRequest(string Method, string Target, string Protocol, IReadOnlyDictionary<string, string> Headers, string Body);
