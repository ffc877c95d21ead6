namespace TeslaMate.Simulator.Lives;

/// <summary>Where the current comes from. Closed.</summary>
public abstract record Charger
{
    Charger()
    {
    }

    /// <summary>A socket or wallbox.</summary>
    /// <param name="Phases">1 to 3; the car reports three as two, as Tesla's do.</param>
    public sealed record Alternating(int Phases, int Volts, int Amps) : Charger
    {
        public double Kw => Phases * Volts * Amps / 1000.0;
    }

    /// <summary>A fast charger.</summary>
    /// <param name="Type">What the car reports as its type, such as <c>Combo</c>.</param>
    public sealed record Direct(int MostKw, string Brand, string Type) : Charger;

    public static Charger Wallbox { get; } = new Alternating(3, 230, 16);

    public static Charger TwoPhases { get; } = new Alternating(2, 230, 16);

    public static Charger OnePhase { get; } = new Alternating(1, 230, 32);

    public static Charger Socket { get; } = new Alternating(1, 230, 13);

    public static Charger Supercharger { get; } = new Direct(250, "Tesla", "Combo");
}
