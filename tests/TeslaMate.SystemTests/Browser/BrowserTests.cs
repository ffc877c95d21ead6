namespace TeslaMate.SystemTests.Browser;

/// <summary>
/// All tests in a browser share three programs: one that a family uses, one that has just been installed, and one with years behind it.
/// </summary>
[CollectionDefinition(Name)]
public sealed class BrowserTests : ICollectionFixture<ProgramInBrowser>, ICollectionFixture<NewProgramInBrowser>, ICollectionFixture<HistoryInBrowser>
{
    public const string Name = "browser";
}
