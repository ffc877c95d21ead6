using TeslaMate.Tests.Logbook;

namespace TeslaMate.Tests.Outgoing;

/// <summary>Tests with a database and a receiver of their own.</summary>
public abstract class ReceiverTests : IAsyncLifetime
{
    internal LogbookDatabase Database { get; private set; } = null!;

    internal Receiver Receiver { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await LogbookDatabase.CreateMigratedAsync();
        Receiver = await Receiver.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await Receiver.DisposeAsync();
        await Database.DisposeAsync();
    }
}
