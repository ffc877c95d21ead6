using TeslaMate.Configuration;
using TeslaMate.Database.Migrations;
using TeslaMate.Hosting;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Systemd;

namespace TeslaMate.Tests.Host;

public class MigrationLogTests
{
    [Theory]
    [InlineData("/var/lib/teslamate/tm_encryption.key")]
    [InlineData]
    public void A_key_that_was_made_is_not_in_the_journal_but_what_to_do_is(params string[] files)
    {
        using var log = new RecordedLog();
        new MigrationLog(Notifiers.At(null), log.For<MigrationLog>()).Report(new MigrationProgress.NewKey(new Secret("known-secret"), files));
        log.Everything.ShouldNotContain("known-secret");
        log.Everything.ShouldContain("ENCRYPTION_KEY");
        foreach (var file in files)
            log.Everything.ShouldContain(file);
    }
}
