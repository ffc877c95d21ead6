using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Npgsql;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Resources;
using TeslaMate.Api.Data.Rows;
using TeslaMate.Database;

namespace TeslaMate.Api.Exports;

/// <summary>Drives as lines and geofences as points, by RFC 7946 (spec api 3).</summary>
sealed class GeoJsonFiles(RowAnswers answers, TimeProvider time)
{
    /// <summary>All drives that were asked for, each with its way. One drive is in memory at a time.</summary>
    public Task DrivesAsync(HttpContext http) => WriteAsync(http, DriveListing.Drives, async (connection, question, stream) =>
    {
        var listing = DriveListing.Drives;
        var members = listing.Choose(question);
        var ask = new Ask(question, new SqlText(), CarAccess.Of(http), 0, null, time.GetUtcNow());
        var isAscending = question.Text(Parameter.Order) == "start";
        // Which drives there are is read first, because a connection reads one answer at a time; a drive's members are some hundred bytes.
        var drives = new List<(int Id, byte[] Properties)>();
        var row = new RowJson(members);
        var buffer = new ArrayBufferWriter<byte>();
        await using (var batch = new NpgsqlBatch(connection))
        {
            batch.BatchCommands.Add(ask.Sql.Command(listing.Query(ask, members, isAscending, after: null, question.Whole(Parameter.Limit))));
            await using var reader = await batch.ExecuteReaderAsync(http.RequestAborted);
            while (await reader.ReadAsync(http.RequestAborted))
            {
                buffer.ResetWrittenCount();
                await using var json = new Utf8JsonWriter(buffer, RowJson.Options);
                row.Write(json, reader);
                await json.FlushAsync(http.RequestAborted);
                drives.Add(((int)reader.GetInt64(members.Count + 1), buffer.WrittenSpan.ToArray()));
            }
        }

        for (var number = 0; number < drives.Count; number++)
        {
            if (number > 0)
                stream.Output.Write(",\n"u8);
            await FeatureAsync(connection, drives[number].Id, drives[number].Properties, stream.Output, http.RequestAborted);
            await stream.BreatheAsync();
        }
    });

    /// <summary>All geofences as points, with their radius.</summary>
    public Task GeofencesAsync(HttpContext http) => WriteAsync(http, PlaceListing.Geofences, async (connection, question, stream) =>
    {
        var listing = PlaceListing.Geofences;
        var ask = new Ask(question, new SqlText(), CarAccess.Of(http), 0, null, time.GetUtcNow());
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(ask.Sql.Command(listing.Query(ask, listing.Members, isAscending: true, after: null,
            question.Whole(Parameter.Limit))));
        await using var reader = await batch.ExecuteReaderAsync(http.RequestAborted);
        var (latitude, longitude) = (Ordinal("latitude"), Ordinal("longitude"));
        var row = new RowJson(listing.Members);
        for (var isFirst = true; await reader.ReadAsync(http.RequestAborted); isFirst = false)
        {
            if (!isFirst)
                stream.Output.Write(",\n"u8);
            await using var json = new Utf8JsonWriter(stream.Output, RowJson.Options);
            json.WriteStartObject();
            json.WriteString("type"u8, "Feature"u8);
            json.WriteStartObject("geometry"u8);
            json.WriteString("type"u8, "Point"u8);
            json.WriteStartArray("coordinates"u8);
            json.WriteNumberValue(reader.Decimal(longitude) ?? 0);
            json.WriteNumberValue(reader.Decimal(latitude) ?? 0);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartObject("properties"u8);
            row.WriteMembers(json, reader);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        int Ordinal(string path) => listing.Members.ToList().FindIndex(member => member.Path == path);
    });

    async Task WriteAsync(HttpContext http, Listing listing, Func<NpgsqlConnection, Question, RowStream, Task> write)
    {
        var question = Question.Read(http.Request.Query, RowAnswers.ParametersOf(listing), time.LocalTimeZone);
        await answers.ReadAsync(http, Format.GeoJson, async connection =>
        {
            http.Response.ContentType = Format.GeoJson.ContentType;
            FileNames.Set(http, listing.Name, question, Format.GeoJson.Suffix,
                await FileNames.CarAsync(connection, question, Parent.None, 0, http.RequestAborted));
            var stream = new RowStream(http, time);
            stream.Output.Write("{\"type\":\"FeatureCollection\",\"features\":["u8);
            await write(connection, question, stream);
            stream.Output.Write("]}"u8);
            await stream.SendAsync();
        });
    }

    // One line, or several where the way was not recorded in between (charts M20).
    static async Task FeatureAsync(NpgsqlConnection connection, int drive, byte[] properties, IBufferWriter<byte> output,
        CancellationToken cancellationToken)
    {
        var points = new List<(WayPoint Point, decimal Latitude, decimal Longitude, short? Elevation)>();
        await using (var command = new NpgsqlCommand("""
            select p.date, p.latitude, p.longitude, p.elevation
            from public.positions as p
            join public.drives as d on d.id = p.drive_id
            where p.drive_id = $1 and p.date >= (select start_date from public.drives where id = $1) and p.date <= coalesce((select end_date
                from public.drives where id = $1), 'infinity')
            order by p.date, p.id
            """, connection) { Parameters = { Value.Of(drive) } })
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var (latitude, longitude) = (reader.Decimal(1) ?? 0, reader.Decimal(2) ?? 0);
                points.Add((new WayPoint(reader.GetInstant(0), drive, (double)latitude, (double)longitude), latitude, longitude, reader.IsDBNull(3)
                    ? null : reader.GetInt16(3)));
            }
        }

        var lines = new List<List<int>>();
        for (var number = 0; number < points.Count; number++)
        {
            if (number == 0 || points[number].Point.IsBreakAfter(points[number - 1].Point))
                lines.Add([]);
            lines[^1].Add(number);
        }

        // A line needs two points.
        lines.RemoveAll(line => line.Count < 2);
        await using var json = new Utf8JsonWriter(output, RowJson.Options);
        json.WriteStartObject();
        json.WriteString("type"u8, "Feature"u8);
        json.WritePropertyName("geometry"u8);
        if (lines.Count == 0)
            json.WriteNullValue();
        else
        {
            json.WriteStartObject();
            json.WriteString("type"u8, lines.Count == 1 ? "LineString"u8 : "MultiLineString"u8);
            json.WritePropertyName("coordinates"u8);
            WriteLines(line =>
            {
                json.WriteStartArray();
                json.WriteNumberValue(points[line].Longitude);
                json.WriteNumberValue(points[line].Latitude);
                if (points[line].Elevation is { } elevation)
                    json.WriteNumberValue(elevation);
                json.WriteEndArray();
            });
            json.WriteEndObject();
        }

        json.WriteStartObject("properties"u8);
        // The members of the drive, whose braces are this object's own.
        await json.FlushAsync(cancellationToken);
        output.Write(properties.AsSpan(1, properties.Length - 2));
        output.Write(",\"times\":"u8);
        WriteLines(line => json.WriteStringValue(Moments.Text(points[line].Point.At)));
        json.WriteEndObject();
        json.WriteEndObject();

        void WriteLines(Action<int> write)
        {
            if (lines.Count != 1)
                json.WriteStartArray();
            foreach (var line in lines)
            {
                json.WriteStartArray();
                line.ForEach(write);
                json.WriteEndArray();
            }

            if (lines.Count != 1)
                json.WriteEndArray();
        }
    }
}
