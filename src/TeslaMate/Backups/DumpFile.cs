using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;

namespace TeslaMate.Backups;

/// <summary>
/// A backup as a stream of SQL, whatever it is kept in: its first bytes tell what it is, its name does not matter. Archives are turned into text by
/// <c>pg_restore</c>, which connects to nothing here; no text of a backup ever becomes part of a command line.
/// </summary>
sealed class DumpFile : IAsyncDisposable
{
    const int Head = 8192;

    readonly string _name;
    readonly List<IAsyncDisposable> _opened = [];
    readonly List<ChildProgram> _children = [];
    Stream _text = Stream.Null;
    bool _dropsCarriageReturns;

    DumpFile(string name) => _name = name;

    /// <summary>How large the file is; null when that cannot be told.</summary>
    public long? Bytes { get; private set; }

    /// <summary>Whether the rows are in it as they are, rather than compressed.</summary>
    public bool IsPlain { get; private set; }

    /// <summary>What the operator should know about the file, though it can be read.</summary>
    public string? Warning { get; private set; }

    /// <param name="path">A file, or the folder of a backup in directory format; <c>-</c> for standard input.</param>
    /// <exception cref="RestoreException">It is no backup of one database.</exception>
    public static async Task<DumpFile> OpenAsync(string path, Func<Stream> standardInput, CancellationToken cancellationToken)
    {
        var file = new DumpFile(path == "-" ? "standard input" : path);
        try
        {
            await file.OpenPathAsync(path, standardInput, cancellationToken);
            return file;
        }
        catch (Exception exception)
        {
            await file.DisposeAsync();
            throw exception is InvalidDataException or IOException or UnauthorizedAccessException ? file.Unreadable(exception) : exception;
        }
    }

    public DumpReader CreateReader() => new(_text, _dropsCarriageReturns);

    /// <summary>To be called at the end of the text: fails when the programs that read the archive did.</summary>
    public async Task EnsureReadAsync(CancellationToken cancellationToken)
    {
        foreach (var child in _children)
        {
            if (await child.EndedWithoutErrorsAsync(cancellationToken) is { } errors)
                throw new RestoreException($"{_name} is not a readable backup: damaged, or made by a newer pg_dump than the pg_restore "
                    + $"here.\n{errors}");
        }
    }

    /// <summary>What is said instead of <paramref name="exception"/>, which reading threw.</summary>
    public RestoreException Unreadable(Exception exception)
        => exception as RestoreException is { } sentence && sentence.Message.StartsWith("it ", StringComparison.Ordinal)
            ? new RestoreException($"{_name} cannot be restored: {sentence.Message}", exception)
            : exception as RestoreException
            ?? new RestoreException($"{_name} cannot be read, or is damaged: {exception.Message}", exception);

    public async ValueTask DisposeAsync()
    {
        for (var i = _opened.Count - 1; i >= 0; i--)
            await _opened[i].DisposeAsync();
    }

    async Task OpenPathAsync(string path, Func<Stream> standardInput, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
        {
            if (!File.Exists(Path.Combine(path, "toc.dat")))
                throw new RestoreException($"{path} is a folder, and not one that pg_dump --format=directory made.");
            Extract(path, input: null);
            return;
        }

        if (path != "-" && !File.Exists(path))
            throw new RestoreException($"{path} does not exist.");
        var stream = path == "-" ? standardInput() : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16,
            FileOptions.Asynchronous | FileOptions.SequentialScan);
        Own(stream);
        if (stream.CanSeek)
            Bytes = stream.Length;
        // pg_restore finds its way faster in a file than in a pipe.
        await UnwrapAsync(stream, path == "-" ? null : path, cancellationToken);
    }

    async Task UnwrapAsync(Stream stream, string? path, CancellationToken cancellationToken)
    {
        for (var layer = 0; ; layer++)
        {
            var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 1 << 16));
            var head = await PeekAsync(pipe, cancellationToken);
            stream = pipe.AsStream();
            if (head.AsSpan().StartsWith("PGDMP"u8))
            {
                Extract(layer == 0 ? path : null, stream);
                return;
            }

            if (head.Length > 262 && head.AsSpan(257).StartsWith("ustar"u8))
            {
                if (!head.AsSpan().StartsWith("toc.dat\0"u8))
                    throw new RestoreException($"{_name} is a tar archive, and not one that pg_dump --format=tar made.");
                Extract(layer == 0 ? path : null, stream);
                return;
            }

            if (layer < 3 && head.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]))
            {
                stream = Own(new GZipStream(stream, CompressionMode.Decompress));
            }
            else if (layer < 3 && head.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]))
            {
                stream = Start("zstd", ["-d", "-q", "-c"], stream, "a backup compressed with zstd");
            }
            else
            {
                IsPlain = layer == 0;
                await OpenTextAsync(stream, head, cancellationToken);
                return;
            }
        }
    }

    async Task OpenTextAsync(Stream stream, byte[] head, CancellationToken cancellationToken)
    {
        if (Compressed(head) is { } program)
            throw new RestoreException($"{_name} is compressed with {program}. Decompress it first, or pass it on: {program} -dc FILE | teslamate "
                + $"restore -");
        if (EncodingOf(head) is { } encoding)
        {
            Warning = $"{_name} was written by PowerShell's \">\", which may have changed letters beyond English ones. Should names look wrong, let "
                + $"pg_dump write the file: pg_dump --file=FILE";
            stream = Own(Encoding.CreateTranscodingStream(stream, encoding, Encoding.UTF8));
            var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 1 << 16));
            head = await PeekAsync(pipe, cancellationToken);
            stream = pipe.AsStream();
        }

        var mark = head.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        await stream.ReadExactlyAsync(new byte[mark], cancellationToken);
        var text = head.AsSpan(mark);
        if (text.StartsWith("PGDMP"u8))
            throw new RestoreException($"{_name} was a backup in custom format before PowerShell's \">\" wrote it, which destroys such a file. Let "
                + $"pg_dump write it: pg_dump --format=custom --file=FILE");
        if (text.IndexOf("PostgreSQL database cluster dump"u8) >= 0)
            throw new RestoreException($"{_name} is a dump of a whole server. Make one of the database alone, with pg_dump.");
        if (text.IndexOf("PostgreSQL database dump"u8) < 0)
            throw new RestoreException($"{_name} is not a backup that pg_dump made.");
        _dropsCarriageReturns = text.IndexOf("\r\n"u8) is >= 0 and var first && first < text.IndexOf((byte)'\n');
        _text = stream;
    }

    static string? Compressed(ReadOnlySpan<byte> head)
        => head.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? "xz"
            : head.StartsWith("BZh"u8) ? "bzip2"
            : head.StartsWith((ReadOnlySpan<byte>)[0x04, 0x22, 0x4d, 0x18]) ? "lz4"
            : null;

    static Encoding? EncodingOf(ReadOnlySpan<byte> head) => head switch
    {
        [0xff, 0xfe, ..] or [(byte)'-', 0, (byte)'-', 0, ..] => Encoding.Unicode,
        [0xfe, 0xff, ..] or [0, (byte)'-', 0, (byte)'-', ..] => Encoding.BigEndianUnicode,
        _ => null,
    };

    /// <summary>Has <c>pg_restore</c> write the archive as text. What is of other servers it need not write at all.</summary>
    void Extract(string? path, Stream? input)
        => _text = Start("pg_restore",
            ["--file=-", "--no-owner", "--no-tablespaces", "--no-publications", "--no-subscriptions", "--no-security-labels", .. path is null ? []
                : (string[])["--", Path.GetFullPath(path)]],
            path is null ? input : null, "a backup that is not plain SQL");

    Stream Start(string program, string[] arguments, Stream? input, string purpose)
    {
        var child = ChildProgram.Start(program, arguments, input, purpose);
        _children.Add(child);
        _opened.Add(child);
        return child.Output;
    }

    Stream Own(Stream stream)
    {
        _opened.Add(stream);
        return stream;
    }

    static async Task<byte[]> PeekAsync(PipeReader pipe, CancellationToken cancellationToken)
    {
        var result = await pipe.ReadAtLeastAsync(Head, cancellationToken);
        var head = result.Buffer.Slice(0, Math.Min(Head, result.Buffer.Length)).ToArray();
        pipe.AdvanceTo(result.Buffer.Start);
        return head;
    }
}
