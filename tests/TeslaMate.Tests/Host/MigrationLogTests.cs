using TeslaMate.Configuration;
using TeslaMate.Database.Migrations;
using TeslaMate.Hosting;
using TeslaMate.Systemd.Notify;
using TeslaMate.Tests.Tesla;

namespace TeslaMate.Tests.Host;

public class MigrationLogTests
{
    [Theory]
    [InlineData("/var/lib/teslamate/tm_encryption.key")]
    [InlineData]
    public void A_key_that_was_made_is_not_in_the_journal_but_what_to_do_is(params string[] files)
    {
        using var lines = new Lines();
        new MigrationLog(new SystemdNotifier(null), lines.For<MigrationLog>()).Report(new MigrationProgress.NewKey(new Secret("known-secret"), files));
        lines.Text.ShouldNotContain("known-secret");
        lines.Text.ShouldContain("ENCRYPTION_KEY");
        foreach (var file in files)
            lines.Text.ShouldContain(file);
    }
}
