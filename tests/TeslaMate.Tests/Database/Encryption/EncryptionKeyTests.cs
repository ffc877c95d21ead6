using System.Text;
using TeslaMate.Configuration;
using TeslaMate.Database.Encryption;

namespace TeslaMate.Tests.Database.Encryption;

public sealed class EncryptionKeyTests : IDisposable
{
    readonly DirectoryInfo _temporary = Directory.CreateTempSubdirectory("teslamate-key-");
    readonly DirectoryInfo _import = Directory.CreateTempSubdirectory("teslamate-import-");

    [Fact]
    public void The_configured_key_wins_over_files()
    {
        File.WriteAllText(Path.Combine(_temporary.FullName, "tm_encryption.key"), "from the file");
        var key = EncryptionKey.Find(Environment(("ENCRYPTION_KEY", " configured ")));
        key.Origin.ShouldBe(new KeyOrigin.Configured());
        Opens(key, " configured ");
    }

    [Fact]
    public void A_file_is_used_as_it_is_with_its_line_break()
    {
        var path = Path.Combine(_temporary.FullName, "tm_encryption.key");
        File.WriteAllText(path, "from the file\n");
        var key = EncryptionKey.Find(Environment(("ENCRYPTION_KEY", "")));
        key.Origin.ShouldBe(new KeyOrigin.File(path));
        Opens(key, "from the file\n");
    }

    [Fact]
    public void An_empty_file_counts_as_a_key()
    {
        File.WriteAllText(Path.Combine(_temporary.FullName, "tm_encryption.key"), "");
        Opens(EncryptionKey.Find(Environment()), "");
    }

    [Fact]
    public void In_a_folder_that_is_everybodys_a_file_of_our_own_is_used()
    {
        var path = InEverybodysFolder();
        var variables = Environment();
        EncryptionKey.Find(variables).Origin.ShouldBe(new KeyOrigin.File(path));
        Opens(EncryptionKey.Find(variables), "planted");
        variables.Problems.ShouldBeEmpty();
    }

    [SkippableTheory]
    [InlineData("is a symbolic link")]
    [InlineData("can be written by others")]
    [InlineData("is no regular file")]
    [InlineData("belongs to another user")]
    public void In_a_folder_that_is_everybodys_a_file_that_others_may_have_put_there_is_refused(string reason)
    {
        var path = InEverybodysFolder();
        switch (reason)
        {
            case "is a symbolic link":
                File.Move(path, path + ".other");
                File.CreateSymbolicLink(path, path + ".other");
                break;
            case "can be written by others":
                File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupWrite);
                break;
            case "is no regular file":
                File.Delete(path);
                Run("mkfifo", path);
                break;
            default:
                Skip.IfNot(System.Environment.IsPrivilegedProcess, "only root can give a file away");
                Run("chown", "12345", path);
                break;
        }

        var variables = Environment();
        EncryptionKey.FindExisting(variables).ShouldBeNull();
        variables.Problems.ShouldHaveSingleItem().ShouldBe($"The key file {path} {reason}, so it is not used. Set ENCRYPTION_KEY to the key, or "
            + "remove the file.");
        EncryptionKey.Find(Environment(("ENCRYPTION_KEY", "configured"))).Origin.ShouldBe(new KeyOrigin.Configured());
    }

    [Fact]
    public void In_a_folder_that_is_not_everybodys_whoever_may_write_there_is_trusted()
    {
        // As orchestrators mount secrets.
        var path = Path.Combine(_import.FullName, "tm_encryption.key");
        File.WriteAllText(path + ".real", "imported");
        File.CreateSymbolicLink(path, path + ".real");
        EncryptionKey.Find(Environment()).Origin.ShouldBe(new KeyOrigin.File(path));
    }

    [Fact]
    public void The_import_folder_is_looked_at_last()
    {
        var path = Path.Combine(_import.FullName, "tm_encryption.key");
        File.WriteAllText(path, "imported");
        EncryptionKey.Find(Environment()).Origin.ShouldBe(new KeyOrigin.File(path));
    }

    [Fact]
    public void Without_any_a_key_is_made_for_this_run_and_kept_nowhere()
    {
        var made = EncryptionKey.Find(Environment()).Origin.ShouldBeOfType<KeyOrigin.Generated>();
        made.Text.Reveal().Length.ShouldBeInRange(49, 64);
        _temporary.GetFiles().ShouldBeEmpty();
        EncryptionKey.FindExisting(Environment()).ShouldBeNull();
    }

    [Fact]
    public void A_key_made_by_the_migration_is_found_again_and_only_the_owner_can_read_it()
    {
        var (key, files) = EncryptionKey.Generate(Environment());
        files.ShouldBe([Path.Combine(_temporary.FullName, "tm_encryption.key"), Path.Combine(_import.FullName, "tm_encryption.key")]);
        foreach (var file in files)
        {
            new FileInfo(file).Length.ShouldBe(64);
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        EncryptionKey.Find(Environment()).Cipher.Decrypt(key.Cipher.Encrypt("token")).ShouldBe(new Decryption.Plain("token"));
    }

    public void Dispose()
    {
        _temporary.Delete(recursive: true);
        _import.Delete(recursive: true);
    }

    string InEverybodysFolder()
    {
        const UnixFileMode All = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        File.SetUnixFileMode(_temporary.FullName, All | (UnixFileMode)((int)All >> 3) | (UnixFileMode)((int)All >> 6) | UnixFileMode.StickyBit);
        var path = Path.Combine(_temporary.FullName, "tm_encryption.key");
        File.WriteAllText(path, "planted");
        return path;
    }

    static void Run(string command, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(command, arguments);
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
    }

    static void Opens(EncryptionKey key, string text)
        => key.Cipher.Decrypt(new TokenCipher(Encoding.UTF8.GetBytes(text)).Encrypt("token")).ShouldBe(new Decryption.Plain("token"));

    Variables Environment(params ReadOnlySpan<(string Name, string Value)> more)
    {
        var values = new Dictionary<string, string> { ["TMPDIR"] = _temporary.FullName, ["IMPORT_DIR"] = _import.FullName };
        foreach (var (name, value) in more)
            values[name] = value;
        return new Variables(values);
    }
}
