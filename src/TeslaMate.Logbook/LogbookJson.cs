using System.Text.Json.Serialization;

namespace TeslaMate.Logbook;

/// <summary>How entries look on disk. A later version must still read what an earlier one left there: add, never rename.</summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(LogbookEntry[]))]
sealed partial class LogbookJson : JsonSerializerContext;
