using System.Text;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;

namespace TeslaMate.Tests.Tesla.Streaming;

public class DialogueTests
{
    static readonly StreamReading Sample = StreamMessage.ReadReading("1598612345678,65,12345.6,71,35,227,52.5163,13.3777,-12,D,190,175,226")!;

    [Fact]
    public void A_line_is_a_time_and_twelve_columns()
        => Sample.ShouldBe(new StreamReading(
            new DateTimeOffset(2020, 8, 28, 10, 59, 5, 678, TimeSpan.Zero), 65, 12345.6, 71, 35, 227, 52.5163, 13.3777, -12, ShiftState.D, 190, 175,
            226));

    [Theory]
    [InlineData("1598612345678,65,12345.6,71,35,227,52.5163,13.3777,-12,D,190,175,226,1,2,3")]
    [InlineData("1598612345678,65,12345.6,71,35,227,52.5163,13.3777,-12,D,190,175,226,,,,,,,,")]
    public void Surplus_columns_are_ignored(string line) => StreamMessage.ReadReading(line).ShouldBe(Sample);

    [Fact]
    public void Empty_columns_are_null_and_whole_numbers_are_numbers()
        => StreamMessage.ReadReading("1598612345678,,12345,71,35,227,52,13.3777,,,190,175,226")
            .ShouldBe(Sample with { Speed = null, OdometerMiles = 12345, EstLat = 52, Power = null, ShiftState = null });

    [Fact]
    public void What_is_no_number_is_null()
        => StreamMessage.ReadReading("1598612345678,65.0,12345.6x,71.5")
            .ShouldBe(new StreamReading(Sample.Time, null, null, null, null, null, null, null, null, null, null, null, null));

    [Theory]
    [InlineData("12345", 12345.0)]
    [InlineData("1.2e3", 1200.0)]
    [InlineData("5.", null)]
    [InlineData(".5", null)]
    [InlineData("-.5", null)]
    [InlineData("1e400", null)]
    [InlineData("NaN", null)]
    [InlineData("Infinity", null)]
    [InlineData("1,5", 1.0)]
    [InlineData(" 1", null)]
    public void A_real_number_is_written_completely(string text, double? expected)
        => StreamMessage.ReadReading($"1598612345678,,{text}")!.OdometerMiles.ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData(",65")]
    [InlineData("now,65")]
    [InlineData("0,65")]
    [InlineData("99999999999999999999,65")]
    [InlineData("1598612345678.5,65")]
    public void A_line_without_a_time_is_dropped(string line) => StreamMessage.ReadReading(line).ShouldBeNull();

    [Theory]
    [InlineData("""{"msg_type":"control:hello","connection_timeout":0}""", typeof(StreamMessage.Hello))]
    [InlineData("""{"msg_type":"data:update","tag":"42","value":"1598612345678,1"}""", typeof(StreamMessage.Update))]
    [InlineData("""{"msg_type":"data:update","tag":"42","value":"never,1"}""", typeof(StreamMessage.Unknown))]
    [InlineData("""{"msg_type":"data:update","tag":"43","value":"1598612345678,1"}""", typeof(StreamMessage.Unknown))]
    [InlineData("""{"msg_type":"data:update","tag":42,"value":"1598612345678,1"}""", typeof(StreamMessage.Unknown))]
    [InlineData("""{"msg_type":"data:update","tag":"42","value":7}""", typeof(StreamMessage.Unknown))]
    [InlineData("""{"msg_type":"data:error","tag":"42","error_type":"vehicle_disconnected"}""", typeof(StreamMessage.Disconnected))]
    [InlineData("""{"msg_type":"data:error","tag":"42","error_type":"vehicle_error","value":"Vehicle is offline"}""", typeof(StreamMessage.Offline))]
    [InlineData("""{"msg_type":"data:error","tag":"42","error_type":"vehicle_error","value":"on fire"}""", typeof(StreamMessage.OtherError))]
    [InlineData("""{"msg_type":"data:error","tag":"42","error_type":"client_error","value":"owner_api error: timeout"}""",
        typeof(StreamMessage.OwnerApiError))]
    [InlineData("""{"msg_type":"data:error","tag":"42","error_type":"client_error","value":"Can't validate token. "}""",
        typeof(StreamMessage.TokenRefused))]
    [InlineData("""{"msg_type":"data:error","tag":"42","error_type":"client_error","value":"go away"}""", typeof(StreamMessage.ClientError))]
    [InlineData("""{"msg_type":"data:error","tag":"42","error_type":"new_error","value":"x"}""", typeof(StreamMessage.OtherError))]
    [InlineData("""{"msg_type":"data:error","tag":"42","error_type":"new_error"}""", typeof(StreamMessage.Unknown))]
    [InlineData("""{"msg_type":"data:error","tag":"42"}""", typeof(StreamMessage.Unknown))]
    [InlineData("""{}""", typeof(StreamMessage.Unknown))]
    [InlineData("""[1]""", typeof(StreamMessage.Unknown))]
    [InlineData("null", typeof(StreamMessage.Unknown))]
    [InlineData("", typeof(StreamMessage.NoJson))]
    [InlineData("hello", typeof(StreamMessage.NoJson))]
    [InlineData("""{"msg_type":"\ud800"}""", typeof(StreamMessage.NoJson))]
    [InlineData("""{"a":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}""", typeof(StreamMessage.NoJson))]
    public void Every_message_is_of_one_kind(string json, Type kind) => StreamMessage.Read(Encoding.UTF8.GetBytes(json), "42").ShouldBeOfType(kind);

    [Fact]
    public void A_connection_begins_with_a_subscription_and_patience_grows_with_the_waits_in_vain()
    {
        var state = new DialogueState();
        var waits = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            (state, var actions) = Dialogue.Transition(state, new StreamStep.Connected());
            actions[0].ShouldBeOfType<StreamAction.Subscribe>();
            waits.Add(actions[1].ShouldBeOfType<StreamAction.Arm>().After.TotalSeconds);
            (state, actions) = Dialogue.Transition(state, new StreamStep.Silence());
            actions.ShouldBe([new StreamAction.Reconnect(ReconnectCause.Silence)]);
        }

        waits.ShouldBe([10, 10, 10, 10, 16, 30, 30, 30]);
    }

    [Fact]
    public void Every_message_restarts_the_wait_for_the_next()
    {
        foreach (var message in new StreamMessage[] { new StreamMessage.Hello(), new StreamMessage.Unknown(), new StreamMessage.NoJson(),
            new StreamMessage.Offline() })
            Dialogue.Transition(new(), new StreamStep.Received(message)).Actions[0].ShouldBe(
                new StreamAction.Arm(new StreamStep.Silence(), TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Inactivity_is_told_at_the_fifth_wait_in_vain_after_data_and_then_every_tenth()
    {
        var (state, _) = Dialogue.Transition(new(), new StreamStep.Received(new StreamMessage.Update(Sample)));
        var told = new List<int>();
        for (var i = 1; i <= 26; i++)
        {
            (state, var actions) = Dialogue.Transition(state, new StreamStep.Silence());
            if (actions.Contains(new StreamAction.Signal(StreamSignal.Inactive)))
                told.Add(i);
            (state, _) = Dialogue.Transition(state, new StreamStep.Connected());
        }

        told.ShouldBe([5, 15, 25]);
    }

    [Fact]
    public void Without_data_or_after_a_loss_inactivity_is_not_told()
    {
        var (state, _) = Dialogue.Transition(new(), new StreamStep.Received(new StreamMessage.Update(Sample)));
        (state, _) = Dialogue.Transition(state, new StreamStep.Lost());
        for (var i = 0; i < 30; i++)
        {
            (state, var actions) = Dialogue.Transition(state, new StreamStep.Silence());
            actions.ShouldBe([new StreamAction.Reconnect(ReconnectCause.Silence)]);
        }
    }

    [Theory]
    [InlineData(false, new double[] { 15, 15, 15, 15, 16, 30, 30, 30, 30, 30 })]
    [InlineData(true, new double[] { 1, 1, 2, 2, 3, 4, 5, 6, 8, 8 })]
    public void A_car_that_disconnects_is_subscribed_again_ten_times_and_then_given_up(bool hasGear, double[] expected)
    {
        var state = new DialogueState(hasGear ? ShiftState.D : null);
        var waits = new List<double>();
        for (var i = 0; i < 10; i++)
        {
            (state, var actions) = Dialogue.Transition(state, new StreamStep.Received(new StreamMessage.Disconnected()));
            var arm = actions[^1].ShouldBeOfType<StreamAction.Arm>();
            arm.Then.ShouldBeOfType<StreamStep.Resubscribe>();
            waits.Add(arm.After.TotalSeconds);
        }

        waits.ShouldBe(expected);
        Dialogue.Transition(state, new StreamStep.Received(new StreamMessage.Disconnected())).Actions[1..].ShouldBe(
            [new StreamAction.Log(StreamTrouble.TooManyDisconnects), new StreamAction.Disarm(),
                new StreamAction.Signal(StreamSignal.TooManyDisconnects)]);
    }

    [Fact]
    public void Data_clears_the_counts()
        => Dialogue.Transition(new(ShiftState.P, true, 7, 9), new StreamStep.Received(new StreamMessage.Update(Sample))).Next
            .ShouldBe(new DialogueState(ShiftState.D, HasData: true));

    [Theory]
    [InlineData("OwnerApi", new double[] { 0, 2, 4, 8, 16, 30, 30 })]
    [InlineData("Broken", new double[] { 2, 4, 8, 10, 10 })]
    [InlineData("Failed", new double[] { 2, 4, 8, 16, 30, 30 })]
    [InlineData("Refused", new double[] { 2, 4, 8, 16, 30, 30 })]
    [InlineData("Silence", new double[] { 0, 0, 0 })]
    public void The_pause_before_connecting_again_grows_with_the_attempts(string cause, double[] expected)
        => Enumerable.Range(1, expected.Length).Select(attempt => Dialogue.ReconnectDelay(Enum.Parse<ReconnectCause>(cause), attempt).TotalSeconds)
            .ShouldBe(expected);

    [Fact]
    public void Years_without_data_overflow_nothing()
    {
        var state = new DialogueState(null, true, int.MaxValue - 2, int.MaxValue - 2);
        for (var i = 0; i < 5; i++)
        {
            (state, _) = Dialogue.Transition(state, new StreamStep.Silence());
            (state, _) = Dialogue.Transition(state, new StreamStep.Received(new StreamMessage.Disconnected()));
            Dialogue.Transition(state, new StreamStep.Connected()).Actions[1].ShouldBe(
                new StreamAction.Arm(new StreamStep.Silence(), TimeSpan.FromSeconds(30)));
        }
    }
}
