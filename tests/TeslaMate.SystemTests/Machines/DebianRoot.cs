using System.Security.Cryptography;
using System.Text;

namespace TeslaMate.SystemTests.Machines;

/// <summary>A Debian root file system with systemd and PostgreSQL, made once and kept between runs in the user's cache folder.</summary>
static class DebianRoot
{
    const string Suite = "bookworm";
    const string Packages = "systemd,systemd-sysv,dbus,postgresql,procps,jq,zstd,curl,util-linux-extra";

    static readonly Lazy<Task<string>> Made = new(MakeAsync);

    /// <summary>Makes <paramref name="root"/> a copy of it, to be booted.</summary>
    /// <remarks>
    /// The programs below <c>/usr</c> are most of it, and nobody writes into one of these files: they are links, so that a copy takes no time.
    /// </remarks>
    public static async Task CopyAsync(string root)
        => (await Shell.RunAsync("sh", "-euc", """
            mkdir "$2"
            for entry in "$1"/*; do [ "${entry##*/}" = usr ] || cp -a --reflink=auto "$entry" "$2/"; done
            cp -al "$1/usr" "$2/usr" 2>/dev/null || { rm -rf "$2/usr"; cp -a --reflink=auto "$1/usr" "$2/usr"; }
            """, "sh", await Made.Value, root)).Succeeded();

    static async Task<string> MakeAsync()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } given
            ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Suite} {Packages}")))[..12];
        var folder = Path.Combine(cache, "teslamate-tests", $"debian-{version}");
        if (Directory.Exists(folder))
            return folder;

        // Renamed when complete: an interrupted run leaves nothing that looks finished, and of two runs the first one wins.
        var building = $"{folder}.{Environment.ProcessId}";
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        (await Shell.RunAsync("debootstrap", "--variant=minbase", $"--include={Packages}", Suite, building)).Succeeded();
        (await Shell.RunAsync("rm", "-rf", Path.Combine(building, "var/cache/apt"), Path.Combine(building, "var/lib/apt/lists"))).Succeeded();
        try
        {
            Directory.Move(building, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            await Shell.RunAsync("rm", "-rf", building);
        }

        return folder;
    }
}
