using System.Threading.Channels;

namespace TeslaMate.Logbook.Addresses;

/// <summary>Rows whose addresses are to be looked up soon. It only shortens the wait: what is forgotten here is found by the repair job.</summary>
sealed class AddressQueue
{
    readonly Channel<Waiting> _queue =
        Channel.CreateBounded<Waiting>(new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropOldest });

    public ChannelReader<Waiting> Reader => _queue.Reader;

    public void Add(DriveId drive) => _queue.Writer.TryWrite(new(drive, null));

    public void Add(ChargingProcessId process) => _queue.Writer.TryWrite(new(null, process));

    /// <summary>A drive or a charging process.</summary>
    public readonly record struct Waiting(DriveId? Drive, ChargingProcessId? Process);
}
