using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TeslaMate.Api.Companion;

/// <summary>
/// A number in its shortest digits (spec api 1.4), without an exponent, which some readers do not know, up to 1e20; null for what is no number.
/// </summary>
sealed class PlainNumberConverter : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        var size = Math.Abs(value);
        if (!double.IsFinite(value))
            writer.WriteNullValue();
        else if (size is >= 1e15 and < 1e20)
            writer.WriteRawValue(((decimal)value).ToString(CultureInfo.InvariantCulture));
        else if (size is > 1e-20 and < 1e-4)
            writer.WriteRawValue(value.ToString("0.####################################", CultureInfo.InvariantCulture));
        else
            writer.WriteNumberValue(value == 0 ? 0 : value);
    }
}
