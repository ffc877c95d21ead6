using System.Globalization;
using System.Text;
using TeslaMate.Logbook;
using TeslaMate.Telemetry.Pipeline;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;
using TeslaMate.Telemetry.Wire.Generated;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tests.Telemetry.Wire;
using TeslaMate.Tests.Vehicles;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Feeds;
using TeslaMate.Vehicles.Life;
using Datum = TeslaMate.Telemetry.Records.Datum;

namespace TeslaMate.Tests.Telemetry.Pipeline;

/// <summary>
/// A streaming car without a database: records go through the same queue, snapshot, tracker and machine as in the program, on a clock that the test
/// sets.
/// </summary>
sealed class TelemetryScene
{
    public static readonly DateTimeOffset T = Vectors.T;

    static readonly OpenEntries NothingOpen = new(null, null, null, null, null, null);

    readonly OrderQueue _queue = new();
    readonly Snapshot _snapshot = new();
    readonly Snapshot _shown = new();
    readonly ContactTracker _contacts;
    readonly List<(DateTimeOffset CarTime, TelemetryRecord.Data Record)> _inbox = [];
    TeslaMate.Telemetry.Pipeline.Contact? _told;
    DateTimeOffset? _lastReceived;
    DateTimeOffset? _due;
    long _ids;

    /// <param name="hasConnectivity">Somebody tells of the car's connections.</param>
    public TelemetryScene(
        DateTimeOffset? start = null, OpenEntries? open = null, bool isConfigured = true, bool isPriced = false, bool hasConnectivity = true)
    {
        _contacts = new ContactTracker(hasConnectivity);
        Now = start ?? T;
        Vehicle = Vehicle.Begin(ACar.Row(streaming: true), new VehicleSettings { IsPriced = isPriced }, open ?? NothingOpen, Now) with
        {
            Telemetry = TelemetryState.None with { IsConfigured = isConfigured },
        };
        Send(new VehicleEvent.Started(Now));
    }

    public Vehicle Vehicle { get; private set; }

    public DateTimeOffset Now { get; private set; }

    public List<LogbookEntry> Entries { get; } = [];

    public List<Summary> Summaries { get; } = [];

    public List<Effect> Effects { get; } = [];

    public List<(TelemetryRequest Request, string Reason)> Requests { get; } = [];

    /// <summary>How Tesla answers requests; null as without a budget.</summary>
    public Func<TelemetryRequest, ApiAnswer<VehicleData>?> Tesla { get; init; } = _ => null;

    public Summary Shown => Summaries[^1];

    public IEnumerable<string> States => Summaries.Select(summary => summary.State.Word).Where(state => state is not ("unavailable" or "start"))
        .Aggregate(new List<string>(), (states, state) =>
    {
        if (states.Count == 0 || states[^1] != state)
            states.Add(state);
        return states;
    });

    /// <summary>What was written, a line each.</summary>
    public IReadOnlyList<string> Rows => [.. Entries.Select(Text).OfType<string>()];

    public static DateTimeOffset At(string clock)
        => T.Date.Add(TimeSpan.Parse(clock, CultureInfo.InvariantCulture)) is var date ? new DateTimeOffset(date, TimeSpan.Zero) : default;

    /// <summary>Time passes on the server, timers run out on their way.</summary>
    public TelemetryScene Until(DateTimeOffset time)
    {
        while (true)
        {
            var next = new[] { _due, _queue.Due, _contacts.Due(Now), time }.Where(due => due is not null && due >= Now).Min()!.Value;
            if (next > time)
                next = time;
            Now = next;
            Release();
            TellContact();
            if (_due <= Now)
            {
                _due = null;
                Send(new VehicleEvent.PollDue(Now, Vehicle.Poll ?? -1));
            }

            if (Now >= time)
                return this;
            // Something that is due at this very moment has been worked off.
            if (new[] { _due, _queue.Due, _contacts.Due(Now) }.All(due => due is null || due <= Now))
                Now = new[] { time, Now.AddSeconds(1) }.Min();
        }
    }

    public TelemetryScene Until(string clock) => Until(At(clock));

    public TelemetryScene Connected(string clock, string id = "a") => Connectivity(clock, id, ConnectionStatus.Connected);

    public TelemetryScene Connected(DateTimeOffset time, string id) => Connectivity(time, id, ConnectionStatus.Connected);

    public TelemetryScene Disconnected(string clock, string id = "a") => Connectivity(clock, id, ConnectionStatus.Disconnected);

    public TelemetryScene Disconnected(DateTimeOffset time, string id) => Connectivity(time, id, ConnectionStatus.Disconnected);

    /// <summary>A record arrives at its own time, or at another.</summary>
    public TelemetryScene Gets(TelemetryRecord.Data record, DateTimeOffset carTime, DateTimeOffset? receivedAt = null)
    {
        var received = receivedAt ?? (carTime > Now ? carTime : Now);
        if (received > Now)
            Until(received);
        var box = TeslaMate.Telemetry.Inbox.InboxRecord.Of(
            new CarId(1), RecordType.Data, TeslaMate.Telemetry.Inbox.RecordForm.Protobuf, TeslaMate.Telemetry.Inbox.IntakePath.Endpoint, default,
            record with { CreatedAt = carTime }, null, Now, ProtobufForm.Write(record));
        if (box.IsApplied)
            return this;
        if (IsBusy && Now - _lastReceived > Snapshot.LongestGap)
            _queue.HoldFrom(Now);
        _lastReceived = Now;
        _contacts.OnData(Now, box.CarTime);
        _shown.Apply(record, box.CarTime, Now);
        _inbox.Add((box.CarTime, record));
        _queue.Add(new QueuedRecord(++_ids, box.CarTime, Now, record));
        TellContact();
        Send(new VehicleEvent.TelemetryShown(Now, Projection.Shown(_shown, Now, TimeZoneInfo.Utc)));
        return this;
    }

    public TelemetryScene Gets(string clock, params ReadOnlySpan<(Field Field, object Value)> values) => Gets(ARecord(values), At(clock));

    public TelemetryScene GetsLate(string received, string carTime, params ReadOnlySpan<(Field Field, object Value)> values) =>
        Gets(ARecord(values), At(carTime), At(received));

    public TelemetryScene Gets(int vector, string? received = null)
    {
        var record = (TelemetryRecord.Data)ServerChanges.Apply(ProtobufForm.TryRead(RecordType.Data, Vectors.Payload(vector))!, Vectors.Vin);
        return Gets(record, record.CreatedAt ?? T.AddSeconds(900), received is null ? null : At(received));
    }

    /// <summary>The request that is under way is answered.</summary>
    public TelemetryScene Answers(ApiAnswer<VehicleData>? answer, TelemetryRequest request = TelemetryRequest.Vehicle) =>
        Send(new VehicleEvent.TelemetryChecked(Now, request, answer));

    public TelemetryScene Says(string state) => Answers(new ApiAnswer<VehicleData>.Ok(new VehicleData { State = state }));

    public TelemetryScene Send(VehicleEvent @event)
    {
        (Vehicle, var last) = Vehicle.Transition(Vehicle, @event);
        Effects.AddRange(last);
        foreach (var effect in last)
        {
            switch (effect)
            {
                case Effect.Write(var entries):
                    Entries.AddRange(entries);
                    break;
                case Effect.Publish(var summary):
                    Summaries.Add(summary);
                    break;
                case Effect.Poll(_, var after):
                    _due = Now + after;
                    break;
                case Effect.CheckTelemetry(var request, var reason):
                    Requests.Add((request, reason));
                    break;
            }
        }

        // As without a budget, unless the test says what Tesla answers.
        foreach (var check in last.OfType<Effect.CheckTelemetry>())
            Answers(Tesla(check.Request), check.Request);
        return this;
    }

    public static TelemetryRecord.Data ARecord(params ReadOnlySpan<(Field Field, object Value)> values)
    {
        List<Datum> datums = [];
        foreach (var (field, value) in values)
        {
            datums.Add(new Datum((int)field, value switch
            {
                double number => TelemetryValue.Number.Of(number),
                int number => TelemetryValue.Number.Of(number),
                bool flag => new TelemetryValue.Flag(flag),
                string text => new TelemetryValue.Text(text),
                TelemetryValue known => known,
                _ => throw new ArgumentException($"{value} is no value"),
            }));
        }

        return new TelemetryRecord.Data(Vectors.Vin, null, false, datums);
    }

    public static readonly TelemetryValue Invalid = TelemetryValue.Invalid.Instance;

    public static TelemetryValue Place(double latitude, double longitude) => new TelemetryValue.Place(latitude, longitude);

    bool IsBusy => Vehicle.Phase is VehiclePhase.Driving or VehiclePhase.Charging;

    /// <summary>The server's clock is set.</summary>
    public TelemetryScene ClockStep(TimeSpan by)
    {
        Now += by;
        return this;
    }

    TelemetryScene Connectivity(string clock, string id, ConnectionStatus status) => Connectivity(At(clock), id, status);

    TelemetryScene Connectivity(DateTimeOffset time, string id, ConnectionStatus status)
    {
        Until(time);
        if (status == ConnectionStatus.Connected && IsBusy && Now - _lastReceived > Snapshot.LongestGap)
            _queue.HoldFrom(Now);
        _contacts.OnConnectivity(id, status, Now);
        TellContact();
        return this;
    }

    void TellContact()
    {
        var contact = _contacts.At(Now);
        if (_told is { } told && told.IsUp == contact.IsUp)
            return;
        _told = contact;
        Send(new VehicleEvent.TelemetryContact(Now, contact.IsUp, contact.Since) { IsTold = _contacts.HasConnectivity });
    }

    void Release()
    {
        List<PlacedReading> readings = [];
        foreach (var record in _queue.Release(Now))
        {
            var isLate = record.CarTime < _snapshot.LastCarTime;
            var changed = _snapshot.Apply(record.Record, record.CarTime, record.QueuedAt);
            readings.Add(new PlacedReading(
                Projection.Of(_snapshot, record.Record, record.CarTime, changed, isLate, TimeZoneInfo.Utc) with
                {
                    Inbox = [record.Id],
                    Segments = isLate && Segmentation.IsTold(record.Record)
                        ? Segmentation.Of([.. _inbox.OrderBy(box => box.CarTime)], record.CarTime, TimeZoneInfo.Utc)
                        : null,
                },
                Surroundings.Unknown));
        }

        if (readings.Count > 0)
            Send(new VehicleEvent.TelemetryArrived(Now, readings));
    }

    static string? Text(LogbookEntry entry) => entry switch
    {
        LogbookEntry.StartState(var activity, var since) => $"state {activity.ToString().ToLowerInvariant()} {Clock(since)}",
        LogbookEntry.InsertPosition(var position) => $"pos {Text(position)}",
        LogbookEntry.StartDrive(var at, var position, _) => $"drive {Clock(at)}: pos(d) {Text(position)}",
        LogbookEntry.InsertDrivePosition(var position) => $"pos(d) {Text(position)}",
        LogbookEntry.CloseDrive => "close",
        LogbookEntry.StartCharging(var at, var position, _) => $"charging {Clock(at)} at {Clock(position.Date)}",
        LogbookEntry.InsertCharge(var charge) => string.Create(
            CultureInfo.InvariantCulture, $"charge {Clock(charge.Date)} {charge.EnergyAddedKwh:0.##} kWh {charge.ChargerPowerKw} kW"),
        LogbookEntry.CompleteCharging(_, var used)
            => string.Create(CultureInfo.InvariantCulture, $"complete{(used is null ? "" : " used ")}{used:0.##}"),
        LogbookEntry.StartUpdate(var at) => $"update {Clock(at)}",
        LogbookEntry.CancelUpdate => "cancel update",
        LogbookEntry.FinishUpdate(var at, var version) => $"finish update {Clock(at)} {version}",
        LogbookEntry.NoteVersion(var at, var version) => $"version {Clock(at)} {version}",
        LogbookEntry.SegmentDrives(var from, var until, var drives, _, var open) =>
            $"segment {Clock(from)} to {Clock(until)}: {string.Join(", ", drives.Select(drive => $"{Clock(drive.Start)} to {Clock(drive.End)}"))}"
            + (open is { } since ? $", open since {Clock(since)}" : ""),
        LogbookEntry.InsertLatePositions(var positions) => $"late {string.Join(", ", positions.Select(Text))}",
        _ => null,
    };

    static string Text(PositionReading position)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Clock(position.Date)} {position.Latitude:0.######},{position.Longitude:0.######}");
        if (position.SpeedKmH is { } speed)
            text.Append(CultureInfo.InvariantCulture, $" {speed} km/h");
        if (position.PowerKw is { } power)
            text.Append(CultureInfo.InvariantCulture, $" {power} kW");
        return text.ToString();
    }

    static string Clock(DateTimeOffset time)
        => time.UtcDateTime.ToString(time.Millisecond == 0 ? "HH:mm:ss" : "HH:mm:ss.fff", CultureInfo.InvariantCulture);
}
