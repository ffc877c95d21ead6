using Npgsql;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>
/// The servers that migrations are shown on: containers of all supported versions; or, without a Docker engine, the one installed on the machine,
/// and those from the packages that <c>tests/postgres/package-lock.json</c> pins and <c>tests/run</c> installs.
/// </summary>
sealed class PostgresServer
{
    public const string Installed = "installed";
    public const string V16 = "16";
    public const string V17 = "17";
    public const string V18 = "18";

    static readonly Dictionary<string, Lazy<Task<PostgresServer>>> Servers = new[] { Installed, V16, V17, V18 }
        .ToDictionary(name => name, name => new Lazy<Task<PostgresServer>>(() => StartAsync(name)));

    static int _lastDatabase;

    readonly string _administration;

    PostgresServer(string administration) => _administration = administration;

    public static TheoryData<string> All => [Installed, .. TestServers.HasDocker ? new[] { V16 } : [], V17, V18];

    /// <summary>A database of its own, empty or a copy of <paramref name="template"/>.</summary>
    public static async Task<TestDatabase> CreateDatabaseAsync(string server, string? template = null)
    {
        var administration = (await Servers[server].Value)._administration;
        var name = $"step_{Environment.ProcessId}_{Interlocked.Increment(ref _lastDatabase)}";
        await TestServer.ExecuteAsync(administration, $"create database {name}{(template is null ? "" : $" template {template}")}");
        return new TestDatabase(new NpgsqlConnectionStringBuilder(administration) { Database = name }.ConnectionString, administration, name);
    }

    /// <summary>
    /// A database that belongs to <paramref name="owner"/>, a role without any rights beyond it, and in which an administrator made the extensions.
    /// </summary>
    public static async Task<TestDatabase> CreateOwnedDatabaseAsync(string server, string owner)
    {
        var administration = (await Servers[server].Value)._administration;
        var name = $"owned_{Environment.ProcessId}_{Interlocked.Increment(ref _lastDatabase)}";
        await TestServer.ExecuteAsync(administration, $"do $$ begin create role {owner} login; exception when duplicate_object then null; end $$");
        await TestServer.ExecuteAsync(administration, $"create database {name} owner {owner}");
        var database = new NpgsqlConnectionStringBuilder(administration) { Database = name };
        await TestServer.ExecuteAsync(database.ConnectionString,
            $"create extension cube; create extension earthdistance; alter schema public owner to {owner}");
        database.Username = owner;
        return new TestDatabase(database.ConnectionString, administration, name);
    }

    static async Task<PostgresServer> StartAsync(string name)
    {
        if (name == Installed)
            return new PostgresServer(await TestServer.ConnectionStringAsync());
        return new PostgresServer(await TestServers.StartAsync(
            version: name, binaries: () => ReadableForServer(Path.Combine(InstalledPackages(), $"postgres-{name}", "native"))));
    }

    static string InstalledPackages()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var packages = Path.Combine(folder.FullName, "tests", "postgres", "node_modules");
            if (Directory.Exists(packages))
                return packages;
        }

        throw new DirectoryNotFoundException("The PostgreSQL servers of tests/postgres are not installed; tests/run does it.");
    }

    // As root, the server runs as user postgres, who may not see a clone in root's home.
    static string ReadableForServer(string native)
    {
        if (!Environment.IsPrivilegedProcess || IsOpenToAll(new DirectoryInfo(native)))
            return Path.Combine(native, "bin");
        var copy = Directory.CreateTempSubdirectory("teslamate-postgres-").FullName;
        File.SetUnixFileMode(copy, File.GetUnixFileMode(copy) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        using var copying = System.Diagnostics.Process.Start("cp", ["-a", native, copy]);
        copying.WaitForExit();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(copy, recursive: true);
        return Path.Combine(copy, Path.GetFileName(native), "bin");
    }

    static bool IsOpenToAll(DirectoryInfo? folder)
        => folder is null || (folder.UnixFileMode.HasFlag(UnixFileMode.OtherExecute) && IsOpenToAll(folder.Parent));
}
