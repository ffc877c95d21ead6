using TeslaMate.Tests.Logbook;

namespace TeslaMate.Tests.Configuration;

/// <summary>Positions of cars are nobody else's business.</summary>
public sealed class PrivateFilesTests
{
    const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_that_the_logbook_keeps_on_disk_is_its_own(bool wasOpenBefore)
    {
        var folder = Directory.CreateTempSubdirectory("private-").FullName;
        var spool = Path.Combine(folder, "spool");
        if (wasOpenBefore)
        {
            Directory.CreateDirectory(spool);
            foreach (var name in (string[])["lock", "car-1.spool"])
            {
                await File.WriteAllTextAsync(Path.Combine(spool, name), "");
                File.SetUnixFileMode(Path.Combine(spool, name),
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            }

            File.SetUnixFileMode(spool, (UnixFileMode)0b111_101_101);
        }

        await using var database = await LogbookDatabase.CreateAsync();
        await using (var instance = new LogbookInstance(database.DataSource, settings: new() { SpoolFolder = spool }))
        {
            await instance.LeaseAsync();
            var paths = Directory.EnumerateFileSystemEntries(spool, "*", SearchOption.AllDirectories).Append(spool).ToList();
            paths.Count.ShouldBeGreaterThan(2);
            paths.ShouldAllBe(path => (File.GetUnixFileMode(path) & Others) == 0);
        }

        Directory.Delete(folder, recursive: true);
    }
}
