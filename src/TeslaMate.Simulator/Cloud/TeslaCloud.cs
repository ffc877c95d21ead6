using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Simulator.Faults;
using TeslaMate.Simulator.Lives;
using TeslaMate.Simulator.Roads;
using TeslaMate.Simulator.Streaming;

namespace TeslaMate.Simulator.Cloud;

/// <summary>
/// Tesla's cloud on loopback: tokens, products, vehicle data and the stream, and a geocoder, all on one port. What it knows (cars, tokens, faults,
/// counts) outlives <see cref="StopAsync"/>, so that it can be restarted under a running logger.
/// </summary>
public sealed class TeslaCloud : IAsyncDisposable
{
    readonly TimeProvider _time;
    readonly Dictionary<long, SimulatedCar> _carsById;
    readonly Dictionary<string, SimulatedCar> _carsByTag;
    readonly Geocoder _geocoder;
    WebApplication? _app;
    CancellationTokenSource? _stopping;
    int _port;
    int _working;
    int _waitingOnPurpose;
    long _streamMessages;

    /// <param name="lives">One for each car of the account.</param>
    /// <param name="time">The clock of the simulated world.</param>
    /// <param name="places">What the geocoder knows.</param>
    public TeslaCloud(IEnumerable<Life> lives, TimeProvider time, IEnumerable<Place>? places = null)
    {
        _time = time;
        Cars = [.. lives.Select(life => new SimulatedCar(life))];
        _carsById = Cars.ToDictionary(car => car.Identity.Id);
        _carsByTag = Cars.SelectMany(car => new[] { (Tag: Text(car.Identity.VehicleId), Car: car), (Tag: car.Identity.Vin, Car: car) })
            .ToDictionary(entry => entry.Tag, entry => entry.Car);
        Accounts = new Accounts(time);
        _geocoder = new Geocoder(places ?? Cars.SelectMany(car => car.Life.Episodes).Select(episode => episode.Place).Distinct());
    }

    public IReadOnlyList<SimulatedCar> Cars { get; }

    public Accounts Accounts { get; }

    public FaultPlan Faults { get; } = new();

    /// <summary>How often the stream tells about a driving car.</summary>
    public TimeSpan StreamInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>For <c>TESLA_API_HOST</c>, <c>TESLA_AUTH_HOST</c> (with the path <c>/oauth2/v3</c>) and <c>NOMINATIM_URL</c>.</summary>
    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>For <c>TESLA_WSS_HOST</c>.</summary>
    public Uri StreamAddress => new($"ws://127.0.0.1:{_port}");

    /// <summary>The environment variables that send a program here for all it would ask Tesla or the geocoder.</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["TESLA_API_HOST"] = Text(Address),
        ["TESLA_AUTH_HOST"] = Text(Address),
        ["TESLA_AUTH_PATH"] = "/oauth2/v3",
        ["TESLA_WSS_HOST"] = Text(StreamAddress),
        ["NOMINATIM_URL"] = Text(Address),
    };

    /// <summary>Requests that are being worked on, without those that are kept waiting on purpose.</summary>
    public int Working => Volatile.Read(ref _working);

    /// <summary>Requests that are kept waiting until the clock moves.</summary>
    public int WaitingOnPurpose => Volatile.Read(ref _waitingOnPurpose);

    /// <summary>Messages that were sent on all streams.</summary>
    public long StreamMessages => Interlocked.Read(ref _streamMessages);

    /// <summary>Starts to listen: the first time on <paramref name="port"/> (0: any), later on the same one as before.</summary>
    public async Task StartAsync(int port = 0, CancellationToken cancellationToken = default)
    {
        if (_app is not null)
            throw new InvalidOperationException("The cloud is running already.");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, _port != 0 ? _port : port);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        _stopping = new CancellationTokenSource();
        _app = builder.Build();
        _app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        _app.Run(AnswerAsync);
        await _app.StartAsync(cancellationToken);
        _port = new Uri(_app.Urls.First()).Port;
    }

    /// <summary>Goes away as in a crash: every open connection breaks.</summary>
    public async Task StopAsync()
    {
        if (_app is not { } app)
            return;
        _app = null;
        await _stopping!.CancelAsync();
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
        _stopping.Dispose();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    static string Text(Uri address) => address.GetLeftPart(UriPartial.Authority);

    async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _working);
        try
        {
            await RouteAsync(context);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or WebSocketException)
        {
            context.Abort();
        }
        finally
        {
            Interlocked.Decrement(ref _working);
        }
    }

    Task RouteAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (HttpMethods.IsPost(context.Request.Method) && path.EndsWith("/token", StringComparison.Ordinal))
            return AnswerAsync(context, RequestKind.Refresh, null, () => RefreshAsync(context));
        if (path is "/streaming/" or "/streaming")
            return StreamAsync(context);
        if (path is "/reverse" or "/lookup")
            return AnswerAsync(context, RequestKind.Geocoding, null,
                () => WriteAsync(context, 200, json => _geocoder.Answer(json, path, context.Request.Query)));
        if (path == "/api/1/products")
            return AnswerAsync(context, RequestKind.List, null, () => ForSignedInAsync(context, () => ListAsync(context)));
        return path.Split('/') switch
        {
            ["", "api", "1", "vehicles", var id] when CarOf(id) is { } car
                => AnswerAsync(context, RequestKind.Vehicle, car, () => ForSignedInAsync(context, () => VehicleAsync(context, car))),
            ["", "api", "1", "vehicles", var id, "vehicle_data"] when CarOf(id) is { } car
                => AnswerAsync(context, RequestKind.VehicleData, car,
                    () => ForSignedInAsync(context, () => VehicleDataAsync(context, car, withGaps: false))),
            _ => WriteFaultAsync(context, Fault.NotFound),
        };
    }

    async Task AnswerAsync(HttpContext context, RequestKind kind, SimulatedCar? car, Func<Task> answer)
    {
        switch (Faults.Next(kind, car?.Identity.Id, _time.GetUtcNow()))
        {
            case Fault.Slow slow:
                Interlocked.Decrement(ref _working);
                Interlocked.Increment(ref _waitingOnPurpose);
                try
                {
                    using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping!.Token);
                    await Task.Delay(slow.By, _time, gone.Token);
                }
                finally
                {
                    Interlocked.Decrement(ref _waitingOnPurpose);
                    Interlocked.Increment(ref _working);
                }

                await answer();
                break;
            case Fault.MissingFields when kind == RequestKind.VehicleData && car is not null:
                await ForSignedInAsync(context, () => VehicleDataAsync(context, car, withGaps: true));
                break;
            case Fault.Truncated:
                await TruncateAsync(context, answer);
                break;
            case { } fault and (Fault.Answer or Fault.Garbage or Fault.MissingFields or Fault.Dropped):
                await WriteFaultAsync(context, fault);
                break;
            default:
                await answer();
                break;
        }
    }

    Task ForSignedInAsync(HttpContext context, Func<Task> answer)
        => Accounts.IsGood(BearerOf(context)) ? answer() : WriteFaultAsync(context, Fault.Unauthorized);

    async Task RefreshAsync(HttpContext context)
    {
        string? old = null;
        try
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            old = body.RootElement.GetProperty("refresh_token").GetString();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // As good as no token.
        }

        if (Accounts.Refresh(old) is not var (access, refresh))
        {
            await WriteFaultAsync(context, new Fault.Answer(401,
                """{"error":"login_required","error_description":"The refresh_token is invalid","error_uri":"https://auth.tesla.com/error"}"""));
            return;
        }

        await WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("access_token", access);
            json.WriteString("refresh_token", refresh);
            json.WriteString("id_token", "h.e30.s");
            json.WriteNumber("expires_in", (long)Accounts.Lifetime.TotalSeconds);
            json.WriteString("state", "00000000-0000-4000-8000-000000000000");
            json.WriteString("token_type", "Bearer");
            json.WriteEndObject();
        });
    }

    Task ListAsync(HttpContext context)
    {
        var now = _time.GetUtcNow();
        var moments = Cars.Select(car => (car, moment: car.Ask(RequestKind.List, now))).ToList();
        return WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("response");
            foreach (var (car, moment) in moments)
                VehicleJson.WriteLight(json, car.Identity, moment);
            json.WriteStartObject();
            json.WriteNumber("energy_site_id", 1550000000000001);
            json.WriteString("resource_type", "battery");
            json.WriteString("site_name", "Home");
            json.WriteString("id", "STE20200101-00001");
            json.WriteString("gateway_id", "1118431-00-L--TG1");
            json.WriteNumber("percentage_charged", 71.5);
            json.WriteNumber("battery_power", 20);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteNumber("count", moments.Count + 1);
            json.WriteEndObject();
        });
    }

    Task VehicleAsync(HttpContext context, SimulatedCar car)
    {
        var moment = car.Ask(RequestKind.Vehicle, _time.GetUtcNow());
        return moment.Reach == Reach.InService
            ? WriteFaultAsync(context, Fault.InService)
            : WriteAsync(context, 200, json => WriteResponse(json, () => VehicleJson.WriteLight(json, car.Identity, moment)));
    }

    Task VehicleDataAsync(HttpContext context, SimulatedCar car, bool withGaps)
    {
        var moment = car.Ask(RequestKind.VehicleData, _time.GetUtcNow());
        var withLocation = context.Request.Query["endpoints"].ToString().Split(';').Contains("location_data");
        return moment.Reach switch
        {
            Reach.InService => WriteFaultAsync(context, Fault.InService),
            Reach.Online => WriteAsync(context, 200, json => WriteResponse(json,
                () => VehicleJson.WriteFull(json, car.Identity, car.Life.Model, moment, withLocation, withGaps))),
            _ => WriteFaultAsync(context, Fault.Unavailable),
        };
    }

    async Task StreamAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping!.Token);
        Interlocked.Decrement(ref _working);
        try
        {
            var stream = new CarStream(socket, tag => _carsByTag.GetValueOrDefault(tag), Accounts, Faults, _time, () => StreamInterval,
                () => Interlocked.Increment(ref _streamMessages));
            await stream.RunAsync(gone.Token);
        }
        finally
        {
            Interlocked.Increment(ref _working);
        }
    }

    SimulatedCar? CarOf(string id) => long.TryParse(id, out var number) ? _carsById.GetValueOrDefault(number) : null;

    static string? BearerOf(HttpContext context)
        => context.Request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token] ? token : null;

    static void WriteResponse(Utf8JsonWriter json, Action write)
    {
        json.WriteStartObject();
        json.WritePropertyName("response");
        write();
        json.WriteEndObject();
    }

    static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer))
            write(json);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = buffer.WrittenCount;
        await context.Response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
    }

    static async Task WriteFaultAsync(HttpContext context, Fault fault)
    {
        switch (fault)
        {
            case Fault.Answer answer:
                context.Response.StatusCode = answer.Status;
                context.Response.ContentType = answer.ContentType;
                if (answer.RetryAfter is { } retryAfter)
                    context.Response.Headers.RetryAfter = retryAfter;
                await context.Response.WriteAsync(answer.Body, context.RequestAborted);
                break;
            case Fault.Garbage or Fault.MissingFields:
                context.Response.ContentType = "application/json; charset=utf-8";
                await context.Response.WriteAsync("""{"response": {"id": 14929300, "state": onl""", context.RequestAborted);
                break;
            default:
                context.Abort();
                break;
        }
    }

    // The right answer is written into memory; its first half is sent under a length that promises all of it.
    static async Task TruncateAsync(HttpContext context, Func<Task> answer)
    {
        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var memory = new MemoryStream();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(memory));
        await answer();
        context.Features.Set(body);
        context.Response.ContentLength ??= memory.Length;
        await context.Response.StartAsync(context.RequestAborted);
        await body.Writer.WriteAsync(memory.GetBuffer().AsMemory(0, (int)memory.Length / 2), context.RequestAborted);
        await body.Writer.FlushAsync(context.RequestAborted);
        context.Abort();
    }

    static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
