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
}
