using System.Text.Json.Serialization;

namespace TeslaMate.Outgoing;

/// <summary>Texts by name.</summary>
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
sealed partial class StringsJson : JsonSerializerContext;
