using System.Threading.Channels;
using TeslaMate.Logbook.Cars;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;
using TeslaMate.Vehicles.Life;

namespace TeslaMate.Vehicles.Loop;

/// <summary>
/// A stream whose events go to a car's inbox under one number. While the inbox is full the stream is not read; nothing arrives after disposal.
/// </summary>
sealed class OpenStream : IAsyncDisposable
{
    readonly CancellationTokenSource _closing = new();
    readonly ChannelWriter<VehicleEvent> _inbox;
    readonly long _connection;
    readonly IVehicleStream _stream;

    public OpenStream(IVehicleStreams streams, Car car, long connection, ChannelWriter<VehicleEvent> inbox)
    {
        (_inbox, _connection) = (inbox, connection);
        _stream = streams.Open(new Vid(car.Vid), car.Vin, ReceiveAsync);
    }

    public async ValueTask DisposeAsync()
    {
        // First, so that a writer who waits for a place in the inbox lets the stream go.
        await _closing.CancelAsync();
        await _stream.DisposeAsync();
    }

    async ValueTask ReceiveAsync(StreamEvent said, CancellationToken cancellationToken)
    {
        if (_closing.IsCancellationRequested || _inbox.TryWrite(Streamed(said)))
            return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            await _inbox.WriteAsync(Streamed(said), either.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            // Closed while it waited.
        }
    }

    VehicleEvent.Streamed Streamed(StreamEvent said) => new(default, _connection, said, Surroundings.Unknown);
}
