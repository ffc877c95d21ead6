using Microsoft.AspNetCore.Http;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Companion;

/// <summary>An answer's body that gives up a client that does not read (<see cref="PatientBody"/>).</summary>
sealed class PatientStream(HttpContext http, TimeProvider time) : WriteOnlyStream
{
    readonly PatientBody _body = new(http, time);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        => await _body.WriteAsync(buffer);

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
