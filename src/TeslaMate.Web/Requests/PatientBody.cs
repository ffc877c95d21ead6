using Microsoft.AspNetCore.Http;

namespace TeslaMate.Web.Requests;

/// <summary>
/// Writes a file to a client that may not read: a part that it does not take in time, and a whole that takes too long, ends the connection.
/// </summary>
/// <param name="timeout">For the whole, where it is more than a file of some minutes.</param>
public sealed class PatientBody(HttpContext http, TimeProvider time, TimeSpan? timeout = null)
{
    /// <summary>For one part of some kilobytes.</summary>
    public static readonly TimeSpan PartTimeout = TimeSpan.FromSeconds(20);

    /// <summary>For the whole file.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    readonly DateTimeOffset _end = time.GetUtcNow() + (timeout ?? Timeout);

    public async Task WriteAsync(ReadOnlyMemory<byte> part)
    {
        var left = _end - time.GetUtcNow();
        using var limit = new CancellationTokenSource(left < TimeSpan.Zero ? TimeSpan.Zero : left < PartTimeout ? left : PartTimeout, time);
        using var registration = limit.Token.Register(http.Abort);
        await http.Response.Body.WriteAsync(part, http.RequestAborted);
        http.RequestAborted.ThrowIfCancellationRequested();
    }
}
