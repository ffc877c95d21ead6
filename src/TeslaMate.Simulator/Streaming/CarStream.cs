using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using TeslaMate.Simulator.Cloud;
using TeslaMate.Simulator.Faults;
using TeslaMate.Simulator.Lives;

namespace TeslaMate.Simulator.Streaming;

/// <summary>One connection to the stream: waits for a subscription, then tells what its car does until the car cannot be reached any more.</summary>
sealed class CarStream(
    WebSocket socket, Func<string, SimulatedCar?> carOf, Accounts accounts, FaultPlan faults, TimeProvider time, Func<TimeSpan> interval, Action sent)
{
    // An idle car says that it is still there before a listener gives up (after 30 s).
    static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await SendAsync("""{"msg_type":"control:hello","connection_timeout":0}""", cancellationToken);
        CancellationTokenSource? subscription = null;
        var telling = Task.CompletedTask;
        try
        {
            while (await ReceiveAsync(cancellationToken) is { } message)
            {
                if (Field(message, "msg_type") == "data:unsubscribe")
                    break;
                if (Field(message, "msg_type") != "data:subscribe_oauth")
                    continue;
                await StopAsync(subscription, telling);
                subscription = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                telling = FollowAsync(Field(message, "tag") ?? "", Field(message, "token"), subscription.Token);
            }
        }
        finally
        {
            await StopAsync(subscription, telling);
        }

        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
    }

    static async Task StopAsync(CancellationTokenSource? subscription, Task telling)
    {
        if (subscription is null)
            return;
        await subscription.CancelAsync();
        try
        {
            await telling;
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException)
        {
            // It was told to stop, or the other side has gone.
        }

        subscription.Dispose();
    }

    async Task FollowAsync(string tag, string? token, CancellationToken cancellationToken)
    {
        if (carOf(tag) is not { } car)
        {
            await SendErrorAsync(tag, "vehicle_error", "Vehicle is unknown", cancellationToken);
            return;
        }

        var now = time.GetUtcNow();
        car.Ask(RequestKind.Subscription, now);
        if (!accounts.IsGood(token) || faults.Next(RequestKind.Subscription, car.Identity.Id, now) is not null)
        {
            await SendErrorAsync(tag, "client_error", "Can't validate token. ", cancellationToken);
            return;
        }

        string? held = null;
        while (true)
        {
            now = time.GetUtcNow();
            var moment = car.At(now);
            if (!moment.IsOnline)
            {
                await SendErrorAsync(tag, "vehicle_disconnected", "Vehicle is disconnected", cancellationToken);
                return;
            }

            held = await SendSampleAsync(tag, car, moment, held, cancellationToken);
            var pause = moment.Doing == Doing.Driving ? interval() : Quiet;
            if (car.Life.NextChange(now) is { } change && change - now < pause)
                pause = change - now;
            // Delays are cut to milliseconds, and one of nothing would not let the clock go on.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(pause.TotalMilliseconds)), time, cancellationToken);
        }
    }

    // Answers with the message that is held back to be sent after the next one.
    async Task<string?> SendSampleAsync(string tag, SimulatedCar car, Moment moment, string? held, CancellationToken cancellationToken)
    {
        var message = $$"""{"msg_type":"data:update","tag":"{{tag}}","value":"{{Line(moment)}}"}""";
        var fault = faults.Next(RequestKind.StreamMessage, car.Identity.Id, moment.At);
        switch (fault)
        {
            case Fault.Dropped:
                socket.Abort();
                return null;
            case Fault.Garbage:
                await SendAsync("{\"msg_type\":\"data:upd", cancellationToken);
                break;
            case Fault.TokenExpired:
                await SendErrorAsync(tag, "client_error", "Can't validate token. ", cancellationToken);
                break;
            case Fault.Reordered when held is null:
                return message;
        }

        await SendAsync(message, cancellationToken);
        if (fault is Fault.Duplicated)
            await SendAsync(message, cancellationToken);
        if (held is not null)
            await SendAsync(held, cancellationToken);
        return null;
    }

    static string Line(Moment moment) => string.Create(CultureInfo.InvariantCulture,
        $"{moment.At.ToUnixTimeMilliseconds()},{moment.SpeedMph},{moment.OdometerMi:0.00},{moment.Level},"
            + $"{Math.Round(moment.ElevationM):0},{(int)moment.Heading % 360},"
        + $"{moment.Point.Latitude:0.000000},{moment.Point.Longitude:0.000000},{(moment.SubsystemCheck ? null : moment.PowerKw)},{moment.Shift},"
        + $"{Math.Round(moment.RatedMi):0},{Math.Round(moment.EstimatedMi):0},{(int)moment.Heading % 360}");

    Task SendErrorAsync(string tag, string type, string value, CancellationToken cancellationToken)
        => SendAsync($$"""{"msg_type":"data:error","tag":"{{tag}}","error_type":"{{type}}","value":"{{value}}"}""", cancellationToken);

    // Tesla sends binary frames. There is never more than one sender: the next subscription waits for the end of the one before.
    Task SendAsync(string message, CancellationToken cancellationToken)
    {
        sent();
        return socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
    }

    async Task<string?> ReceiveAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            if (part.MessageType == WebSocketMessageType.Close || length + part.Count == buffer.Length)
                return null;
            length += part.Count;
            if (part.EndOfMessage)
                return Encoding.UTF8.GetString(buffer, 0, length);
        }
    }

    static string? Field(string message, string name)
    {
        try
        {
            using var json = JsonDocument.Parse(message);
            return json.RootElement.TryGetProperty(name, out var field) ? field.GetString() : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
