using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TeslaMate.SystemTests.Machines;

namespace TeslaMate.SystemTests;

/// <summary>What <c>nix/package.nix</c> builds, as <see cref="Publication"/> does for all tests.</summary>
[Collection(MachineTests.Name)]
public sealed class PackageTests : IDisposable
{
    // Of the builds of Kafka's client the one without Kerberos: for x86-64 the package has it beside the usual one, for arm64 there is no other.
    static readonly string KafkasClient = RuntimeInformation.OSArchitecture == Architecture.X64 ? "centos8-librdkafka.so" : "librdkafka.so";

    readonly string _folder = Directory.CreateTempSubdirectory("teslamate-package-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task The_program_is_published_from_the_packages_of_deps_nix_and_needs_every_one_of_them()
    {
        var built = await Publication.BuiltAsync();
        foreach (var package in await Publication.LockedAsync())
        {
            var file = await File.ReadAllBytesAsync(Path.Combine(built.Deps, Publication.FileOf(package.Pname, package.Version)));
            $"sha256-{Convert.ToBase64String(SHA256.HashData(file))}".ShouldBe(package.Hash, package.Pname);
        }

        // Nothing came from elsewhere, and nothing lay there in vain.
        Names(built.Packages).ShouldBe([.. Names(built.Deps), .. Names(built.Sdk)], ignoreOrder: true);
        // Native code, with the one library that is loaded by its name.
        Directory.GetFiles(built.Folder).Select(Path.GetFileName).ShouldBe(["teslamate", KafkasClient], ignoreOrder: true);
        (await Shell.RunAsync("env", "-i", Path.Combine(built.Folder, "teslamate"), "--version")).Succeeded();
    }

    [SkippableFact]
    public async Task Kafkas_client_needs_nothing_that_a_system_without_Kerberos_lacks()
    {
        var client = Directory.GetFiles(await Publication.FolderAsync(), "*librdkafka.so").ShouldHaveSingleItem();
        (await Shell.RunAsync("ldd", client)).Succeeded().ShouldNotContain("sasl");
    }

    [SkippableFact]
    public async Task The_script_that_writes_the_hashes_would_write_those_that_are_there()
    {
        await Publication.CopySourceAsync(_folder);
        string[] files = ["deps.nix"];
        (await Shell.RunAsync("mkdir", "-p", Path.Combine(_folder, "nix"))).Succeeded();
        (await Shell.RunAsync("cp", Path.Combine(Publication.Repository, "nix/update-hashes"), Path.Combine(_folder, "nix"))).Succeeded();
        (await Shell.RunAsync(Path.Combine(_folder, "nix/update-hashes"))).Succeeded();
        foreach (var file in files)
            (await File.ReadAllTextAsync(Path.Combine(_folder, file))).ShouldBe(
                await File.ReadAllTextAsync(Path.Combine(Publication.Repository, file)), file);
    }

    static IEnumerable<string> Names(string folder)
        => Directory.GetFiles(folder, "*.nupkg", SearchOption.AllDirectories).Select(file => Path.GetFileName(file));
}
