using Microsoft.AspNetCore.Http;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Exports;

/// <summary>
/// An answer as a stream that is only written to, for what writes to nothing else. Somebody who does not read is cut off (<see cref="PatientBody"/>).
/// </summary>
sealed class ClientStream(HttpContext http, TimeProvider time) : WriteOnlyStream
{
    const int PartBytes = 32 * 1024;

    readonly PatientBody _body = new(http, time, RowStream.Timeout);
    readonly MemoryStream _part = new(PartBytes * 2);

    // Headers of a few bytes come without await; they wait for the next part.
    public override void Write(byte[] buffer, int offset, int count) => _part.Write(buffer, offset, count);

    public override void Write(ReadOnlySpan<byte> buffer) => _part.Write(buffer);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _part.Write(buffer.Span);
        if (_part.Length >= PartBytes)
            await SendAsync();
    }

    /// <summary>Sends what is left.</summary>
    public async Task SendAsync()
    {
        await _body.WriteAsync(_part.GetBuffer().AsMemory(0, (int)_part.Length));
        _part.SetLength(0);
    }
}
