using System.Text.Json.Nodes;
using TeslaMate.Configuration;
using TeslaMate.Outgoing.Abrp;
using TeslaMate.Tests.Mqtt;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Outgoing.Abrp;

/// <summary>Live data for A Better Route Planner: what is sent, when, and what becomes of errors (spec api 4.1).</summary>
public sealed class AbrpTests
{
    static readonly DateTimeOffset Noon = new(2026, 7, 4, 12, 0, 0, TimeSpan.Zero);

    static readonly AbrpFacts Private = new(SharesPlace: false, null, null, null);

    static readonly Summary Driving = ASummary.Online() with
    {
        State = VehicleStateName.Driving,
        DataAt = Noon,
        ShiftState = "D",
        Speed = 90,
        Power = 21,
        UsableBatteryLevel = 58,
        ChargerPower = 0,
    };

    static readonly Summary Charging = Driving with
    {
        State = VehicleStateName.Charging,
        ShiftState = "P",
        Speed = null,
        Power = 0,
        ChargeEnergyAdded = 4.5,
        ChargerPower = 11,
        ChargerVoltage = 232,
        ChargerActualCurrent = 16,
        ChargerPhases = 2,
    };

    static JsonNode? Member(Summary summary, string name, AbrpFacts? facts = null) => AbrpPoint.Of(summary, facts ?? Private)![name];

    static string? Text(Summary summary, string name, AbrpFacts? facts = null) => Member(summary, name, facts)?.ToJsonString();

    [Fact]
    public void A_drive_is_told_without_its_place_unless_the_owner_shares_it()
    {
        AbrpPoint.Of(Driving, Private)!.ToJsonString().ShouldBe("""
            {"utc":1783166400,"soc":58,"power":21,"speed":90,"is_charging":false,"is_dcfc":false,"is_parked":false,
            "ext_temp":15.5,"cabin_temp":20,"odometer":42000,"est_battery_range":220.05}
            """.Replace("\n", "", StringComparison.Ordinal));
        var shared = AbrpPoint.Of(Driving, new AbrpFacts(true, "3long_awd", 75.5, 97.1))!;
        shared["lat"]!.ToJsonString().ShouldBe("37.889602");
        shared["lon"]!.ToJsonString().ShouldBe("41.129182");
        shared["heading"]!.ToJsonString().ShouldBe("340");
        shared["elevation"]!.ToJsonString().ShouldBe("100");
        shared["capacity"]!.ToJsonString().ShouldBe("75.5");
        shared["soh"]!.ToJsonString().ShouldBe("97.1");
        shared["car_model"]!.GetValue<string>().ShouldBe("3long_awd");
    }

    [Theory]
    [InlineData(16, 232, 2, 11, false, "-11.136")]
    [InlineData(16, 232, 3, 11, false, "-11.136")]
    [InlineData(16, 230, 1, 3, false, "-3.68")]
    [InlineData(16, 230, null, 3, false, "-3.68")]
    [InlineData(null, 230, 1, 3, false, "-3")]
    [InlineData(16, null, 1, 3, false, "-3")]
    [InlineData(0, 230, 1, 3, false, "-3")]
    [InlineData(200, 390, null, 120, true, "-120")]
    [InlineData(null, null, null, null, false, null)]
    public void The_power_of_a_charge_is_negative(int? current, int? voltage, int? phases, int? power, bool isDc, string? expected)
        => Text(Charging with
        {
            ChargerActualCurrent = current,
            ChargerVoltage = voltage,
            ChargerPhases = phases,
            ChargerPower = power,
            FastChargerPresent = isDc,
        }, "power").ShouldBe(expected);

    [Fact]
    public void A_charge_tells_its_kind_by_the_fast_charger_and_not_by_power()
    {
        var fastAc = Charging with { ChargerPower = 22, ChargerActualCurrent = 32, ChargerPhases = 3 };
        Text(fastAc, "is_dcfc").ShouldBe("false");
        Text(fastAc, "is_charging").ShouldBe("true");
        Text(fastAc, "is_parked").ShouldBe("true");
        Text(fastAc, "kwh_charged").ShouldBe("4.5");
        Text(fastAc, "voltage").ShouldBe("232");
        Text(fastAc, "current").ShouldBe("32");
        Text(fastAc, "speed").ShouldBe("0");
        var dc = Charging with { FastChargerPresent = true };
        Text(dc, "is_dcfc").ShouldBe("true");
        Text(dc, "voltage").ShouldBeNull();
        Text(Charging with { ChargerVoltage = 2 }, "voltage").ShouldBeNull();
        Text(Driving, "kwh_charged").ShouldBeNull();
        Text(Driving with { State = VehicleStateName.Online, ShiftState = null, FastChargerPresent = true }, "is_dcfc").ShouldBe("false");
    }

    [Fact]
    public void What_is_not_known_is_left_out()
    {
        var silent = ASummary.Silent() with { State = VehicleStateName.Online, DataAt = Noon, BatteryLevel = 55 };
        var bare = AbrpPoint.Of(silent, new AbrpFacts(true, "", null, null))!;
        bare.ToJsonString().ShouldBe("""{"utc":1783166400,"soc":55,"power":0,"speed":0,"is_charging":false,"is_dcfc":false,"is_parked":true}""");
        Text(Driving with { Speed = null, Power = null }, "speed").ShouldBeNull();
        Text(Driving with { Power = null }, "power").ShouldBeNull();
        Text(Driving with { TpmsPressureFl = 2.9 }, "tire_pressure_fl").ShouldBe("290");
        AbrpPoint.Of(Driving with { UsableBatteryLevel = null, BatteryLevel = null }, Private).ShouldBeNull();
        AbrpPoint.Of(Driving with { DataAt = null }, Private).ShouldBeNull();
        AbrpPoint.Of(Driving with { IsRestored = true }, Private).ShouldBeNull();
    }

    [Theory]
    [InlineData(VehicleStateName.Driving, 5.0)]
    [InlineData(VehicleStateName.Charging, 10.0)]
    [InlineData(VehicleStateName.Online, 60.0)]
    [InlineData(VehicleStateName.Asleep, null)]
    [InlineData(VehicleStateName.Offline, null)]
    [InlineData(VehicleStateName.Start, null)]
    [InlineData(VehicleStateName.Unavailable, null)]
    public void Each_state_has_its_pace(VehicleStateName state, double? seconds)
    {
        AbrpPace.Interval(state)?.TotalSeconds.ShouldBe(seconds.GetValueOrDefault());
        AbrpPace.Interval(state).HasValue.ShouldBe(seconds is not null);
    }

    static Summary At(double second, VehicleStateName state = VehicleStateName.Driving)
        => Driving with { State = state, DataAt = Noon.AddSeconds(second) };

    [Fact]
    public void A_point_is_due_at_each_change_of_state_and_then_at_its_pace_with_newer_data_only()
    {
        var pace = new AbrpPace();
        pace.IsDue(At(0), Noon).ShouldBeTrue();
        pace = pace.After(new AbrpAnswer.Taken(), At(0), Noon, () => 0.5);
        pace.IsDue(At(4), Noon.AddSeconds(4.9)).ShouldBeFalse();
        pace.IsDue(At(4), Noon.AddSeconds(5)).ShouldBeTrue();
        pace.IsDue(At(0), Noon.AddSeconds(60)).ShouldBeFalse("the same data are not sent twice");
        pace.IsDue(At(-5), Noon.AddSeconds(60)).ShouldBeFalse();
        pace.IsDue(At(1, VehicleStateName.Charging), Noon.AddSeconds(1)).ShouldBeTrue("the state has changed");
        pace.IsDue(At(1, VehicleStateName.Asleep), Noon.AddSeconds(100)).ShouldBeFalse();
        pace.IsDue(At(9) with { IsRestored = true }, Noon.AddSeconds(100)).ShouldBeFalse();
    }

    [Fact]
    public void Failures_wait_ten_seconds_doubling_to_ten_minutes()
    {
        var (pace, now, pauses) = (new AbrpPace(), Noon, new List<double>());
        for (var failure = 0; failure < 9; failure++)
        {
            pace = pace.After(new AbrpAnswer.Failed("HTTP 500"), At(failure), now, () => 0.5);
            pauses.Add((pace.NotBefore!.Value - now).TotalSeconds);
            pace.IsDue(At(1000), pace.NotBefore.Value.AddSeconds(-1)).ShouldBeFalse();
            pace.IsDue(At(1000), pace.NotBefore.Value).ShouldBeTrue();
            now = pace.NotBefore.Value;
        }

        pauses.ShouldBe([10, 20, 40, 80, 160, 320, 600, 600, 600]);
        pace.IsStopped.ShouldBeFalse();
        pace.After(new AbrpAnswer.Taken(), At(0), now, () => 0.5).NotBefore.ShouldBeNull();
    }

    [Fact]
    public void Three_refusals_in_a_row_stop_it()
    {
        var refused = new AbrpAnswer.Refused("token");
        var pace = new AbrpPace().After(refused, At(0), Noon, () => 0.5).After(refused, At(1), Noon, () => 0.5);
        pace.IsStopped.ShouldBeFalse();
        pace.After(new AbrpAnswer.Failed("HTTP 500"), At(2), Noon, () => 0.5).After(refused, At(3), Noon, () => 0.5).IsStopped.ShouldBeFalse();
        pace = pace.After(refused, At(2), Noon, () => 0.5);
        pace.IsStopped.ShouldBeTrue();
        pace.IsDue(At(9999), Noon.AddYears(1)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(200, """{"status":"ok","result":{"missing":null}}""", "Taken")]
    [InlineData(200, """{"status":"error","result":"user-token is not known"}""", "Refused *** is not known")]
    [InlineData(200, """{"status":"error"}""", "Refused refused without a reason")]
    [InlineData(200, "<html>", "Failed the answer is not understood")]
    [InlineData(200, "[1]", "Failed the answer is not understood")]
    [InlineData(401, "{}", "Refused HTTP 401")]
    [InlineData(403, "{}", "Refused HTTP 403")]
    [InlineData(429, "{}", "Failed HTTP 429")]
    [InlineData(500, "{}", "Failed HTTP 500")]
    [InlineData(302, "{}", "Failed HTTP 302")]
    public async Task An_answer_is_taken_refused_or_failed(int status, string body, string expected)
    {
        await using var server = await ScriptedReceiver.StartAsync();
        server.Answer = () => (status, body);
        using var http = ScriptedReceiver.Http();
        var answer = await new AbrpClient(http, server.Address).SendAsync(
            new Secret("app-key"), new Secret("user-token"), AbrpPoint.Of(Driving, Private)!, CancellationToken.None);
        var reason = answer switch { AbrpAnswer.Failed(var failed) => failed, AbrpAnswer.Refused(var refused) => refused, _ => "" };
        $"{answer.GetType().Name} {reason}".Trim().ShouldBe(expected);
        var (path, headers, sent) = server.Requests.Single();
        path.ShouldBe("/1/tlm/send?token=user-token");
        headers.ShouldContain("Authorization: APIKEY app-key");
        JsonNode.Parse(sent)!["tlm"]!["soc"]!.GetValue<int>().ShouldBe(58);
        answer.ToString().ShouldNotContain("user-token");
    }
}
