using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire.Generated;

namespace TeslaMate.Telemetry.Wire;

/// <summary>
/// Walks over a protobuf message before it is read: the group types of old are refused wherever a message of a car can hold a field, and so is what
/// is cut short. The library would skip groups.
/// </summary>
static class PayloadShape
{
    /// <summary>More than a car ever sends at once; such a payload is kept, but not applied.</summary>
    public const int MostDatums = 1_000;

    const int LongestText = 4 * 1024;
    const int LongestRoute = 64 * 1024;

    /// <summary>A value whose text, if it is one, is no longer than any that a car means.</summary>
    public static TelemetryValue? Cut(int field, TelemetryValue? value)
    {
        var longest = field == (int)Field.RouteLine ? LongestRoute : LongestText;
        if (value is not TelemetryValue.Text { Value: var text } || text.Length <= longest)
            return value;
        // Never in the middle of a character.
        return new TelemetryValue.Text(text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)]);
    }

    public static bool IsSound(RecordType type, ReadOnlySpan<byte> message) => IsSound(message, type, level: 0);

    static bool IsSound(ReadOnlySpan<byte> rest, RecordType type, int level)
    {
        while (!rest.IsEmpty)
        {
            if (!TryVarint(ref rest, out var tag) || tag >> 3 is 0 or > 0x1fffffff)
                return false;
            switch (tag & 7)
            {
                case 0 when TryVarint(ref rest, out _):
                    break;
                case 1 when rest.Length >= 8:
                    rest = rest[8..];
                    break;
                case 2 when TryVarint(ref rest, out var length) && length <= (ulong)rest.Length:
                    if (IsMessage(type, level, (int)(tag >> 3)) && !IsSound(rest[..(int)length], type, level + 1))
                        return false;
                    rest = rest[(int)length..];
                    break;
                case 5 when rest.Length >= 4:
                    rest = rest[4..];
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    /// <summary>Whether a field holds a message: items and time, then what an item has, then what a value has.</summary>
    static bool IsMessage(RecordType type, int level, int field) => (type, level, field) switch
    {
        (RecordType.Connectivity, 0, 4) => true,
        (RecordType.Data or RecordType.Alerts or RecordType.Errors, 0, 1 or 2) => true,
        (RecordType.Data, 1, 2) => true,
        (RecordType.Alerts, 1, 3 or 4) => true,
        (RecordType.Errors, 1, 1 or 3) => true,
        (RecordType.Data, 2, 7 or 21 or 31 or 39) => true,
        _ => false,
    };

    static bool TryVarint(ref ReadOnlySpan<byte> rest, out ulong value)
    {
        value = 0;
        for (var i = 0; i < rest.Length && i < 10; i++)
        {
            value |= (ulong)(rest[i] & 0x7f) << (7 * i);
            if (rest[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
