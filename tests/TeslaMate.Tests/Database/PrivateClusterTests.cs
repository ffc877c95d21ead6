using TeslaMate.Database.Clusters;

namespace TeslaMate.Tests.Database;

public sealed class PrivateClusterTests
{
    [Fact]
    public async Task A_temporary_cluster_that_was_stopped_and_started_again_leaves_nothing_behind()
    {
        string folder;
        await using (var cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]))
        {
            folder = cluster.Folder;
            await cluster.StopServerAsync(immediately: true);
            await cluster.StartServerAsync();
            // Whoever holds the pipe of the server that is gone must go on holding it.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Directory.Exists(Path.Combine(folder, "data")).ShouldBeTrue();
        }

        Directory.Exists(folder).ShouldBeFalse();
    }

    [Fact]
    public async Task Nobody_else_of_the_machine_reaches_it()
    {
        var parent = Directory.CreateTempSubdirectory("teslamate-private-").FullName;
        File.SetUnixFileMode(parent, (UnixFileMode)0b111_101_101);
        try
        {
            // A folder that was open to all, as one of an older program.
            var folder = Directory.CreateDirectory(Path.Combine(parent, "kept")).FullName;
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
            for (var start = 0; start < 2; start++)
            {
                await using var cluster = await PrivateCluster.StartAsync(folder,
                    settings: ["fsync = off", "unix_socket_permissions = 0777", "listen_addresses = '127.0.0.1'", "port = 54329"]);
                File.GetUnixFileMode(folder).ShouldBe((UnixFileMode)0b111_000_000);
                File.GetUnixFileMode(Directory.GetFiles(folder, ".s.PGSQL.*").Single(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
                    .ShouldBe((UnixFileMode)0b111_000_000);
                (await File.ReadAllLinesAsync(Path.Combine(folder, "data/postmaster.pid")))[5].Trim().ShouldBeEmpty();
                File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
            }
        }
        finally
        {
            Directory.Delete(parent, recursive: true);
        }
    }

    [Fact]
    public async Task A_kept_cluster_whose_making_was_cut_off_is_made_anew()
    {
        var parent = Directory.CreateTempSubdirectory("teslamate-cut-off-").FullName;
        File.SetUnixFileMode(parent, (UnixFileMode)0b111_101_101);
        try
        {
            // Gets half way, as initdb does when the machine loses its power.
            var binaries = Directory.CreateDirectory(Path.Combine(parent, "bin")).FullName;
            foreach (var program in new[] { "initdb", "postgres" })
            {
                var file = Path.Combine(binaries, program);
                await File.WriteAllTextAsync(file, "#!/bin/sh\nmkdir -p \"$2\" && echo 1 > \"$2/PG_VERSION\" && exit 1\n");
                File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
            }

            var folder = Path.Combine(parent, "kept");
            await Should.ThrowAsync<InvalidOperationException>(() => PrivateCluster.StartAsync(folder, binaries));
            Directory.GetFileSystemEntries(folder).ShouldNotBeEmpty();

            await using var cluster = await PrivateCluster.StartAsync(folder, settings: ["fsync = off"]);
            Directory.GetDirectories(folder).Select(Path.GetFileName).ShouldBe(["data"]);
        }
        finally
        {
            Directory.Delete(parent, recursive: true);
        }
    }
}
