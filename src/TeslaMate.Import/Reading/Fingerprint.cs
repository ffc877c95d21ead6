using System.Security.Cryptography;

namespace TeslaMate.Import.Reading;

/// <summary>What a file is known by: its whole content.</summary>
static class Fingerprint
{
    /// <exception cref="HistoryFileException">It cannot be read.</exception>
    public static async Task<string> OfAsync(string path, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
            throw new HistoryFileException("eisdir");
        try
        {
            await using var stream = Open(path);
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HistoryFileException(Code(exception));
        }
    }

    /// <summary>The same of a text, such as a path.</summary>
    public static string Of(string text) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    public static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 256 * 1024,
        Options = FileOptions.SequentialScan,
    });

    /// <summary>The name of the error as POSIX has it, where there is one.</summary>
    public static string Code(Exception exception) => exception switch
    {
        UnauthorizedAccessException => "eacces",
        FileNotFoundException or DirectoryNotFoundException => "enoent",
        _ => exception.Message,
    };
}
