using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TeslaMate.Api.Companion;

/// <summary>The answers as JSON: snake case, letters of every language as they are.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters = [typeof(PlainNumberConverter)])]
[JsonSerializable(typeof(double))]
[JsonSerializable(typeof(LocalDate))]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(MessageAnswer))]
[JsonSerializable(typeof(StateAnswer))]
[JsonSerializable(typeof(NoPageAnswer))]
[JsonSerializable(typeof(LoggingAnswer))]
[JsonSerializable(typeof(Answer<CarsData>))]
[JsonSerializable(typeof(Answer<DrivesData>))]
[JsonSerializable(typeof(Answer<DriveData>))]
[JsonSerializable(typeof(Answer<ChargesData>))]
[JsonSerializable(typeof(Answer<ChargeData>))]
[JsonSerializable(typeof(Answer<CurrentChargeData>))]
[JsonSerializable(typeof(Answer<BatteryHealthData>))]
[JsonSerializable(typeof(Answer<UpdatesData>))]
[JsonSerializable(typeof(Answer<SettingsData>))]
[JsonSerializable(typeof(Answer<StatusData>))]
sealed partial class CompanionJson : JsonSerializerContext;

static class CompanionJsonOptions
{
    /// <summary>What all answers are written with.</summary>
    public static JsonSerializerOptions Plain { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new PlainNumberConverter() },
        TypeInfoResolver = CompanionJson.Default,
    };
}
