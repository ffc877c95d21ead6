namespace TeslaMate.SystemTests.Browser;

/// <summary>All tests in a browser share two programs: one that a family uses, and one that has just been installed.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserTests : ICollectionFixture<ProgramInBrowser>, ICollectionFixture<NewProgramInBrowser>
{
    public const string Name = "browser";
}
