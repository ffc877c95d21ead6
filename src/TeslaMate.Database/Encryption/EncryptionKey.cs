using System.Security.Cryptography;
using System.Text;
using TeslaMate.Configuration;

namespace TeslaMate.Database.Encryption;

/// <summary>Where the key text came from.</summary>
public abstract record KeyOrigin
{
    KeyOrigin() { }

    /// <summary><c>ENCRYPTION_KEY</c>, <c>ENCRYPTION_KEY_FILE</c> or the systemd credential <c>encryption-key</c>.</summary>
    public sealed record Configured : KeyOrigin;

    /// <summary>A <c>tm_encryption.key</c> that the migration of 2022 wrote, here or in the reference.</summary>
    public sealed record File(string Path) : KeyOrigin;

    /// <summary>Made for this run; tokens saved with it are lost at the next start unless the owner keeps <paramref name="Text"/>.</summary>
    public sealed record Generated(Secret Text) : KeyOrigin;
}

/// <summary>The key of the stored tokens, looked for as the reference does (spec deployment 3; spec tesla-api 8).</summary>
public sealed class EncryptionKey
{
    const string FileName = "tm_encryption.key";

    /// <summary>Keys with fewer characters are warned of.</summary>
    public const int LeastLength = 16;

    EncryptionKey(KeyOrigin origin, ReadOnlySpan<byte> text)
    {
        IsShort = text.Length < LeastLength;
        Origin = origin;
        Cipher = new TokenCipher(text);
    }

    public KeyOrigin Origin { get; }

    public TokenCipher Cipher { get; }

    /// <summary>Whether it has fewer than <see cref="LeastLength"/> bytes.</summary>
    public bool IsShort { get; }

    /// <summary>
    /// The configured key, else a key file's, else a new one for this run. A file that others may have put there is a problem of
    /// <paramref name="variables"/>.
    /// </summary>
    public static EncryptionKey Find(Variables variables)
    {
        if (FindExisting(variables) is { } existing)
            return existing;
        var text = NewText(49 + RandomNumberGenerator.GetInt32(16));
        return new EncryptionKey(new KeyOrigin.Generated(new Secret(text)), Encoding.UTF8.GetBytes(text));
    }

    /// <summary>
    /// The configured key, else a key file's; null when there is none. A file that others may have put there is a problem of
    /// <paramref name="variables"/>.
    /// </summary>
    public static EncryptionKey? FindExisting(Variables variables) => FindConfigured(variables) ?? FindFile(variables);

    /// <summary>The configured key; null when there is none.</summary>
    public static EncryptionKey? FindConfigured(Variables variables)
        => variables.Secret("ENCRYPTION_KEY") is { } configured
            ? new EncryptionKey(new KeyOrigin.Configured(), Encoding.UTF8.GetBytes(configured.Reveal()))
            : null;

    /// <summary>
    /// What the migration that encrypts tokens does without a configured key: makes one of 64 characters and leaves it in the folders where
    /// <see cref="Find"/> looks, readable by the owner only. Folders that cannot be written are passed over.
    /// </summary>
    /// <returns>The key and the files that hold it.</returns>
    public static (EncryptionKey Key, IReadOnlyList<string> Files) Generate(Variables variables)
    {
        var text = NewText(64);
        var bytes = Encoding.UTF8.GetBytes(text);
        string[] files = [.. Files(variables).Where(path => TryWrite(path, bytes))];
        return (new EncryptionKey(new KeyOrigin.Generated(new Secret(text)), bytes), files);
    }

    // A refused file stops the start: going on with a new key would sign the owner out at every start, without a word.
    static EncryptionKey? FindFile(Variables variables)
    {
        foreach (var path in Files(variables))
        {
            switch (KeyFile.Read(path))
            {
                case KeyFile.Found(var text):
                    return new EncryptionKey(new KeyOrigin.File(path), text);
                case KeyFile.Refused(var reason):
                    variables.Problem($"The key file {path} {reason}, so it is not used. Set ENCRYPTION_KEY to the key, or remove the file.");
                    break;
            }
        }

        return null;
    }

    static IEnumerable<string> Files(Variables variables)
    {
        string[] candidates = [variables.Text("TMPDIR", ""), variables.Text("TEMP", ""), variables.Text("TMP", ""), "/tmp",
            Environment.CurrentDirectory];
        if (candidates.FirstOrDefault(IsWritable) is { } temporary)
            yield return Path.Combine(temporary, FileName);
        var import = Path.GetFullPath(variables.Text("IMPORT_DIR", "import"));
        if (Directory.Exists(import))
            yield return Path.Combine(import, FileName);
    }

    static bool IsWritable(string folder)
    {
        if (!Directory.Exists(folder))
            return false;
        try
        {
            using var probe = new FileStream(Path.Combine(folder, Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1,
                FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    static bool TryWrite(string path, byte[] text)
    {
        try
        {
            // A file left by another run is replaced, not followed: /tmp is everybody's.
            File.Delete(path);
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            file.Write(text);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Unpadded Base64 of random bytes, as the reference makes its keys.
    static string NewText(int length) => Convert.ToBase64String(RandomNumberGenerator.GetBytes(length))[..length];
}
