using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Logbook;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Inbox;

namespace TeslaMate.Telemetry.Endpoint;

/// <summary>
/// Where cars connect (spec fleet-telemetry 1.1, 7): a server of its own, apart from the pages, that asks every client for a certificate of a car
/// and speaks to nobody else.
/// </summary>
sealed partial class CarEndpoint(
    TelemetrySettings settings, TelemetryCars cars, InboxWriter inbox, EndpointCounters counters, TimeProvider time, ILoggerFactory loggers)
        : IHostedService, IAsyncDisposable
{
    const string VinItem = "vin";
    const string AttemptItem = "handshake";
    const int ConnectionsPerCar = 4;
    const int ConnectionsBeside = 16;
    const int LongestClaim = 100;

    static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    // Right after the start it may not be known yet who is let in; a car that is sent away comes back.
    static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(10);

    // Silence is normal for a parked car; this keeps networks in between from forgetting it.
    static readonly TimeSpan Ping = TimeSpan.FromSeconds(60);

    readonly ILogger _logger = loggers.CreateLogger("TeslaMate.Telemetry.Endpoint");
    readonly EndpointCertificates _certificates = new(settings, time, loggers.CreateLogger("TeslaMate.Telemetry.Endpoint"));
    readonly HandshakeLimits _limits = new(settings.MostFailedHandshakes, time);
    readonly ConcurrentDictionary<string, List<Connected>> _connections = new(StringComparer.Ordinal);
    readonly CancellationTokenSource _stopping = new();
    WebApplication? _server;
    long _lastConnection;
    int _open;

    public HandshakeLimits Limits => _limits;

    /// <summary>Connections that cars hold.</summary>
    public int Connections => Volatile.Read(ref _open);

    /// <summary>The port it listens on; for tests that ask for any.</summary>
    public int Port => new Uri(_server!.Urls.First()).Port;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.Listen is not { } listen)
            return;
        if (!IPEndPoint.TryParse(listen, out var address))
            throw new InvalidOperationException($"TELEMETRY_LISTEN is \"{listen}\", which is no address with a port.");
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ApplicationName = "TeslaMate.Telemetry", ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
            kestrel.Limits.MaxRequestLineSize = 4 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(address, Listen);
        });
        _server = builder.Build();
        _server.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Ping });
        _server.Run(ServeAsync);
        await _server.StartAsync(cancellationToken);
        Log.Listening(_logger, listen);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Also of cars that come back before nobody listens any more: the server waits for all of them.
        await _stopping.CancelAsync();
        if (_server is not null)
            await _server.StopAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _stopping.Dispose();
    }

    void Listen(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next => async connection =>
        {
            var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
            if (_limits.Begin(address, connection.Abort) is not { } attempt)
            {
                connection.Abort();
                return;
            }

            connection.Items[AttemptItem] = attempt;
            try
            {
                await next(connection);
            }
            finally
            {
                _limits.End(attempt);
            }
        });
        listen.UseHttps(new TlsHandshakeCallbackOptions { HandshakeTimeout = HandshakeTimeout, OnConnection = OnHandshake });
        listen.Use(next => connection =>
        {
            if (connection.Items[AttemptItem] is HandshakeLimits.Attempt attempt)
                _limits.Succeed(attempt);
            return next(connection);
        });
    }

    ValueTask<SslServerAuthenticationOptions> OnHandshake(TlsHandshakeCallbackContext context)
    {
        var (server, authorities) = _certificates.Current;
        // The framework's own verdict does not know what makes a certificate a car's, so it is spared the work: it knows no authorities.
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        return ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = server,
#pragma warning disable CA5398 // Which versions cars speak is not known; older ones than these are refused.
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
            ClientCertificateRequired = true,
            CertificateChainPolicy = policy,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                X509Certificate2Collection sent = chain?.ChainPolicy.ExtraStore ?? [];
                switch (CarCertificate.Judge(certificate as X509Certificate2, sent, authorities, time.GetUtcNow()))
                {
                    case CarCertificate.Car(var vin):
                        context.Connection.Items[VinItem] = vin;
                        return true;
                    case CarCertificate.Refused(var reason):
                        Log.Refused(_logger, reason);
                        return false;
                    default:
                        throw new System.Diagnostics.UnreachableException();
                }
            },
        });
    }

    async Task ServeAsync(HttpContext context)
    {
        if (context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(VinItem, out var item) != true || item is not string vin)
        {
            context.Abort();
            return;
        }

        CarId? found;
        try
        {
            using var timeout = new CancellationTokenSource(StartTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token, timeout.Token);
            found = await cars.FindAsync(vin, either.Token);
        }
        catch (OperationCanceledException)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        if (found is not { } car)
        {
            counters.CountStranger();
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
        }
        else if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        }
        else if (context.WebSockets.IsWebSocketRequest)
        {
            await ConnectAsync(context, car, vin);
        }
        else if (context.Request.Path == "/status")
        {
            await context.Response.WriteAsync("mtls ok", context.RequestAborted);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    async Task ConnectAsync(HttpContext context, CarId car, string vin)
    {
        try
        {
            if (Interlocked.Increment(ref _open) > (ConnectionsPerCar * cars.Count) + ConnectionsBeside || _stopping.IsCancellationRequested)
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            else
                await HoldAsync(context, car, vin);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    async Task HoldAsync(HttpContext context, CarId car, string vin)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        var connected = new Connected(stop);
        Connected? oldest = null;
        var list = _connections.GetOrAdd(vin, _ => []);
        lock (list)
        {
            list.Add(connected);
            if (list.Count > ConnectionsPerCar)
                (oldest, _) = (list[0], list.Remove(list[0]));
        }

        if (oldest is not null)
            await oldest.Stop.CancelAsync();
        // The car's own number may come twice, and the end of one connection must not be taken for that of another.
        var number = Interlocked.Increment(ref _lastConnection).ToString(CultureInfo.InvariantCulture);
        var id = $"{Claim(context, "X-TXID") ?? Guid.NewGuid().ToString()}#{number}";
        try
        {
            await new CarConnection(socket, car, vin, id, inbox, counters, time, _logger).RunAsync(Claim(context, "X-Network-Interface") ?? "",
                stop);
        }
        finally
        {
            lock (list)
                list.Remove(connected);
        }
    }

    static string? Claim(HttpContext context, string name) =>
        context.Request.Headers[name].ToString() is { Length: > 0 } text ? text.Length > LongestClaim ? text[..LongestClaim] : text : null;

    sealed record Connected(CancellationTokenSource Stop);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Cars may connect at {Address}")]
        public static partial void Listening(ILogger logger, string address);

        [LoggerMessage(Level = LogLevel.Debug, Message = "A client was refused: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}
