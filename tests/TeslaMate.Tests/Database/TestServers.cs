using DotNet.Testcontainers.Builders;
using TeslaMate.Database;
using TeslaMate.Database.Clusters;
using Testcontainers.PostgreSql;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace TeslaMate.Tests.Database;

/// <summary>
/// Where the tests' PostgreSQL comes from: <c>TESLAMATE_TEST_DATABASE</c> names one, else a Docker engine that answers runs containers, else private
/// clusters of the programs on the machine do.
/// </summary>
public static class TestServers
{
    static readonly string[] Fast = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=256MB", "max_connections=200"];

    /// <summary>Whether a Docker engine answers.</summary>
    public static bool HasDocker { get; } = FindDocker();

    /// <summary>One line on which it is.</summary>
    public static string Description => Describe(Environment.GetEnvironmentVariable("TESLAMATE_TEST_DATABASE"), HasDocker);

    internal static string Describe(string? given, bool hasDocker)
        => given is { Length: > 0 } ? "Database tests run on the server of TESLAMATE_TEST_DATABASE."
            : hasDocker ? $"Database tests run on containers postgres:{SupportedServers.Oldest} to postgres:{SupportedServers.Newest}, as a "
                + "Docker engine answers."
            : "Database tests run on private clusters, as no Docker engine answers.";

    /// <summary>Starts a server, which ends with this process.</summary>
    /// <param name="version">Its major version, for a container.</param>
    /// <param name="binaries">Its programs, for a private cluster; null for the machine's own.</param>
    /// <returns>A connection string of its superuser.</returns>
    public static async Task<string> StartAsync(string version, Func<string>? binaries = null)
    {
        if (HasDocker)
        {
            var container = Container(version);
            // The library's own reaper takes the container away with this process.
            await container.StartAsync();
            return $"{container.GetConnectionString()};Timezone=UTC;Include Error Detail=true";
        }

        var cluster = await PrivateCluster.StartAsync(binaries: binaries?.Invoke(),
            settings: [.. Fast.Select(setting => setting.Replace("=", " = ", StringComparison.Ordinal))]);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return cluster.ConnectionString();
    }

    static PostgreSqlContainer Container(string version)
        => new PostgreSqlBuilder($"postgres:{version}").WithCommand([.. Fast.Append("timezone=UTC").SelectMany(setting => new[] { "-c", setting })])
            .Build();

    static bool FindDocker()
    {
        try
        {
            Container($"{SupportedServers.Newest}");
            return true;
        }
        catch (DockerUnavailableException)
        {
            return false;
        }
    }
}

/// <summary>xunit's own, which says at the start of a run on what the database tests run, and nothing else of its workings.</summary>
public sealed class AnnouncingTestFramework(IMessageSink messages) : XunitTestFramework(new Silence())
{
    protected override ITestFrameworkExecutor CreateExecutor(System.Reflection.AssemblyName assemblyName)
    {
        messages.OnMessage(new DiagnosticMessage(TestServers.Description));
        return base.CreateExecutor(assemblyName);
    }

    sealed class Silence : LongLivedMarshalByRefObject, IMessageSink
    {
        public bool OnMessage(IMessageSinkMessage message) => true;
    }
}
