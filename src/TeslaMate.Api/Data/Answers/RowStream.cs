using System.Buffers;
using Microsoft.AspNetCore.Http;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.Answers;

/// <summary>
/// An answer that is written while its rows are read: as fast as the client takes them, and never more than a part of it in memory.
/// </summary>
sealed class RowStream(HttpContext http, TimeProvider time)
{
    /// <summary>Millions of rows over a home's connection take their time; somebody who does not read is cut off after seconds.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromHours(2);

    const int PartBytes = 32 * 1024;
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    readonly PatientBody _body = new(http, time, Timeout);
    readonly ArrayBufferWriter<byte> _part = new(PartBytes + 8 * 1024);
    long _sent = time.GetTimestamp();

    public IBufferWriter<byte> Output => _part;

    /// <summary>Sends what there is when it is a part, or has waited for a second.</summary>
    public ValueTask BreatheAsync()
        => _part.WrittenCount >= PartBytes || (_part.WrittenCount > 0 && time.GetElapsedTime(_sent) >= LongestWait) ? new(SendAsync())
            : ValueTask.CompletedTask;

    /// <summary>Sends all there is.</summary>
    public async Task SendAsync()
    {
        await _body.WriteAsync(_part.WrittenMemory);
        _part.ResetWrittenCount();
        // What compresses the answer keeps some back.
        if (time.GetElapsedTime(_sent) >= LongestWait)
            await http.Response.Body.FlushAsync(http.RequestAborted);
        _sent = time.GetTimestamp();
    }
}
