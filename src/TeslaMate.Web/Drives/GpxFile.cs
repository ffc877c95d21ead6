using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Npgsql;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.Drives;

/// <summary>A drive as GPX (spec web 4), written to the client row by row as the database sends them.</summary>
sealed class GpxFile([FromKeyedServices(WebDatabase.Exports)] NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>For those who ask for it; everybody else gets the type that the file always had.</summary>
    const string OwnType = "application/gpx+xml";

    const int FlushAt = 16 * 1024;

    public async Task<IResult> ExportAsync(DriveId drive, HttpContext http, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (await StartAsync(connection, drive, cancellationToken) is not { } start)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            await http.Response.Body.WriteAsync("Drive not found"u8.ToArray(), cancellationToken);
            return Results.Empty;
        }

        var isWanted = http.Request.Headers.Accept.ToString().Contains(OwnType, StringComparison.OrdinalIgnoreCase);
        http.Response.ContentType = isWanted ? OwnType : "application/xml; charset=utf-8";
        http.Response.Headers.Vary = HeaderNames.Accept;
        http.Response.Headers[HeaderNames.ContentDisposition] =
            $"attachment; filename=\"{start.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture)}.gpx\"";
        var body = new PatientBody(http, time);
        var text = new StringBuilder("""
            <?xml version="1.0"?>
            <gpx xmlns="http://www.topografix.com/GPX/1/1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="1.1" creator="Teslamate" xsi:schemaLocation="http://www.topografix.com/GPX/1/1 http://www.topografix.com/GPX/1/1/gpx.xsd">

            """).Append(CultureInfo.InvariantCulture, $"  <trk>\n    <name>{Iso(start)}</name>\n    <trkseg>\n");
        await using var command = new NpgsqlCommand("""
            select latitude::text, longitude::text, elevation, date
            from public.positions
            where drive_id = $1
            order by date
            """, connection) { Parameters = { Value.Of(drive.Value) } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            text.Append(CultureInfo.InvariantCulture, $"      <trkpt lat=\"{reader.GetString(0)}\" lon=\"{reader.GetString(1)}\">");
            if (!reader.IsDBNull(2))
                text.Append(CultureInfo.InvariantCulture, $"<ele>{reader.GetInt16(2)}</ele>");
            text.Append(CultureInfo.InvariantCulture, $"<time>{Iso(reader.GetInstant(3))}</time></trkpt>\n");
            if (text.Length >= FlushAt)
                await FlushAsync();
        }

        text.Append("    </trkseg>\n  </trk>\n</gpx>");
        await FlushAsync();
        return Results.Empty;

        async Task FlushAsync()
        {
            await body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()));
            text.Clear();
        }
    }

    static async Task<DateTimeOffset?> StartAsync(NpgsqlConnection connection, DriveId drive, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select start_date from public.drives "
            + "where id = $1 and start_date between '1900-01-01' and '9999-01-01'", connection)
        {
            Parameters = { Value.Of(drive.Value) },
        };
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime start ? Timestamps.FromColumn(start) : null;
    }

    static string Iso(DateTimeOffset date) => date.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
