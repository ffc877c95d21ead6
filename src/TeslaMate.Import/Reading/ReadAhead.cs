using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace TeslaMate.Import.Reading;

/// <summary>Reads a file on a thread of its own, some rows ahead of whoever plays them or waits for the database.</summary>
static class ReadAhead
{
    // Twelve thousand rows at most are ahead: 20 MB.
    const int PieceSize = 512;
    const int Pieces = 24;

    /// <summary>The same rows in the same order; what reading them throws is thrown where it was met.</summary>
    public static async IAsyncEnumerable<T> Of<T>(IEnumerable<T> rows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pieces = Channel.CreateBounded<List<T>>(new BoundedChannelOptions(Pieces) { SingleReader = true, SingleWriter = true });
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Task.Run(() => ReadAsync(rows, pieces.Writer, stopping.Token), CancellationToken.None);
        try
        {
            await foreach (var piece in pieces.Reader.ReadAllAsync(cancellationToken))
            {
                foreach (var row in piece)
                    yield return row;
            }
        }
        finally
        {
            // The file is closed before anybody goes on.
            await stopping.CancelAsync();
            await reading;
        }
    }

    static async Task ReadAsync<T>(IEnumerable<T> rows, ChannelWriter<List<T>> pieces, CancellationToken cancellationToken)
    {
        List<T> piece = new(PieceSize);
        Exception? failure = null;
        try
        {
            try
            {
                foreach (var row in rows)
                {
                    piece.Add(row);
                    if (piece.Count < PieceSize)
                        continue;
                    await pieces.WriteAsync(piece, cancellationToken);
                    piece = new(PieceSize);
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                failure = exception;
            }

            // The rows before a failure count.
            await pieces.WriteAsync(piece, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Nobody waits for more.
        }

        pieces.Complete(failure);
    }
}
