namespace TeslaMate.Tests.Logbook;

/// <summary>Tests of an instance of the logbook that has the lease of car 1, on a database of their own.</summary>
public abstract class TestsOfOneInstance : IAsyncLifetime
{
    private protected LogbookDatabase _database = null!;
    private protected LogbookInstance _instance = null!;

    public async Task InitializeAsync()
    {
        _database = await LogbookDatabase.CreateAsync();
        _instance = await LogbookInstance.OfCarAsync(_database);
    }

    public async Task DisposeAsync()
    {
        await _instance.DisposeAsync();
        await _database.DisposeAsync();
    }
}
