using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using TeslaMate.Telemetry.Wire.Generated;

namespace TeslaMate.Telemetry.Records;

/// <summary>The words of the enums, from the message definitions.</summary>
static class CodeNames
{
    static readonly FrozenDictionary<int, CodeKind> Kinds = Value.Descriptor.Fields.InFieldNumberOrder()
        .Where(field => IsCode(field))
        .Select(field => new CodeKind(
            field.FieldNumber,
            field.JsonName,
            field.FieldType == FieldType.Enum ? field.EnumType.Name[..^"Value".Length] : "",
            field.FieldType == FieldType.Enum
                ? field.EnumType.Values.ToFrozenDictionary(value => value.Number, value => value.Name) : FrozenDictionary<int, string>.Empty))
        .ToFrozenDictionary(kind => kind.Number);

    static readonly FrozenDictionary<string, CodeKind> ByJsonKey = Kinds.Values.ToFrozenDictionary(kind => kind.JsonKey, StringComparer.Ordinal);

    static readonly FrozenDictionary<(int Kind, string Name), int> Numbers = Kinds.Values
        .SelectMany(kind => kind.Names.Select(name => KeyValuePair.Create((kind.Number, name.Value), name.Key)))
        .ToFrozenDictionary();

    public static CodeKind? Of(int kind) => Kinds.GetValueOrDefault(kind);

    public static CodeKind? OfJsonKey(string key) => ByJsonKey.GetValueOrDefault(key);

    public static string? NameOf(int kind, int value) => Kinds.TryGetValue(kind, out var known) ? known.Names.GetValueOrDefault(value) : null;

    /// <summary>The number of a word with or without its prefix; null for a word nobody knows.</summary>
    public static int? NumberOf(int kind, string word) =>
        Numbers.TryGetValue((kind, word), out var number)
            || (Kinds.TryGetValue(kind, out var known) && Numbers.TryGetValue((kind, known.Prefix + word), out number))
            ? number
            : null;

    // The int32 variants from 11 on are enums whose words nothing here reads.
    static bool IsCode(FieldDescriptor field) => field.FieldType == FieldType.Enum || (field.FieldType == FieldType.Int32 && field.FieldNumber > 7);
}

/// <summary>One enum.</summary>
/// <param name="Number">The number of its variant on the wire.</param>
/// <param name="Prefix">What its names begin with.</param>
sealed record CodeKind(int Number, string JsonKey, string Prefix, FrozenDictionary<int, string> Names);
