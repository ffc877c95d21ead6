using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;
using Generated = TeslaMate.Telemetry.Wire.Generated;

namespace TeslaMate.Tests.Telemetry.Wire;

public class FormTests
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static TheoryData<int> WithJson
        => [.. Vectors.Numbers.Where(vector => vector.Value.TryGetProperty("json", out _)).Select(vector => vector.Key)];

    public static TheoryData<int> WithTopics
        => [.. Vectors.Numbers.Where(vector => vector.Value.TryGetProperty("mqtt", out _)).Select(vector => vector.Key)];

    [Theory]
    [MemberData(nameof(WithJson))]
    public void A_payload_says_what_its_json_form_says(int vector)
    {
        var read = ServerChanges.Apply(ProtobufForm.TryRead(Vectors.Type(vector), Vectors.Payload(vector)).ShouldNotBeNull(), Vectors.Vin);

        JsonNode.DeepEquals(JsonNode.Parse(JsonForm.Write(read)), JsonNode.Parse(Vectors.Json(vector)))
            .ShouldBeTrue(Encoding.UTF8.GetString(JsonForm.Write(read)));
    }

    [Theory]
    [MemberData(nameof(WithJson))]
    public void The_json_form_is_read_as_the_payload_is(int vector)
    {
        var payload = ServerChanges.Apply(ProtobufForm.TryRead(Vectors.Type(vector), Vectors.Payload(vector))!, Vectors.Vin);
        var json = JsonForm.TryRead(Vectors.Type(vector), Encoding.UTF8.GetBytes(Vectors.Json(vector))).ShouldNotBeNull();

        if (payload is TelemetryRecord.Data data)
            json.ShouldBeOfType<TelemetryRecord.Data>().Values.ShouldBe(data.Values);
        JsonForm.Write(json).ShouldBe(JsonForm.Write(payload));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    public void What_is_read_is_written_as_the_same_payload(int vector)
    {
        var payload = Vectors.Payload(vector);

        Convert.ToHexString(ProtobufForm.Write(ProtobufForm.TryRead(Vectors.Type(vector), payload)!)).ShouldBe(Convert.ToHexString(payload));
    }

    [Theory]
    [MemberData(nameof(WithTopics))]
    public void The_topics_are_those_of_Teslas_server(int vector)
    {
        var read = ServerChanges.Apply(ProtobufForm.TryRead(Vectors.Type(vector), Vectors.Payload(vector))!, Vectors.Vin);
        var topics = MqttForm.Write(read).ToDictionary(message => message.Topic, message => Encoding.UTF8.GetString(message.Body));

        var expected = Vectors.Numbers[vector].GetProperty("mqtt").EnumerateObject().ToDictionary(topic => topic.Name,
            topic => topic.Value.GetString()!);
        topics.Keys.Order().ShouldBe(expected.Keys.Order());
        foreach (var (topic, body) in expected)
            JsonNode.DeepEquals(JsonNode.Parse(topics[topic]), JsonNode.Parse(body)).ShouldBeTrue($"{topic}: {topics[topic]} is not {body}");
    }

    [Fact]
    public void Alerts_and_errors_have_their_topics()
    {
        var topics = MqttForm.Write(ProtobufForm.TryRead(RecordType.Alerts, Vectors.Payload(13))!)
            .Concat(MqttForm.Write(ProtobufForm.TryRead(RecordType.Errors, Vectors.Payload(14))!))
            .ToDictionary(message => message.Topic, message => Encoding.UTF8.GetString(message.Body));

        topics["alerts/VCFRONT_a191_hvacSystemFault/current"]
            .ShouldBe("""{"Audiences":["Customer","Service"],"EndedAt":"2026-06-01T08:00:05Z","StartedAt":"2026-06-01T07:59:30Z"}""");
        topics["alerts/BMS_a066_SW_Charge_Limit/current"].ShouldBe("""{"Audiences":["Service"],"StartedAt":"2026-06-01T07:59:50Z"}""");
        topics["alerts/BMS_a066_SW_Charge_Limit/history"].ShouldStartWith("[{");
        topics["errors/config_error"].ShouldBe("""{"Body":"unsupported","CreatedAt":"2026-06-01T08:00:11Z","Tags":{"field":"Soc"}}""");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Connectivity_has_all_forms(int which)
    {
        var payload = Convert.FromHexString(Vectors.Numbers[16].GetProperty("payloads")[which].GetString()!);
        var json = Vectors.Numbers[16].GetProperty("jsons")[which].GetString()!;
        var read = ProtobufForm.TryRead(RecordType.Connectivity, payload).ShouldBeOfType<TelemetryRecord.Connectivity>();

        read.Status.ShouldBe(which == 0 ? ConnectionStatus.Connected : ConnectionStatus.Disconnected);
        Encoding.UTF8.GetString(JsonForm.Write(read)).ShouldBe(json);
        JsonForm.TryRead(RecordType.Connectivity, Encoding.UTF8.GetBytes(json)).ShouldBe(read);
        Convert.ToHexString(ProtobufForm.Write(read)).ShouldBe(Convert.ToHexString(payload));
        if (which == 0)
            Encoding.UTF8.GetString(MqttForm.Write(read).Single().Body).ShouldBe(
                """{"ConnectionId":"5f3c1a52-0000-4000-8000-000000000001","CreatedAt":"2026-06-01T08:00:00Z","Status":"CONNECTED"}""");
    }

    [Fact]
    public void Odd_things_are_kept_apart()
    {
        var values = ProtobufForm.TryRead(RecordType.Data, Vectors.Payload(12)).ShouldBeOfType<TelemetryRecord.Data>();

        values.Vin.ShouldBeEmpty();
        values.CreatedAt.ShouldBeNull();
        values.Values.ShouldBe(
        [
            new(266, new TelemetryValue.Flag(true)),
            new(179, new TelemetryValue.Code(32, 8)),
            new(10, TelemetryValue.Unknown.Instance),
            new(64, new TelemetryValue.Text(" ")),
            new(201, null),
            new(86, TelemetryValue.Number.Of(-3.5f)),
            new(20, TelemetryValue.Number.Of(-7)),
        ]);
    }

    [Theory]
    [InlineData("0aff")] // cut short
    [InlineData("0b0c")] // a group
    [InlineData("0a040b0c0801")] // a group in a datum
    [InlineData("00")] // field 0
    [InlineData("0a0412020b0c")] // a group in a value
    [InlineData("0affffffffffffffffff7f")] // a length beyond any message
    public void A_payload_that_is_none_is_refused(string hex) => ProtobufForm.TryRead(RecordType.Data, Convert.FromHexString(hex)).ShouldBeNull();

    [Fact]
    public void Packed_and_single_audiences_are_the_same()
    {
        // name "a", audiences 1 and 2: packed, then one by one.
        var packed = ProtobufForm.TryRead(RecordType.Alerts, Convert.FromHexString("0a070a016112020102")).ShouldBeOfType<TelemetryRecord.Alerts>();
        var single = ProtobufForm.TryRead(RecordType.Alerts, Convert.FromHexString("0a070a016110011002")).ShouldBeOfType<TelemetryRecord.Alerts>();

        packed.Items.Single().Audiences.ShouldBe([1, 2]);
        single.Items.Single().Audiences.ShouldBe([1, 2]);
    }

    [Fact]
    public void A_message_field_that_occurs_twice_is_merged()
    {
        // created_at: seconds in the first copy, nanos in the second.
        ProtobufForm.TryRead(RecordType.Data, Convert.FromHexString("12020801" + "120410c0843d"))!.CreatedAt
            .ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1).AddMilliseconds(1));
    }

    [Fact]
    public void Nanoseconds_are_cut_to_microseconds()
    {
        // 1 s and 999,999,999 ns
        ProtobufForm.TryRead(RecordType.Data, Convert.FromHexString("1208080110ff93ebdc03"))!.CreatedAt
            .ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1).AddTicks(9_999_990));
        JsonForm.Time("1970-01-01T00:00:01.999999999Z").ShouldBe(DateTimeOffset.FromUnixTimeSeconds(1).AddTicks(9_999_990));
    }

    [Fact]
    public void A_big_payload_is_read_whole()
    {
        var data = new TelemetryRecord.Data(Vectors.Vin, Vectors.T, false,
            [.. Enumerable.Range(0, 1_000).Select(i => new Datum(i, TelemetryValue.Number.Of(i)))]);

        ProtobufForm.TryRead(RecordType.Data, ProtobufForm.Write(data)).ShouldBeOfType<TelemetryRecord.Data>().Values.ShouldBe(data.Values);
        JsonForm.TryRead(RecordType.Data, JsonForm.Write(data)).ShouldBeOfType<TelemetryRecord.Data>().Values.ShouldBe(data.Values);
    }

    [Theory]
    [InlineData("""{"longValue":"1739899580"}""", 1739899580)]
    [InlineData("""{"longValue":1739899580}""", 1739899580)]
    public void A_long_is_text_or_number(string value, long expected)
    {
        var body = Encoding.UTF8.GetBytes(
            $$"""{"data":[{"key":"ScheduledChargingStartTime","value":{{value}}}],"createdAt":null,"vin":"","isResend":false}""");

        JsonForm.TryRead(RecordType.Data, body).ShouldBeOfType<TelemetryRecord.Data>().Values.Single().Value.ShouldBe(
            TelemetryValue.Number.Of(expected));
    }

    [Fact]
    public void Every_kind_of_value_has_equal_forms()
    {
        List<TelemetryValue> values =
        [
            TelemetryValue.Invalid.Instance, new TelemetryValue.Text("x \"y\""), TelemetryValue.Number.Of(-7), TelemetryValue.Number.Of(1L << 60),
            TelemetryValue.Number.Of(0.1f), TelemetryValue.Number.Of(-0.25), TelemetryValue.Number.Of(double.NaN), new TelemetryValue.Flag(false),
            new TelemetryValue.Place(-1.5, 2.25), new TelemetryValue.Doors(true, false, true, false, true, false), new TelemetryValue.Time(1, 2, 3),
            new TelemetryValue.Tires(true, false, false, true, 33),
            .. Enumerable.Range(8, 47).Where(kind => CodeNames.Of(kind) is not null)
                .SelectMany(kind => new[] { 0, 1, 200 }.Select(code => new TelemetryValue.Code(kind, code))),
        ];
        var data = new TelemetryRecord.Data(Vectors.Vin, Vectors.T.AddTicks(10), true, [.. values.Select((value, i) => new Datum(i, value))]);

        ProtobufForm.TryRead(RecordType.Data, ProtobufForm.Write(data)).ShouldBeOfType<TelemetryRecord.Data>().Values.ShouldBe(data.Values);
        var json = JsonForm.TryRead(RecordType.Data, JsonForm.Write(data)).ShouldBeOfType<TelemetryRecord.Data>();
        json.Values.ShouldBe(data.Values);
        json.CreatedAt.ShouldBe(data.CreatedAt);
        json.IsResend.ShouldBeTrue();
    }

    [Theory]
    [InlineData("(37.412374 N, 122.145867 W)", 37.412374, -122.145867)]
    [InlineData("(1 S, 2.5 E)", -1, 2.5)]
    public void A_place_may_be_text(string text, double latitude, double longitude)
        => ServerChanges.Place(text).ShouldBe(new TelemetryValue.Place(latitude, longitude));

    [Theory]
    [InlineData("")]
    [InlineData("(a N, b W)")]
    [InlineData("(37.4 N)")]
    public void Other_text_is_no_place(string text) => ServerChanges.Place(text).ShouldBeNull();

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("\ufffd")]
    public void A_json_body_that_is_none_is_refused(string body) => JsonForm.TryRead(RecordType.Data, Encoding.UTF8.GetBytes(body)).ShouldBeNull();

    [Theory]
    [InlineData("""{"intValue":99999999999}""")]
    [InlineData("""{"intValue":"many"}""")]
    [InlineData("""{"longValue":1.5}""")]
    [InlineData("""{"doubleValue":"abc"}""")]
    [InlineData("""{"booleanValue":"yes"}""")]
    [InlineData("""{"locationValue":5}""")]
    [InlineData("""{"locationValue":{"latitude":{}}}""")]
    [InlineData("""{"timeValue":[]}""")]
    [InlineData("""{"stringValue":{}}""")]
    public void A_value_of_a_wrong_type_is_none_and_the_rest_of_its_record_counts(string value)
    {
        var body = $$$"""{"data":[{"key":"Odometer","value":{{{value}}}},{"key":"Soc","value":{"doubleValue":50.5}}],"vin":"{{{Vectors.Vin}}}"}""";

        JsonForm.TryRead(RecordType.Data, Encoding.UTF8.GetBytes(body)).ShouldBeOfType<TelemetryRecord.Data>().Values.ShouldBe(
            [new Datum(5, TelemetryValue.Unknown.Instance), new Datum(8, TelemetryValue.Number.Of(50.5))]);
    }

    /// <summary>Texts are cut at 4 KiB, that of a route at 64 KiB (spec fleet-telemetry 7.4).</summary>
    [Theory]
    [InlineData(64, 4 * 1024)]
    [InlineData(108, 64 * 1024)]
    public void A_text_is_cut_where_no_car_means_more(int field, int longest)
    {
        var data = new TelemetryRecord.Data(Vectors.Vin, Vectors.T, false, [new Datum(field, new TelemetryValue.Text(new string('x', longest + 1)))]);
        foreach (var read in new[]
        {
            ProtobufForm.TryRead(RecordType.Data, ProtobufForm.Write(data)), JsonForm.TryRead(RecordType.Data, JsonForm.Write(data)),
        })
            read.ShouldBeOfType<TelemetryRecord.Data>().Values.Single().Value.ShouldBe(new TelemetryValue.Text(new string('x', longest)));
        MqttForm.TryReadField(field.ToString(System.Globalization.CultureInfo.InvariantCulture), MqttForm.Write(data).Single().Body)!.Value.Value
            .ShouldBe(new TelemetryValue.Text(new string('x', longest)));
    }

    /// <summary>What Tesla's server changes (spec fleet-telemetry 1.5), so that records are the same by every way.</summary>
    [Theory]
    [InlineData(4, "3.1068559611866697e+01", "31.06856")]
    [InlineData(5, "1.2345678901E4", "12345.67890")]
    [InlineData(64, "Model 3e1", "Model 3e1")]
    [InlineData(64, "1e999", "1e999")]
    public void A_number_in_scientific_notation_has_five_decimals(int field, string text, string changed) =>
        ServerChanges.Apply(new TelemetryRecord.Data("x", null, false, [new Datum(field, new TelemetryValue.Text(text))]), Vectors.Vin)
            .ShouldBeOfType<TelemetryRecord.Data>().Values.Single().Value.ShouldBe(new TelemetryValue.Text(changed));

    [Fact]
    public void Times_of_alerts_may_be_milliseconds()
    {
        // started_at: 1780300770 s, then the same in milliseconds.
        foreach (var seconds in new long[] { 1_780_300_770, 1_780_300_770_000 })
        {
            var alert = new Generated.VehicleAlerts
            {
                Alerts = { new Generated.VehicleAlert { Name = "a", StartedAt = new Generated.Timestamp { Seconds = seconds } } },
            };
            ProtobufForm.TryRead(RecordType.Alerts, Google.Protobuf.MessageExtensions.ToByteArray(alert))
                .ShouldBeOfType<TelemetryRecord.Alerts>().Items.Single().StartedAt
                .ShouldBe(Vectors.T.AddSeconds(-30));
        }
    }

    [Fact]
    public void White_space_between_tokens_says_nothing()
        => JsonForm.TryRead(RecordType.Data, JsonSerializer.SerializeToUtf8Bytes(JsonNode.Parse(Vectors.Json(8)), Indented))
            .ShouldBeOfType<TelemetryRecord.Data>().Values.Count.ShouldBe(12);
}
