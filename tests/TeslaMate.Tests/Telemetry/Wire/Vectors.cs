using System.Text;
using System.Text.Json;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;

namespace TeslaMate.Tests.Telemetry.Wire;

/// <summary>The test vectors of the specification: bytes of Tesla's own encoders, and what stands in them.</summary>
static class Vectors
{
    public const string Vin = "5YJ3E7EB2KF000042";

    public static readonly DateTimeOffset T = new(2026, 6, 1, 8, 0, 0, TimeSpan.Zero);

    static readonly Dictionary<int, JsonElement> All = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Telemetry/testdata/vectors.json")))
        .RootElement.EnumerateArray()
        .ToDictionary(vector => vector.GetProperty("number").GetInt32());

    public static IReadOnlyDictionary<int, JsonElement> Numbers => All;

    public static byte[] Bytes(int number, string name) => Convert.FromHexString(All[number].GetProperty(name).GetString()!);

    public static bool Has(int number, string name) => All[number].TryGetProperty(name, out _);

    public static string Json(int number) => All[number].GetProperty("json").GetString()!;

    public static string Topic(int number) => All[number].GetProperty("topic").GetString()!;

    public static RecordType Type(int number) => RecordTypes.Of(Topic(number))!.Value;

    /// <summary>The bytes of the record, alone.</summary>
    public static byte[] Payload(int number) =>
        Has(number, "payload") ? Bytes(number, "payload") : Envelope.TryRead(Bytes(number, "envelope"))!.Stream!.Payload.ToArray();

    /// <summary>The record as a car sends it: where only a payload is given, in V2's envelope.</summary>
    public static byte[] Message(int number, string? txid = null)
    {
        if (Has(number, "envelope") && txid is null)
            return Bytes(number, "envelope");
        var payload = Payload(number);
        var record = ProtobufForm.TryRead(Type(number), payload)!;
        var created = number == 6 ? T.AddSeconds(420) : record.CreatedAt ?? T.AddSeconds(900);
        return Encode(txid ?? $"t{number:00000000}", Topic(number), payload, created);
    }

    public static byte[] Encode(string txid, string topic, ReadOnlyMemory<byte> payload, DateTimeOffset created, string vin = Vin)
        => EnvelopeWriter.Stream(new Envelope(
        Encoding.ASCII.GetBytes(txid),
        Encoding.ASCII.GetBytes(topic),
        Envelope.StreamType,
        default,
        new StreamMessage(
            (uint)created.ToUnixTimeSeconds(), Encoding.ASCII.GetBytes($"vehicle_device.{vin}"), payload, "vehicle_device"u8.ToArray(),
            Encoding.ASCII.GetBytes(vin), 0)));
}
