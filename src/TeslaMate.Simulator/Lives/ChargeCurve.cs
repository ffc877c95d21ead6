namespace TeslaMate.Simulator.Lives;

/// <summary>How a charge goes on, in steps of ten seconds: the power falls as the battery fills.</summary>
public sealed class ChargeCurve
{
    const int Step = 10;
    const double ChargerEfficiency = 0.93;

    // "Starting" takes a moment.
    static readonly TimeSpan Handshake = TimeSpan.FromSeconds(8);

    readonly float[] _powerKw;
    readonly float[] _addedKwh;

    ChargeCurve(float[] powerKw, float[] addedKwh) => (_powerKw, _addedKwh) = (powerKw, addedKwh);

    /// <summary>From plugging in to the end.</summary>
    public TimeSpan Duration => Handshake + TimeSpan.FromSeconds(Step * (_addedKwh.Length - 1));

    public double AddedKwh => _addedKwh[^1];

    public static ChargeCurve Of(Charger charger, CarModel model, double fromKwh, double toKwh)
    {
        List<float> power = [0], added = [0];
        for (var kwh = fromKwh; kwh < toKwh && power.Count < 20_000;)
        {
            var kw = PowerAt(charger, model, kwh / model.CapacityKwh);
            var gain = Math.Min(toKwh - kwh, kw * (charger is Charger.Alternating ? ChargerEfficiency : 1) * Step / 3600);
            kwh += gain;
            power.Add((float)kw);
            added.Add((float)(kwh - fromKwh));
        }

        return new ChargeCurve([.. power], [.. added]);
    }

    /// <summary>Power of the charger in kW, energy that went into the battery in kWh, and whether the car is still starting.</summary>
    public (double PowerKw, double AddedKwh, bool Starting) At(TimeSpan elapsed)
    {
        if (elapsed < Handshake)
            return (0, 0, true);
        var steps = Math.Min((elapsed - Handshake).TotalSeconds / Step, _addedKwh.Length - 1);
        var i = Math.Min((int)steps, Math.Max(0, _addedKwh.Length - 2));
        var next = Math.Min(i + 1, _addedKwh.Length - 1);
        return (_powerKw[next], _addedKwh[i] + (_addedKwh[next] - _addedKwh[i]) * (steps - i), false);
    }

    static double PowerAt(Charger charger, CarModel model, double share) => charger switch
    {
        Charger.Alternating box => share < 0.97 ? box.Kw : Math.Max(1.4, box.Kw * (1.03 - share) / 0.06),
        Charger.Direct fast => Math.Min(fast.MostKw, model.MostDirectKw) * share switch
        {
            < 0.08 => 0.75,
            < 0.3 => 1,
            < 0.8 => 1 - 1.45 * (share - 0.3),
            _ => Math.Max(0.08, 0.275 - 1.2 * (share - 0.8)),
        },
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
