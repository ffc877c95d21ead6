using System.Buffers;
using System.Globalization;
using System.Security;
using System.Text;
using Npgsql;
using TeslaMate.Api.Data.Answers;
using TeslaMate.Api.Data.Resources;
using TeslaMate.Api.Data.Rows;
using TeslaMate.Database;

namespace TeslaMate.Api.Exports;

/// <summary>A place on the way that is marked in a GPX file.</summary>
sealed record GpxMark(decimal Latitude, decimal Longitude, DateTimeOffset At, string Name, string Description);

/// <summary>Positions as GPX 1.1 (spec api 3): one track per drive, a new segment where the way was not recorded.</summary>
/// <param name="marks">What is marked on the way.</param>
/// <param name="hasExtensions">Whether speed and level come along, in a namespace of their own.</param>
sealed class GpxRows(IReadOnlyList<GpxMark> marks, bool hasExtensions) : IRowFormat
{
    static readonly string[] Paths = ["at", "drive_id", "latitude", "longitude", "speed_kmh", "elevation_m", "battery_pct"];

    /// <summary>The members that it reads, in order.</summary>
    public static readonly IReadOnlyList<Member> Members = [.. PositionListing.OfCar.Members.Where(member => Paths.Contains(member.Path))];

    public void Begin(IBufferWriter<byte> output)
    {
        Put(output, $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <gpx xmlns="http://www.topografix.com/GPX/1/1" xmlns:tm="urn:teslamate:gpx:1" version="1.1" creator="TeslaMate">

            """);
        foreach (var mark in marks)
        {
            Put(output, $"  <wpt lat=\"{mark.Latitude}\" lon=\"{mark.Longitude}\"><time>{Moments.Text(mark.At)}</time>");
            Put(output, $"<name>{Escape(mark.Name)}</name><desc>{Escape(mark.Description)}</desc></wpt>\n");
        }
    }

    public void Separate(IBufferWriter<byte> output, WayPoint? before, WayPoint current)
    {
        if (before is { } last && !current.IsBreakAfter(last))
            return;
        if (before is { } ended)
            Put(output, ended.Drive == current.Drive ? (FormattableString)$"    </trkseg>\n" : $"    </trkseg>\n  </trk>\n");
        if (before?.Drive != current.Drive || before is null)
            Put(output, $"  <trk>\n    <name>{(current.Drive is { } drive ? $"Drive {drive}" : "Parked")} {Moments.Text(current.At)}</name>\n");
        Put(output, $"    <trkseg>\n");
        _isOpen = true;
    }

    public void Write(IBufferWriter<byte> output, NpgsqlDataReader reader)
    {
        Put(output, $"      <trkpt lat=\"{reader.Decimal(2) ?? 0}\" lon=\"{reader.Decimal(3) ?? 0}\">");
        if (!reader.IsDBNull(5))
            Put(output, $"<ele>{reader.GetInt64(5)}</ele>");
        Put(output, $"<time>{Moments.Text(reader.GetInstant(0))}</time>");
        if (hasExtensions && !(reader.IsDBNull(4) && reader.IsDBNull(6)))
        {
            Put(output, $"<extensions>");
            if (!reader.IsDBNull(4))
                Put(output, $"<tm:speed_kmh>{reader.GetInt64(4)}</tm:speed_kmh>");
            if (!reader.IsDBNull(6))
                Put(output, $"<tm:battery_pct>{reader.GetInt64(6)}</tm:battery_pct>");
            Put(output, $"</extensions>");
        }

        Put(output, $"</trkpt>\n");
    }

    public void End(IBufferWriter<byte> output, string? next, long? total)
        => Put(output, _isOpen ? $"    </trkseg>\n  </trk>\n</gpx>\n" : (FormattableString)$"</gpx>\n");

    bool _isOpen;

    static string Escape(string text) => SecurityElement.Escape(new string([.. text.Where(letter => letter >= ' ')]));

    static void Put(IBufferWriter<byte> output, FormattableString text)
        => Encoding.UTF8.GetBytes(text.ToString(CultureInfo.InvariantCulture), output);
}
