using System.Buffers;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Json;

namespace TeslaMate.Tesla.Streaming;

/// <summary>One opening of a car's stream: connects, carries out what <see cref="Dialogue"/> decides, and reconnects until it is disposed.</summary>
sealed partial class VehicleStream(
    StreamId id,
    Vid vehicleId,
    string tag,
    Func<StreamEvent, CancellationToken, ValueTask> receive,
    IAccess access,
    ITeslaAccount account,
    RejectedTokens rejectedTokens,
    Reconnects reconnects,
    LogLimiter logLimiter,
    TeslaSettings settings,
    TimeProvider time,
    ILogger<VehicleStream> logger) : IVehicleStream
{
    const string Fields = "speed,odometer,soc,elevation,est_heading,est_lat,est_lng,power,shift_state,range,est_range,heading";

    // How long the server may take to close its side, and to take what is sent.
    static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);
    static readonly TimeSpan LastFarewell = TimeSpan.FromSeconds(0.8);
    static readonly TimeSpan Sending = TimeSpan.FromSeconds(10);

    // From the beginning of one connection to that of the next, whatever ends them.
    static readonly TimeSpan ShortestConnection = TimeSpan.FromSeconds(1);

    readonly CancellationTokenSource _stop = new();
    DialogueState _state = new();
    Task _run = Task.CompletedTask;

    public StreamId Id => id;

    public bool IsAlive => !_stop.IsCancellationRequested;

    public void Start() => _run = RunAsync(_stop.Token);

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        await _run;
    }

    async Task RunAsync(CancellationToken cancellationToken)
    {
        // Whoever opens a stream does not wait for it.
        await Task.Yield();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                // What an earlier opening was told counts too.
                await Task.Delay(reconnects.Pause(tag), time, cancellationToken);
                var floor = Task.Delay(ShortestConnection, time, cancellationToken);
                reconnects.End(tag, await ConverseAsync(cancellationToken));
                await floor;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // A bug, here or in whoever receives the events: it costs this connection, not the car.
                Log.Bug(logger, vehicleId, exception);
                await Task.Delay(Dialogue.BackOff(5), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>One connection, from its token to its end.</summary>
    async Task<ReconnectCause> ConverseAsync(CancellationToken cancellationToken)
    {
        var pair = await TokensAsync(cancellationToken);
        using var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
#pragma warning disable CA5359 // The owner has said so: bridges for Fleet Telemetry stand in the same house, with certificates of their own making.
        if (settings.StreamAcceptsInvalidCertificates)
            socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        if (!await ConnectAsync(socket, pair, cancellationToken))
            return Lost(ReconnectCause.Failed, cancellationToken);

        var buffer = new ArrayBufferWriter<byte>(1024);
        // The socket ends the reading: a cancelled read would abort the connection before the farewell.
        var reading = ReadAsync(socket, buffer);
        try
        {
            var (timer, due) = (default(StreamStep?), default(long));
            var actions = Step(new StreamStep.Connected());
            while (true)
            {
                foreach (var action in actions)
                {
                    switch (action)
                    {
                        case StreamAction.Subscribe:
                            if (!await SubscribeAsync(socket, cancellationToken))
                                return Lost(ReconnectCause.Broken, cancellationToken);
                            break;
                        case StreamAction.Arm(var then, var after):
                            (timer, due) = (then, time.GetTimestamp() + (long)(after.TotalSeconds * time.TimestampFrequency));
                            break;
                        case StreamAction.Disarm:
                            timer = null;
                            break;
                        case StreamAction.Sample(var sample):
                            rejectedTokens.Forget(tag);
                            reconnects.Reset(tag);
                            await receive(new StreamEvent.Data(id, sample), cancellationToken);
                            break;
                        case StreamAction.Signal(var signal):
                            await SignalAsync(signal, cancellationToken);
                            break;
                        case StreamAction.Log(var trouble, var detail):
                            LogTrouble(trouble, detail);
                            break;
                        case StreamAction.Reconnect(var cause):
                            await CloseAsync(socket, reading, Farewell, cancellationToken);
                            return cause;
                    }
                }

                if (!await IsReadAsync(reading, timer is null ? null : due, cancellationToken))
                {
                    (var elapsed, timer) = (timer!, null);
                    actions = Step(elapsed);
                    continue;
                }

                switch (await reading)
                {
                    case Incoming.Message:
                        actions = Step(new StreamStep.Received(StreamMessage.Read(buffer.WrittenMemory, tag)));
                        buffer.ResetWrittenCount();
                        reading = ReadAsync(socket, buffer);
                        break;
                    case Incoming.TooLarge:
                        LogTrouble(StreamTrouble.TooLarge, null);
                        return Lost(ReconnectCause.Failed, cancellationToken);
                    case Incoming.Close:
                        await CloseAsync(socket, reading, Farewell, cancellationToken);
                        return Lost(ReconnectCause.Failed, cancellationToken);
                    default:
                        return Lost(ReconnectCause.Broken, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await SayGoodbyeAsync(socket, reading);
            throw;
        }
        finally
        {
            socket.Abort();
            await reading;
        }
    }

    StreamAction[] Step(StreamStep step)
    {
        (_state, var actions) = Dialogue.Transition(_state, step);
        return actions;
    }

    ReconnectCause Lost(ReconnectCause cause, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Step(new StreamStep.Lost());
        LogTrouble(cause == ReconnectCause.Broken ? StreamTrouble.Broken : StreamTrouble.Failed, null);
        return cause;
    }

    /// <summary>The tokens to connect with: waits for a sign-in, and for a better token when this one was not accepted lately.</summary>
    async Task<TokenPair> TokensAsync(CancellationToken cancellationToken)
    {
        var waited = TimeSpan.Zero;
        while (true)
        {
            var status = account.Status;
            if (await access.CurrentAsync(cancellationToken) is not { } pair)
            {
                await account.ChangedAsync(status, cancellationToken);
                continue;
            }

            var pause = rejectedTokens.Pause(tag, Bearer(pair)) - waited;
            if (pause <= TimeSpan.Zero)
                return pair;
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var started = time.GetTimestamp();
            await Task.WhenAny(Task.Delay(pause, time, either.Token), account.ChangedAsync(status, either.Token));
            await either.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            waited += time.GetElapsedTime(started);
        }
    }

    Secret Bearer(TokenPair pair) => settings.FleetToken ?? pair.Access;

    Uri Address(TokenPair pair)
    {
        var host = settings.StreamHost?.AbsoluteUri.TrimEnd('/') ?? AccessToken.Read(pair.Access.Reveal(), settings).Region switch
        {
            Region.China => "wss://streaming.vn.cloud.tesla.cn",
            _ => "wss://streaming.vn.teslamotors.com",
        };
        return new Uri(host + "/streaming/");
    }

    async Task<bool> ConnectAsync(ClientWebSocket socket, TokenPair pair, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(settings.Limits.StreamConnect, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await socket.ConnectAsync(Address(pair), either.Token);
            Log.Connected(logger, vehicleId);
            return true;
        }
        catch (WebSocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>
    /// False when the connection broke. The token is that of this moment: it may have been refreshed since the connection was made.
    /// </summary>
    async Task<bool> SubscribeAsync(ClientWebSocket socket, CancellationToken cancellationToken)
        => await access.CurrentAsync(cancellationToken) is { } pair
            && await SendAsync(
                socket,
                json =>
                {
                    json.WriteString("msg_type", "data:subscribe_oauth");
                    json.WriteString("token", Bearer(pair).Reveal());
                    json.WriteString("value", Fields);
                },
                Sending);

    async Task<bool> SendAsync(ClientWebSocket socket, Action<Utf8JsonWriter> write, TimeSpan within)
    {
        var message = new ArrayBufferWriter<byte>(512);
        await using (var json = new Utf8JsonWriter(message))
        {
            json.WriteStartObject();
            write(json);
            json.WriteString("tag", tag);
            json.WriteEndObject();
        }

        using var limit = new CancellationTokenSource(within, time);
        try
        {
            await socket.SendAsync(message.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, limit.Token);
            return true;
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            return false;
        }
    }

    async Task SignalAsync(StreamSignal signal, CancellationToken cancellationToken)
    {
        if (signal == StreamSignal.TokensExpired && await access.CurrentAsync(cancellationToken) is { } pair)
        {
            rejectedTokens.Add(tag, Bearer(pair));
            access.StreamRefused(pair);
        }

        // Whoever hears this closes the stream and opens another one.
        if (signal is StreamSignal.TokensExpired or StreamSignal.TooManyDisconnects)
            reconnects.End(tag, ReconnectCause.OwnerApi);

        StreamEvent @event = signal switch
        {
            StreamSignal.Inactive => new StreamEvent.Inactive(id),
            StreamSignal.TooManyDisconnects => new StreamEvent.TooManyDisconnects(id),
            StreamSignal.TokensExpired => new StreamEvent.TokensExpired(id),
            _ => new StreamEvent.VehicleOffline(id),
        };
        await receive(@event, cancellationToken);
    }

    /// <summary>True when something was read, false when it is due.</summary>
    async Task<bool> IsReadAsync(Task reading, long? due, CancellationToken cancellationToken)
    {
        if (reading.IsCompleted)
            return true;
        var pause = due is { } end ? time.GetElapsedTime(time.GetTimestamp(), end) : Timeout.InfiniteTimeSpan;
        if (due is not null && pause <= TimeSpan.Zero)
            return false;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delay = Task.Delay(pause, time, stop.Token);
        var first = await Task.WhenAny(reading, delay);
        await stop.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return first == reading;
    }

    /// <summary>Reads one message into the buffer; never throws.</summary>
    async Task<Incoming> ReadAsync(ClientWebSocket socket, ArrayBufferWriter<byte> buffer)
    {
        try
        {
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer.GetMemory(1024), CancellationToken.None);
                if (result.MessageType == WebSocketMessageType.Close)
                    return Incoming.Close;
                buffer.Advance(result.Count);
                if (buffer.WrittenCount > settings.Limits.StreamMessageBytes)
                    return Incoming.TooLarge;
                if (result.EndOfMessage)
                    return Incoming.Message;
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            return Incoming.Broken;
        }
    }

    async Task SayGoodbyeAsync(ClientWebSocket socket, Task<Incoming> reading)
    {
        if (await SendAsync(socket, json => json.WriteString("msg_type", "data:unsubscribe"), LastFarewell))
            await CloseAsync(socket, reading, LastFarewell, CancellationToken.None);
    }

    /// <summary>Closes in due form, and waits a moment for the other side to do so.</summary>
    async Task CloseAsync(ClientWebSocket socket, Task<Incoming> reading, TimeSpan within, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, either.Token);
            while (await reading.WaitAsync(either.Token) == Incoming.Message)
                reading = ReadAsync(socket, new ArrayBufferWriter<byte>());
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // It is aborted in a moment.
        }
    }

    void LogTrouble(StreamTrouble trouble, string? detail)
    {
        if (!logLimiter.ShouldLog(tag, trouble.ToString()))
            return;
        var (level, sentence) = Describe(trouble);
        Log.Trouble(logger, level, vehicleId, sentence, detail);
    }

    static (LogLevel Level, string Sentence) Describe(StreamTrouble trouble) => trouble switch
    {
        StreamTrouble.TooManyDisconnects => (LogLevel.Warning, "Too many disconnects from streaming API"),
        StreamTrouble.Offline => (LogLevel.Information, "Vehicle is offline"),
        StreamTrouble.OwnerApi => (LogLevel.Warning, "Tesla's stream has trouble with its own API"),
        StreamTrouble.TokenRefused => (LogLevel.Warning, "Tokens expired"),
        StreamTrouble.ClientError => (LogLevel.Warning, "The stream refuses this client:"),
        StreamTrouble.OtherError => (LogLevel.Warning, "The stream reports an error:"),
        StreamTrouble.Unknown => (LogLevel.Warning, "Unknown Message"),
        StreamTrouble.NoJson => (LogLevel.Warning, "A message that is no JSON"),
        StreamTrouble.TooLarge => (LogLevel.Warning, "A message that is too large"),
        StreamTrouble.Broken => (LogLevel.Warning, "The connection broke"),
        StreamTrouble.Failed => (LogLevel.Warning, "The stream cannot be reached or was closed by the other side"),
        _ => throw new UnreachableException($"no sentence for {trouble}"),
    };

    enum Incoming
    {
        Message,
        TooLarge,
        Close,
        Broken,
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Stream of {VehicleId}: connected")]
        public static partial void Connected(ILogger logger, Vid vehicleId);

        [LoggerMessage(Message = "Stream of {VehicleId}: {Trouble} {Detail}")]
        public static partial void Trouble(ILogger logger, LogLevel level, Vid vehicleId, string trouble, string? detail);

        [LoggerMessage(Level = LogLevel.Error, Message = "Stream of {VehicleId} failed and connects again")]
        public static partial void Bug(ILogger logger, Vid vehicleId, Exception exception);
    }
}
