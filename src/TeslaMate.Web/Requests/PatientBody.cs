using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Web.Requests;

/// <summary>
/// Writes a file to a client that may not read: a part that it does not take in time, and a whole that takes too long, ends the connection. So does
/// the end of its right to read: a token that is revoked, a session that is ended.
/// </summary>
/// <param name="timeout">For the whole, where it is more than a file of some minutes.</param>
public sealed class PatientBody(HttpContext http, TimeProvider time, TimeSpan? timeout = null)
{
    /// <summary>For one part of some kilobytes.</summary>
    public static readonly TimeSpan PartTimeout = TimeSpan.FromSeconds(20);

    /// <summary>For the whole file.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    /// <summary>How often it is asked whether the client may still read; with <see cref="PartTimeout"/>, it reads on for 30 s at most.</summary>
    public static readonly TimeSpan AccessCheck = TimeSpan.FromSeconds(10);

    readonly DateTimeOffset _end = time.GetUtcNow() + (timeout ?? Timeout);
    long _checkedAt = time.GetTimestamp();

    public async Task WriteAsync(ReadOnlyMemory<byte> part)
    {
        await CheckAccessAsync();
        var left = _end - time.GetUtcNow();
        using var limit = new CancellationTokenSource(left < TimeSpan.Zero ? TimeSpan.Zero : left < PartTimeout ? left : PartTimeout, time);
        using var registration = limit.Token.Register(http.Abort);
        await http.Response.Body.WriteAsync(part, http.RequestAborted);
        http.RequestAborted.ThrowIfCancellationRequested();
    }

    async Task CheckAccessAsync()
    {
        if (time.GetElapsedTime(_checkedAt) < AccessCheck)
            return;
        _checkedAt = time.GetTimestamp();
        if (await http.RequestServices.GetRequiredService<SessionWatch>().IsStillInsideAsync(http, http.RequestAborted))
            return;
        http.Abort();
        throw new OperationCanceledException("The client may no longer read this.");
    }
}
