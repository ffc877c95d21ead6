namespace TeslaMate.Telemetry.Records;

/// <summary>What a car says about one field (spec fleet-telemetry 3.1). Closed; a field that is not there has no value.</summary>
abstract record TelemetryValue
{
    TelemetryValue()
    {
    }

    /// <summary>Not measurable now.</summary>
    public sealed record Invalid : TelemetryValue
    {
        public static readonly Invalid Instance = new();
    }

    /// <summary>Something that this program has no words for yet, or no value at all; what was known before stays.</summary>
    public sealed record Unknown : TelemetryValue
    {
        public static readonly Unknown Instance = new();
    }

    public sealed record Text(string Value) : TelemetryValue;

    /// <param name="Kind">The type on the wire.</param>
    public sealed record Number(double Value, NumberKind Kind) : TelemetryValue
    {
        /// <summary>The exact value of the integer kinds.</summary>
        public long Whole { get; init; } = Kind is NumberKind.Int32 or NumberKind.Int64 ? (long)Value : 0;

        public static Number Of(int value) => new(value, NumberKind.Int32) { Whole = value };

        public static Number Of(long value) => new(value, NumberKind.Int64) { Whole = value };

        public static Number Of(float value) => new(value, NumberKind.Float);

        public static Number Of(double value) => new(value, NumberKind.Double);
    }

    public sealed record Flag(bool Value) : TelemetryValue;

    /// <summary>Degrees.</summary>
    public sealed record Place(double Latitude, double Longitude) : TelemetryValue;

    /// <summary>Which doors are open.</summary>
    public sealed record Doors(bool DriverFront, bool DriverRear, bool PassengerFront, bool PassengerRear, bool TrunkFront, bool TrunkRear)
        : TelemetryValue;

    public sealed record Time(int Hour, int Minute, int Second) : TelemetryValue;

    /// <summary>Which tyres are meant.</summary>
    /// <param name="Others">The six further axles of a truck, bit by bit in the order of the wire.</param>
    public sealed record Tires(bool FrontLeft, bool FrontRight, bool RearLeft, bool RearRight, int Others = 0) : TelemetryValue;

    /// <param name="Kind">The number of the variant on the wire, which names the enum.</param>
    public sealed record Code(int Kind, int Value) : TelemetryValue
    {
        /// <summary>The whole name, such as <c>ShiftStateP</c>; null for a number without one.</summary>
        public string? Name => CodeNames.NameOf(Kind, Value);
    }
}

/// <summary>How a number travels.</summary>
enum NumberKind
{
    Int32,
    Int64,
    Float,
    Double,
}
