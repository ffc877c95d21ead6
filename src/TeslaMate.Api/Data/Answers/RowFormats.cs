using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using TeslaMate.Api.Data.Rows;

namespace TeslaMate.Api.Data.Answers;

/// <summary>A row as a point of a way.</summary>
/// <param name="Drive">The drive that it belongs to; null while parked.</param>
readonly record struct WayPoint(DateTimeOffset At, int? Drive, double Latitude, double Longitude)
{
    const double MetresPerDegree = 111_195;

    /// <summary>
    /// Whether the way between two points was not recorded (charts M20): more than 60 s and more than 1 km apart, or of two drives.
    /// </summary>
    public bool IsBreakAfter(WayPoint before)
        => before.Drive != Drive || ((At - before.At).TotalSeconds > 60 && MetresTo(before) > 1000);

    /// <summary>How far the point lies from the line between two others, in metres; exact enough for some kilometres.</summary>
    public double MetresFrom(WayPoint start, WayPoint end)
    {
        var scale = Math.Cos(Latitude * Math.PI / 180) * MetresPerDegree;
        var (x, y) = ((Longitude - start.Longitude) * scale, (Latitude - start.Latitude) * MetresPerDegree);
        var (dx, dy) = ((end.Longitude - start.Longitude) * scale, (end.Latitude - start.Latitude) * MetresPerDegree);
        var length = dx * dx + dy * dy;
        var along = length > 0 ? Math.Clamp((x * dx + y * dy) / length, 0, 1) : 0;
        return Math.Sqrt((x - along * dx) * (x - along * dx) + (y - along * dy) * (y - along * dy));
    }

    double MetresTo(WayPoint other) => MetresFrom(other, other);
}

/// <summary>
/// Writes rows one after another. A row may be written and thrown away; what stands between two rows is written when both are known to stay.
/// </summary>
interface IRowFormat
{
    void Begin(IBufferWriter<byte> output);

    /// <summary>What stands before a row.</summary>
    /// <param name="before">The row before it; null for the first.</param>
    void Separate(IBufferWriter<byte> output, WayPoint? before, WayPoint current);

    void Write(IBufferWriter<byte> output, NpgsqlDataReader reader);

    /// <param name="next">The cursor of the next page; null on the last.</param>
    /// <param name="total">How many rows there are on all pages; null when nobody asked.</param>
    void End(IBufferWriter<byte> output, string? next, long? total);
}

/// <summary><c>{"data":[…],"next":…}</c>.</summary>
sealed class JsonRows(IReadOnlyList<Member> members) : IRowFormat
{
    readonly RowJson _row = new(members);
    Utf8JsonWriter? _json;

    public void Begin(IBufferWriter<byte> output) => output.Write("{\"data\":["u8);

    public void Separate(IBufferWriter<byte> output, WayPoint? before, WayPoint current)
    {
        if (before is not null)
            output.Write(",\n"u8);
    }

    public void Write(IBufferWriter<byte> output, NpgsqlDataReader reader)
    {
        // One writer for all rows, of which there may be millions.
        _json ??= new Utf8JsonWriter(output, RowJson.Options);
        _json.Reset(output);
        _row.Write(_json, reader);
        _json.Flush();
    }

    public void End(IBufferWriter<byte> output, string? next, long? total)
    {
        output.Write("],\"next\":"u8);
        output.Write(next is null ? "null"u8 : Encoding.UTF8.GetBytes($"\"{next}\""));
        if (total is { } rows)
            output.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $",\"total\":{rows}")));
        output.Write("}"u8);
    }
}

/// <summary>One object a line.</summary>
sealed class NdjsonRows(IReadOnlyList<Member> members) : IRowFormat
{
    readonly JsonRows _rows = new(members);

    public void Begin(IBufferWriter<byte> output)
    {
    }

    public void Separate(IBufferWriter<byte> output, WayPoint? before, WayPoint current)
    {
    }

    public void Write(IBufferWriter<byte> output, NpgsqlDataReader reader)
    {
        _rows.Write(output, reader);
        output.Write("\n"u8);
    }

    public void End(IBufferWriter<byte> output, string? next, long? total)
    {
    }
}

/// <summary>A line a row.</summary>
sealed class CsvRows(IReadOnlyList<Member> members, CsvStyle style) : IRowFormat
{
    readonly RowCsv _row = new(members, style);

    public void Begin(IBufferWriter<byte> output) => _row.WriteHead(output);

    public void Separate(IBufferWriter<byte> output, WayPoint? before, WayPoint current)
    {
    }

    public void Write(IBufferWriter<byte> output, NpgsqlDataReader reader) => _row.Write(output, reader);

    public void End(IBufferWriter<byte> output, string? next, long? total)
    {
    }
}
